"""One real run, started by a key, on a tiny model: the same frozen profile and the same files as by the command."""

import asyncio
import subprocess
import sys

import pytest

from workbench.engine.run import runs
from workbench.engine.run_state import state
from workbench.paths import Workspace

TEXT = """\
# Mine: sums.
[model]
name = "{model}"

[adapter]
method = "lora"   # small
r = 4

[train]
max_steps = 2
per_device_train_batch_size = 2
gradient_accumulation_steps = 1
max_length = 128
save_steps = 1

[eval]
rows = 4
max_new_tokens = 4

[data]
"""


async def ended(run):
    while state(run).status in ("waiting", "running"):
        await asyncio.sleep(0.1)
    return state(run).status


@pytest.mark.slow
async def test_check_26_a_run_from_the_key_is_the_run_of_the_command(drive, tmp_path, tiny_model, sums):
    place = Workspace(tmp_path / "place")
    place.profiles.mkdir(parents=True)
    place.profile("mine").write_text(TEXT.format(model=tiny_model) + sums)
    async with drive(place, "profile") as (app, pilot):
        while app.screen.shelf.chosen != "mine":
            await pilot.pause(0.01)
        await pilot.press("enter")
        while not app.screen.pane.is_open:
            await pilot.pause(0.01)
        await pilot.press("ctrl+r")
        while app.current_mode != "live":
            await pilot.pause(0.05)
        (by_key,) = runs(place)
    # the app is gone and its run goes on
    assert await ended(by_key) == "finished"
    command = [sys.executable, "-m", "workbench", "--workspace", str(place.root), "run", "mine"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    by_command = next(run for run in runs(place) if not run.is_base and run.id != by_key.id)
    assert by_key.profile_file.read_text() == by_command.profile_file.read_text()
    names = [sorted(path.name for path in run.folder.iterdir()) for run in (by_key, by_command)]
    assert names[0] == names[1]
    assert by_key.result()["evaluation"].keys() == by_command.result()["evaluation"].keys()

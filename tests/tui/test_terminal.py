"""The terminals of the tests themselves: what they show is what was written."""

import sys
import time
from contextlib import closing

from .pty_reader import PtyReader
from .terminal import WORKBENCH, as_svg, shown_step
from .test_live import loaded

SAYS = 'import shutil; print("\x1b[2;3Hgreen\x1b[32m word\x1b[0m"); print(*shutil.get_terminal_size())'


def test_a_picture_has_the_words_in_their_colours_and_fetches_nothing():
    drawn = as_svg("plain \x1b[32mgreen\x1b[0m\nsecond", (20, 2), "a title")
    assert all(word in drawn for word in ("plain", "green", "second", "a&#160;title", "#0dbc79"))
    assert "url(http" not in drawn
    assert "cdn" not in drawn


def test_a_pty_without_an_emulator_gives_words_without_codes(monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    shown = PtyReader([sys.executable, "-c", f"{SAYS}; input()"], (90, 30))
    deadline = time.monotonic() + 30
    while "90 30" not in shown.screen():
        assert time.monotonic() < deadline, shown.screen()
        time.sleep(0.05)
    shown.close()
    assert "green word" in shown.screen()
    assert "\x1b" not in shown.screen()


async def test_the_step_on_a_screen_is_the_last_and_not_the_one_that_the_log_told(drive, recorded, shown):
    async with drive(recorded.workspace, "live", recorded["lost"].id, (120, 40)) as (app, pilot):
        await loaded(app, pilot, recorded["lost"])
        assert "step 21/40  loss" in shown(app)
        assert shown_step(shown(app)) == 25


def test_the_step_is_found_in_what_a_pty_was_written_too(recorded):
    command = [*WORKBENCH, "--workspace", str(recorded.workspace.root), "watch", recorded["lost"].id, "--screen"]
    with closing(PtyReader(command, (120, 40))) as app:
        app.wait(rb"step [^ ]*21/40[^ ]* ")
        assert shown_step(app.screen()) == 25


def test_a_screen_without_a_step_has_none():
    assert shown_step("● running  model  loading the model 12s\n12:04:11 step 412/2000  loss 1.1820") == 0

"""The whole way of a new user, in a real terminal on a real model: quickstart, killed app, scores, comparison, chat.

Each station leaves a picture in the test's folder; those of one walk are shown in docs/app.md.
"""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from workbench.engine.locks import alive
from workbench.engine.run import runs
from workbench.engine.run_state import state
from workbench.engine.shipped import quickstart
from workbench.paths import Workspace

from .terminal import WORKBENCH, Terminal, as_svg, need_tmux

SMALL, LARGE = (80, 24), (120, 40)
STEPS, QUESTIONS = 45, 20
"""So many steps of one row outlast the restart of the app on a quick machine, and end on a busy one."""
LONG_S = 900.0
"""A model is loaded, trained or asked, on a machine that may have other work."""
NUMBERS = {"max_steps": STEPS, "per_device_train_batch_size": 1, "rows": QUESTIONS}


@pytest.fixture
def workspace(tmp_path, smollm2):
    """A folder without runs; the model is there, so that nothing is fetched. Its run ends with the test."""
    there = Workspace(tmp_path / "first")
    there.models.mkdir(parents=True)
    there.model(smollm2.name).symlink_to(smollm2)
    path = quickstart(there)
    text = path.read_text()
    for key, number in NUMBERS.items():
        text, found = re.subn(rf"^{key} = \d+", f"{key} = {number}", text, flags=re.MULTILINE)
        assert found == 1
    path.write_text(text)
    yield there
    for run in runs(there):
        if not run.is_base and alive(run):  # a base is evaluated by the worker of the run that needs it
            os.kill(state(run).fields["started"]["pid"], signal.SIGKILL)


@pytest.fixture
def terminal(tmp_path, workspace):
    """Call with a size: the app on that folder, in a terminal; what the user chose is kept from one to the next."""
    need_tmux()
    opened = []

    def open_one(size):
        folder = tmp_path / f"terminal-{len(opened)}"
        folder.mkdir()
        kept = {name: str(tmp_path / name) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME")}
        command = [*WORKBENCH, "--workspace", str(workspace.root)]
        opened.append(Terminal(folder, command, size=size, environment=kept))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def picture(tmp_path):
    """Call with a terminal, its size and a name: an SVG of what it shows."""
    folder = tmp_path / "screens"
    folder.mkdir()

    def take(shown, size, name):
        columns, rows = size
        shown.until_still()
        drawn = as_svg(shown.screen(colours=True), size, f"workbench · {columns}x{rows}")
        (folder / f"{name}-{columns}x{rows}.svg").write_text(drawn.replace(str(tmp_path), "~"))

    return take


def steps_done(run):
    """How many the worker has told."""
    return state(run).step


def shown_step(screen):
    """The step on the Live screen; 0 while there is none."""
    found = re.search(rf"step (\d+)/{STEPS}", screen)
    return int(found[1]) if found else 0


def gone(pid):
    """Whether a process has ended."""
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def begin(shown, workspace, picture):
    """The first start, and enter; the run, which trains."""
    screen = shown.wait("Press enter")
    assert "There are no runs here yet" in screen
    picture(shown, SMALL, "first-start")
    shown.press("Enter")
    shown.wait("● running", LONG_S)
    shown.until(lambda: shown_step(shown.screen()) >= 3, "the third step", LONG_S)
    picture(shown, SMALL, "live")
    (run,) = (run for run in runs(workspace) if not run.is_base)
    return run


def kill(shown):
    """End the app without a word, and its terminal with it."""
    pid = shown.pid
    os.kill(pid, signal.SIGKILL)
    shown.close()
    deadline = time.monotonic() + 30
    while not gone(pid):
        assert time.monotonic() < deadline, "the app outlived SIGKILL"
        time.sleep(0.05)


def come_back(shown, run, picture):
    """The list shows the run at work; Live shows its whole curve."""
    shown.press("1")
    screen = shown.wait("● running")
    assert "quickstart" in screen
    picture(shown, LARGE, "runs")
    shown.press("3")
    least = steps_done(run)
    shown.until(lambda: shown_step(shown.screen()) >= least, f"step {least}", LONG_S)
    shown.until(lambda: re.search(r"│\s+1 .*\d+│", shown.screen()) is not None, "a curve from step 1 on")
    picture(shown, LARGE, "live")


def look_at_scores(shown, picture):
    """The list of evaluations, and the answers of one."""
    shown.press("4")
    shown.until(lambda: len(re.findall("finished .* passages", shown.screen())) == 2, "the evaluations of base and run")
    shown.press("G")
    shown.wait("Evals · quickstart")
    picture(shown, LARGE, "evals")
    shown.press("Enter")
    shown.wait("Base beside")
    picture(shown, LARGE, "answers")
    escape(shown)


def escape(shown):
    """Press esc alone: with the next key at once behind it a terminal sees alt and that key."""
    shown.press("Escape")
    time.sleep(0.5)  # no event tells that a terminal has given up waiting for the second key
    shown.until_still()


def compare(shown, picture):
    """The comparison at both sizes."""
    shown.press("5")
    shown.wait("baseline")
    picture(shown, LARGE, "compare")
    shown.resize(*SMALL)
    shown.until(lambda: len(shown.screen().splitlines()) == SMALL[1] and "baseline" in shown.screen(), "a smaller one")
    picture(shown, SMALL, "compare")
    shown.resize(*LARGE)


def chat(shown, run, picture):
    """One prompt, answered by base and tuned model."""
    shown.press("6")
    shown.wait("M chooses")
    shown.press("M")
    shown.wait("enter takes it")
    shown.press("Enter")
    assert run.id in shown.wait("● ready", LONG_S)
    shown.press("-l", "Where does the river Elbe begin?")
    shown.press("C-j")
    shown.until(lambda: re.search(r"✓|■", shown.screen()) is not None, "an answer", LONG_S)
    escape(shown)
    shown.press("b")
    shown.until(lambda: len(re.findall(r"✓|■", shown.screen())) >= 2, "the answer of the base", LONG_S)
    picture(shown, LARGE, "chat")


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(3600)
def test_from_an_empty_folder_to_a_chat_with_what_was_trained(terminal, workspace, picture):
    first = terminal(SMALL)
    run = begin(first, workspace, picture)
    kill(first)
    before = steps_done(run)
    second = terminal(LARGE)
    assert alive(run)
    come_back(second, run, picture)
    second.until(lambda: steps_done(run) > before, "a step after the app was killed", LONG_S)
    second.until(lambda: state(run).status == "finished", "the end of the run", LONG_S)
    second.wait("✓ finished")
    look_at_scores(second, picture)
    compare(second, picture)
    chat(second, run, picture)
    escape(second)
    second.press("q")
    assert second.wait_end() == 0

"""Live in a real terminal: the worker that the app started outlives every end of the app."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from workbench.engine.events import EventReader
from workbench.engine.locks import alive
from workbench.engine.run_state import state

from .conftest import record_run, started, write_events
from .terminal import Terminal, need_tmux

APP = Path(__file__).with_name("app_with_fake_worker.py")
STEPS = 50_000


@pytest.fixture
def run(recorded):
    """A lost run of fifty thousand steps; whatever worker it gets ends with the test."""
    made = record_run(recorded.workspace, "long", "20260102-120000")
    steps = [{"kind": "step", "step": n, "total_steps": 2 * STEPS, "loss": 1.0 + n % 3} for n in range(1, STEPS + 1)]
    write_events(made, started(), {"kind": "stage", "stage": "train"}, *steps)
    yield made
    for event in EventReader(made.events_file).read():
        if event.kind == "started" and alive(made):
            end(event.fields["pid"])


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # an earlier worker of the run


@pytest.fixture
def live(tmp_path, run):
    """Call for the app on that run, in a terminal."""
    need_tmux()
    opened = []

    def open_one(size=(80, 24)):
        folder = tmp_path / f"terminal-{len(opened)}"
        folder.mkdir()
        command = [sys.executable, str(APP), str(run.workspace.root), run.id]
        opened.append(Terminal(folder, command, size=size))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def leave(shown, how):
    """End the app, and wait until it has gone."""
    pid = shown.pid
    if how in ("q", "C-q"):
        shown.press(how)
    elif how == "kill-server":
        shown.tmux("kill-server")
    else:
        os.kill(pid, getattr(signal, how))
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}/stat").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < deadline, "the app does not end"
        time.sleep(0.05)


def wait_for_steps(run):
    """Until the worker has written some more."""
    before, deadline = run.events_file.stat().st_size, time.monotonic() + 30
    while run.events_file.stat().st_size < before + 2000:
        assert time.monotonic() < deadline, "the worker writes no steps"
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["q", "C-q", "SIGTERM", "SIGHUP", "SIGKILL", "kill-server"])
def test_check_20_and_21_the_worker_goes_on_and_a_new_app_shows_the_whole_curve(live, run, how):
    first = live()
    first.wait("? lost")
    first.press("R")
    first.wait("● running")
    wait_for_steps(run)
    leave(first, how)
    wait_for_steps(run)
    assert state(run).status == "running"
    begun = time.monotonic()
    second = live(size=(120, 40))
    screen = second.wait("● running")
    second.until(lambda: all(tick in second.screen() for tick in (" 1 ", "20k", "40k")), "the whole curve")
    took = time.monotonic() - begun
    assert took < 10.0, f"the whole curve took {took:.1f} s"  # 2 s on a machine that does nothing else
    assert f"/{2 * STEPS}" in screen
    second.press("q")
    second.wait_end()
    assert "1 run keeps running" in second.screen() or "2 runs keep running" in second.screen()


@pytest.mark.slow
def test_check_23_a_killed_worker_is_shown_as_lost_with_what_to_do(live, run):
    shown = live()
    shown.wait("? lost")
    shown.press("R")
    shown.wait("● running")
    pid = [event.fields["pid"] for event in EventReader(run.events_file).read() if event.kind == "started"][-1]
    begun = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    screen = shown.wait("? lost")
    assert time.monotonic() - begun < 10
    assert "R resumes" in screen
    shown.wait("training")  # what the worker printed last
    shown.press("q")
    shown.wait_end()

"""The app in a real terminal: first start, terminal types, quitting and signals."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from workbench.engine.locks import alive

from .terminal import WORKBENCH, Terminal, need_tmux

ESCAPES = re.compile(r"\x1b|\[\d+[;mhlu]|\[\?\d|\d;\d+[mM]|<\d+;")


@pytest.fixture
def terminal(tmp_path):
    """Call with arguments of ``workbench``: the app in a terminal, in a folder of its own or in the one given."""
    need_tmux()
    opened = []

    def open_one(*arguments, command=None, **options):
        folder = tmp_path / f"terminal-{len(opened)}"
        folder.mkdir()
        opened.append(Terminal(folder, [*(command or WORKBENCH), *map(str, arguments)], **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.mark.parametrize("term", ["screen-256color", "xterm-256color"])
def test_check_11_and_18_an_empty_folder_says_the_next_key(terminal, tmp_path, term):
    there = tmp_path / "nothing"
    there.mkdir()
    shown = terminal("--workspace", there, term=term)
    screen = shown.wait("Press enter")
    assert "? Help  ^p Commands" in screen
    assert "Traceback" not in screen
    assert not ESCAPES.search(screen)
    shown.press("2")
    assert not ESCAPES.search(shown.wait(" Profile"))
    shown.press("1")
    shown.wait("Press enter")
    shown.press("q")
    assert shown.wait_end() == 0
    assert shown.modes() == "0 0"
    assert list(there.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)], ids=["TERM", "HUP", "INT"]
)
def test_check_22_a_signal_gives_the_terminal_back(terminal, recorded, number, code):
    shown = terminal("--workspace", recorded.workspace.root)
    shown.wait("● running")
    assert shown.modes() == "1 1"
    os.kill(shown.pid, number)
    assert shown.wait_end() == code
    assert shown.modes() == "0 0"
    assert "Traceback" not in shown.screen()
    assert alive(recorded["running"])


def test_check_24_and_20_q_leaves_at_once_and_says_that_a_run_goes_on(terminal, recorded):
    shown = terminal("--workspace", recorded.workspace.root)
    shown.wait("● running")
    shown.press("q")
    assert shown.wait_end() == 0
    assert shown.screen().count("1 run keeps running") == 1
    assert shown.modes() == "0 0"
    assert alive(recorded["running"])


@pytest.mark.parametrize("how", ["kill-server", "SIGKILL"])
def test_check_20_a_run_outlives_the_terminal_and_the_app_ends(terminal, recorded, how):
    shown = terminal("--workspace", recorded.workspace.root)
    shown.wait("● running")
    pid = shown.pid
    if how == "SIGKILL":
        os.kill(pid, signal.SIGKILL)
    else:
        shown.tmux("kill-server")
    deadline = time.monotonic() + 30
    while _lives(pid):
        assert time.monotonic() < deadline, "the app outlived its terminal"
        time.sleep(0.05)
    assert alive(recorded["running"])
    again = terminal("--workspace", recorded.workspace.root)
    again.wait("● running")


def _lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_check_13_a_small_terminal_says_its_size_and_growing_gives_the_screen_back(terminal, recorded):
    shown = terminal("--workspace", recorded.workspace.root, size=(50, 12))
    shown.wait("This window is 50x12.")
    shown.resize(100, 30)
    shown.wait("● running")


BUSY = """
import sys, time
from pathlib import Path
from workbench.paths import Workspace
from workbench.tui.runs import quickstart
from workbench.tui.start import start

def endless(workspace, say):
    say("fetching for ever")
    time.sleep(600)

quickstart.start = endless
sys.exit(start(Workspace(Path(sys.argv[1]))))
"""


def test_q_does_not_wait_for_a_download(terminal, tmp_path):
    there = tmp_path / "nothing"
    there.mkdir()
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    shown = terminal(there, command=[sys.executable, str(script)])
    shown.wait("Press enter")
    shown.press("Enter")
    shown.wait("fetching for ever")
    shown.press("q")
    assert shown.wait_end() == 0
    assert shown.modes() == "0 0"


def test_watch_on_the_screen_shows_the_run_live(terminal, recorded):
    run = recorded["running"]
    shown = terminal("--workspace", recorded.workspace.root, "watch", run.id, "--screen")
    screen = shown.wait(f" Live · {run.id}")
    assert "? Help  ^p Commands" in screen
    shown.press("q")
    assert shown.wait_end() == 0
    assert alive(run)


def test_help_is_printed_where_there_is_no_terminal(terminal, tmp_path):
    there = tmp_path / "nothing"
    there.mkdir()
    shown = terminal(command=["sh", "-c", f"{' '.join(WORKBENCH)} --workspace {there} | head -3"])
    assert shown.wait_end() == 0
    assert "Usage: workbench" in shown.screen()

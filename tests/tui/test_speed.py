"""How fast the list of runs is, each time beside a time of the library itself, taken in turn in the same test."""

import statistics
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from .conftest import ended, record_run, started, training, write_events
from .pty_reader import PtyReader
from .terminal import ROOT, WORKBENCH

ROUNDS = 5
SIZE = (80, 24)
WITHIN = 20
"""Presses that move the cursor inside the window; as many more scroll it."""
FILTER, BACK = (b"4", b"9", b"9"), (b"\x7f",) * 3
FIRST_FRAME = """
import os, sys, time
begun = time.perf_counter()
from pathlib import Path

def first(self):
    if any(text in strip.text for strip in self.screen._compositor.render_strips()):
        sys.__stdout__.write(str(time.perf_counter() - begun))
        sys.__stdout__.flush()
        os._exit(0)

what, text = sys.argv[1], sys.argv[2]
if what == "hello":
    from textual.app import App
    from textual.widgets import Static

    class Hello(App):
        post_display_hook = first

        def compose(self):
            yield Static("hello")

    app = Hello()
else:
    from workbench.paths import Workspace
    from workbench.tui.app import WorkbenchApp
    from workbench.tui.settings import Settings

    class Shown(WorkbenchApp):
        post_display_hook = first

    app = Shown(Workspace(Path(what)), "runs", settings=Settings(Path(what) / "app.json"))
app.run(headless=True)
"""


def first_frame_s(what, text):
    command = [sys.executable, "-c", FIRST_FRAME, str(what), text]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return float(done.stdout)


def many_runs(workspace, count):
    events = [started(), *training(3, total=3), ended("finished")]
    for place in range(count):
        run = record_run(
            workspace, f"run-{place:04d}", f"2026{place // 1440 + 101:04d}-{place // 60 % 24:02d}{place % 60:02d}00"
        )
        write_events(run, *events, age_s=600 + count - place)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "text", "limit"), [(0, "Press enter", 2.0), (500, "run-0", 2.5)])
def test_check_39_the_first_useful_frame_beside_that_of_hello_world(empty, count, text, limit):
    many_runs(empty, count)
    first_frame_s(empty.root, text), first_frame_s("hello", "hello")
    pairs = [(first_frame_s(empty.root, text), first_frame_s("hello", "hello")) for _ in range(ROUNDS)]
    ratio = statistics.median(own / hello for own, hello in pairs)
    print(f"first frame with {count} runs: {ratio:.2f} times hello world, n = {ROUNDS}, {pairs}")
    assert ratio <= limit


def in_a_terminal(command, folder):
    """The command in a terminal of its own, with settings of its own."""
    environment = {"PYTHONPATH": str(ROOT), **{name: str(folder) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME")}}
    words = [f"{name}={value}" for name, value in environment.items()]
    return closing(PtyReader(["/usr/bin/env", *words, *command], SIZE))


def said(name, seconds):
    """The median, printed with the 95th percentile and n."""
    ordered = sorted(seconds)
    median, late = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
    print(f"{name}: median {median * 1000:.1f} ms, p95 {late * 1000:.1f} ms, n = {len(ordered)}")
    return median


@pytest.mark.slow
def test_check_36_five_thousand_runs_move_and_filter_at_once(empty, tmp_path):
    """From the key to the bytes on the terminal that show what it did.

    A machine that others use is slow for everybody: this fails where a time is over its limit and also over three
    times that of an app which does nothing but move a cursor, pressed in turn.
    """
    many_runs(empty, 5000)
    alone = [sys.executable, str(Path(__file__).with_name("only_a_cursor.py"))]
    command = [*WORKBENCH, "--workspace", str(empty.root)]
    with in_a_terminal(alone, tmp_path) as cursor, in_a_terminal(command, tmp_path) as app:
        cursor.wait(b"line 0005")
        app.wait(b"finished[^ ]* [^ ]*run-4999")
        plain, moves, scrolls = [], [], []
        for row in range(1, 2 * WITHIN + 1):
            key, line = (b"j", row) if row <= WITHIN else (b"k", 2 * WITHIN - row)
            plain.append(cursor.press(key, b"line %04d" % line))
            (moves if row <= WITHIN else scrolls).append(app.press(b"j", b"run-%04d" % (4999 - row)))
        app.press(b"/", b"5,000 of 5,000")
        filters = [app.press(key, b"[0-9,]+ of 5,000") for _ in range(ROUNDS) for key in (*FILTER, *BACK)]
    plain_s = said("a cursor alone", plain)
    assert said("j inside the window", moves) < max(0.050, 3 * plain_s)
    assert said("j that scrolls", scrolls) < max(0.050, 3 * plain_s)
    assert said("a key of the filter", filters) < max(0.150, 3 * plain_s)

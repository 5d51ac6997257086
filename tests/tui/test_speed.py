"""How fast the list of runs is, each time beside a time of the library itself, taken in turn in the same test."""

import asyncio
import statistics
import subprocess
import sys
import time

import pytest
from textual.app import App
from textual.widgets import Static

from .conftest import ended, record_run, started, training, write_events

ROUNDS = 5
KEYS = 12
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
        write_events(run, *events, age_s=600 + place)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "text", "limit"), [(0, "Press enter", 2.0), (500, "run-0", 2.5)])
def test_check_39_the_first_useful_frame_beside_that_of_hello_world(empty, count, text, limit):
    many_runs(empty, count)
    first_frame_s(empty.root, text), first_frame_s("hello", "hello")
    pairs = [(first_frame_s(empty.root, text), first_frame_s("hello", "hello")) for _ in range(ROUNDS)]
    ratio = statistics.median(own / hello for own, hello in pairs)
    print(f"first frame with {count} runs: {ratio:.2f} times hello world, n = {ROUNDS}, {pairs}")
    assert ratio <= limit


class EmptyScreen(App):
    """What a key costs that only changes a text."""

    BINDINGS = [("j", "count", "Count")]

    def compose(self):
        yield Static("0")

    def action_count(self):
        self.query_one(Static).update(str(time.perf_counter()))


async def key_s(app, pilot, key, done):
    """From the key to the frame that shows it."""
    begun = time.perf_counter()
    await pilot.press(key)
    while not done():
        await asyncio.sleep(0)
    await pilot.pause()
    return time.perf_counter() - begun


async def empty_screen_s():
    app = EmptyScreen()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        return statistics.median([await key_s(app, pilot, "j", lambda: True) for _ in range(KEYS)])


@pytest.mark.slow
async def test_check_36_five_thousand_runs_move_and_filter_at_once(drive, empty):
    many_runs(empty, 5000)
    plain_s = await empty_screen_s()
    async with drive(empty, "runs") as (app, pilot):
        async with asyncio.timeout(120):
            while app.rows is None or len(app.rows) < 5000:
                await pilot.pause(0.1)
        await pilot.pause()
        table = app.screen.table
        moves = []
        for key in "jk" * (KEYS // 2):
            before = table.cursor_key
            moves.append(await key_s(app, pilot, key, lambda before=before: table.cursor_key != before))
        await pilot.press("slash")
        filters = [await key_s(app, pilot, letter, lambda: True) for letter in "run-00"]
        assert len(table.rows.keys) == 100
    move_s, filter_s = statistics.median(moves), statistics.median(filters)
    again_s = await empty_screen_s()
    slowest_plain_s = max(plain_s, again_s)
    print(
        f"j and k {move_s * 1000:.0f} ms, filter {filter_s * 1000:.0f} ms, empty screen {slowest_plain_s * 1000:.0f} ms"
    )
    assert move_s < max(0.050, 3 * slowest_plain_s)
    assert filter_s < max(0.150, 3 * slowest_plain_s)

"""Time a table of 5,000 runs against an empty screen, key by key in turns in the same run (check 36).

    python tests/benchmarks/bench_table.py [rows]

From the key to the moment after the frame it caused was drawn; without a terminal, so its own time is not in it.
Ends with 1 when a filter key takes 150 ms or j 50 ms, and more than three times what a key takes on an empty screen.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable

from textual import events
from textual.app import App, ComposeResult
from textual.strip import Strip
from textual.visual import Visual
from textual.widgets import Input, Static

from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filter_bar import FilterBar
from workbench.tui.widgets.table import Table

ROUNDS = 30
FILTER_LIMIT_S, MOVE_LIMIT_S, LIMIT_RATIO = 0.150, 0.050, 3.0
TYPED = "run-4 loss<2 memory>1MiB"
COLUMNS = [
    Column("status", "status", lambda row: f"✓ {row['status']}"),
    Column("name", "name"),
    Column("model", "model"),
    Column("method", "method"),
    Column("quant", "quant"),
    Column("step", "step", lambda row: f"{row['step'] / 100:.0%}", right=True, number=True),
    Column("loss", "loss", lambda row: f"{row['loss']:.4f}", right=True, number=True),
    Column("memory_bytes", "memory", lambda row: f"{row['memory_bytes'] / 2**30:.2f} GiB", right=True, number=True),
]


def made(count: int) -> dict[str, dict[str, object]]:
    """Rows as the Runs screen has them."""
    return {
        f"20260101-{i:06}-run-{i}": {
            "status": ("finished", "failed", "running")[i % 3],
            "name": f"run-{i}",
            "model": ("smollm2-135m", "qwen3-8b")[i % 2],
            "method": "LoRA r16",
            "quant": "NF4",
            "step": i % 101,
            "loss": i * 7919 % 3000 / 1000,
            "memory_bytes": i * 2**20,
        }
        for i in range(count)
    }


class Line(Static):
    """A text that counts how often it is drawn."""

    drawn = 0

    def render(self) -> Visual:
        """The text."""
        self.drawn += 1
        return super().render()


class CountedTable(Table):
    """A table that counts the lines that it draws."""

    drawn = 0

    def render_line(self, y: int) -> Strip:
        """The line."""
        self.drawn += 1
        return super().render_line(y)


class Empty(App[None]):
    """A line that shows the last key."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Line("")

    def on_key(self, event: events.Key) -> None:
        """Show it."""
        self.query_one(Line).update(event.key)


class Full(App[None]):
    """The table and its filter."""

    def compose(self) -> ComposeResult:
        """Both."""
        yield CountedTable(COLUMNS, id="rows")
        yield FilterBar("#rows", "loss<2")


async def key_s(app: App[None], key: str, done: Callable[[], bool]) -> float:
    """Seconds from a key to the end of the frame in which ``done()`` became true."""
    drawn = asyncio.Event()
    start = time.perf_counter()
    event = events.Key(key, key if len(key) == 1 else None)
    event.set_sender(app)
    app._driver.send_message(event)
    while not done():
        await asyncio.sleep(0)
    app.screen.call_after_refresh(drawn.set)
    await drawn.wait()
    return time.perf_counter() - start


async def empty_s(app: Empty, turn: int) -> float:
    """What a key takes on the empty screen."""
    line = app.query_one(Line)
    before = line.drawn
    return await key_s(app, "xy"[turn % 2], lambda: line.drawn > before)


async def move_s(app: Full) -> float:
    """What j takes."""
    table = app.query_one(CountedTable)
    key, before = table.cursor_key, table.drawn
    return await key_s(app, "j", lambda: table.cursor_key != key and table.drawn > before)


async def filter_s(app: Full, letter: str) -> float:
    """What a letter of a filter takes; one that makes the text no filter yet leaves the table alone."""
    table, field = app.query_one(CountedTable), app.query_one(Input)
    said = app.query_one(".filter--said", Static)
    typed, before = field.value + letter, table.drawn

    def done() -> bool:
        refused = field.value == typed and said.has_class("problem")
        return refused or (table.rows.filter == typed and table.drawn > before)

    return await key_s(app, letter, done)


async def measure(count: int) -> dict[str, list[float]]:
    """Seconds of loading, and of each key by what it did."""
    times: dict[str, list[float]] = {"load": [], "j": [], "filter": [], "empty": []}
    empty, full = Empty(), Full()
    async with empty.run_test(size=(120, 40)) as nothing, full.run_test(size=(120, 40)) as pilot:
        await nothing.pause()
        await pilot.pause()
        table = full.query_one(CountedTable)
        rows = made(count)
        start = time.perf_counter()
        table.set_rows(rows)
        table.render_line(1)
        times["load"].append(time.perf_counter() - start)
        table.focus()
        await pilot.pause()
        for turn in range(ROUNDS):
            times["j"].append(await move_s(full))
            times["empty"].append(await empty_s(empty, turn))
        table.set_sort("loss")
        full.query_one(FilterBar).open()
        await pilot.pause()
        for turn, letter in enumerate(TYPED):
            times["filter"].append(await filter_s(full, letter))
            times["empty"].append(await empty_s(empty, turn))
    return times


def main() -> int:
    """Print the medians and the slowest, and the ratio to an empty screen; 1 when a limit is passed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    times = asyncio.run(measure(count))
    baseline = statistics.median(times["empty"])
    print(f"{count} rows loaded in {times['load'][0] * 1000:.0f} ms; a key on an empty screen {baseline * 1000:.1f} ms")
    late = False
    for name, limit in (("j", MOVE_LIMIT_S), ("filter", FILTER_LIMIT_S)):
        middle, worst = statistics.median(times[name]), max(times[name])
        print(f"{name}: median {middle * 1000:.1f} ms, slowest {worst * 1000:.1f} ms, {middle / baseline:.1f} x empty")
        late = late or (middle > limit and middle > LIMIT_RATIO * baseline)
    return int(late)


if __name__ == "__main__":
    sys.exit(main())

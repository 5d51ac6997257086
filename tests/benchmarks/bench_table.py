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


class Empty(App[None]):
    """A line that shows the last key."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("")

    def on_key(self, event: events.Key) -> None:
        """Show it."""
        self.query_one(Static).update(event.key)


class Full(App[None]):
    """The table and its filter."""

    def compose(self) -> ComposeResult:
        """Both."""
        yield Table(COLUMNS, id="rows")
        yield FilterBar("#rows")


async def key_s(app: App[None], key: str, came: Callable[[], object]) -> float:
    """Seconds from a key to the end of the frame; ``came()`` changes when the key was acted on."""
    before, drawn = came(), asyncio.Event()
    start = time.perf_counter()
    event = events.Key(key, key if len(key) == 1 else None)
    event.set_sender(app)
    app._driver.send_message(event)
    while came() == before:
        await asyncio.sleep(0)
    app.screen.call_after_refresh(drawn.set)
    await drawn.wait()
    return time.perf_counter() - start


async def measure(count: int) -> dict[str, list[float]]:
    """Seconds of loading, and of each key by what it did."""
    times: dict[str, list[float]] = {"load": [], "j": [], "filter": [], "empty": []}
    empty, full = Empty(), Full()
    async with empty.run_test(size=(120, 40)) as nothing, full.run_test(size=(120, 40)) as pilot:
        await nothing.pause()
        await pilot.pause()
        table, bar, line = full.query_one(Table), full.query_one(FilterBar), empty.query_one(Static)
        rows = made(count)
        start = time.perf_counter()
        table.set_rows(rows)
        table.render_line(1)
        times["load"].append(time.perf_counter() - start)
        table.focus()
        await pilot.pause()

        async def baseline(turn: int) -> None:
            times["empty"].append(await key_s(empty, "xy"[turn % 2], lambda: str(line.render())))

        for turn in range(ROUNDS):
            times["j"].append(await key_s(full, "j", lambda: table.cursor_key))
            await baseline(turn)
        table.set_sort("loss")
        bar.open()
        await pilot.pause()
        field = full.query_one(Input)
        for turn, letter in enumerate(TYPED):
            times["filter"].append(await key_s(full, letter, lambda: field.value))
            await baseline(turn)
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

"""What the Live screen costs with 4 charts of 10,000 points at 2 Hz, beside an app that says hello.

    python tests/benchmarks/bench_chart.py [--rounds 3] [--seconds 15]

Both apps run in a terminal of 120 x 40 that is read but not shown, in turns. Told are the share of one core and the lag
of the event loop (how much later than asked a sleep of 10 ms ends), its 95th percentile; and the growth of the resident
memory over an hour of ticks, told from 1,800 ticks without pauses. Ends with 1 when a limit is passed.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import math
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from textual.app import App, ComposeResult
from textual.widgets import Static

from workbench.engine.events import EventLog
from workbench.engine.locks import take_lock
from workbench.engine.run import Run
from workbench.paths import Workspace
from workbench.tui.app import WorkbenchApp
from workbench.tui.live.pages import PAGES
from workbench.tui.live.screen import LiveScreen
from workbench.tui.settings import Settings

POINTS = 10_000
TICKS, TICKS_AN_HOUR = 1800, 7200
LIMIT_CORE, LIMIT_LAG_S, LIMIT_GROWTH_BYTES = 0.15, 0.050, 5e6
PROFILE = '[model]\nname = "m"\n[data]\ndataset = "d"\n'


def step(number: int) -> dict[str, float]:
    """One step's numbers, noisy enough that every column has a least and a largest."""
    noise = math.sin(number * 12.9898) * 0.2
    return {
        "step": number,
        "total_steps": 2 * POINTS,
        "loss": 1 + math.exp(-number / 2000) + noise,
        "learning_rate": 1e-4 * (1 - number / (2 * POINTS)),
        "grad_norm": 0.7 + noise,
        "tokens_per_s": 6000 + 1000 * noise,
        "eta_s": 60.0,
    }


async def measured(seconds: float) -> dict[str, float]:
    """Share of a core and lag of the event loop over some seconds."""
    lags = []
    begun, worked = time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < seconds:
        before = time.perf_counter()
        await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - before - 0.01)
    core = (time.process_time() - worked) / (time.perf_counter() - begun)
    return {"core": core, "lag_s": statistics.quantiles(lags, n=20)[-1]}


class Hello(App[None]):
    """The least that an app can be."""

    def __init__(self, answer: Path, seconds: float) -> None:
        super().__init__()
        self._answer, self._seconds = answer, seconds

    def compose(self) -> ComposeResult:
        """Hello."""
        yield Static("hello")

    def on_mount(self) -> None:
        """Measure once it is shown."""
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        await asyncio.sleep(1)
        self._answer.write_text(json.dumps(await measured(self._seconds)))
        self.exit()


class Live(WorkbenchApp):
    """The app on its page of four charts."""

    def __init__(self, root: Path, answer: Path, seconds: float) -> None:
        super().__init__(Workspace(root), "live", "bench", Settings(root / "app.json"))
        self._answer, self._seconds = answer, seconds

    def on_mount(self) -> None:
        """Measure once the run is loaded."""
        super().on_mount()
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        screen = self.mode_screen
        assert isinstance(screen, LiveScreen)
        while not (screen.is_mounted and screen.watched and screen.watched.history.loaded):
            await asyncio.sleep(0.05)
        screen.view.turn(PAGES[1])
        await asyncio.sleep(2)
        found: dict[str, Any] = await measured(max(self._seconds, 1.0))
        found["points"] = [len(series.curve) for chart in screen.view.shown_charts for series in chart.plot.series]
        if self._seconds == 0:
            found = {"growth_bytes": await self._growth(screen)}
        self._answer.write_text(json.dumps(found))
        self.exit()

    async def _growth(self, screen: LiveScreen) -> float:
        """Bytes that the process grows in an hour of ticks."""
        curves = [screen.view.history.curve(key) for key in ("loss", "learning_rate", "grad_norm", "tokens_per_s")]
        sizes = []
        for tick in range(1, 2 * TICKS + 1):
            for curve in curves:
                curve.append(10 * POINTS + tick, math.sin(tick))
            screen.view.paint()
            await asyncio.sleep(0)
            if tick % TICKS == 0:
                sizes.append(psutil.Process().memory_info().rss)
        return (sizes[1] - sizes[0]) * TICKS_AN_HOUR / TICKS


def child(kind: str, root: Path, answer: Path, seconds: float) -> None:
    """Run one of the apps in this terminal."""
    app: App[Any] = Hello(answer, seconds) if kind == "hello" else Live(root, answer, seconds)
    app.run()


def in_terminal(kind: str, root: Path, seconds: float) -> dict[str, Any]:
    """What an app measured of itself in a terminal of its own."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    answer = root / "answer.json"
    answer.unlink(missing_ok=True)
    command = [sys.executable, __file__, "--child", kind, str(root), str(answer), str(seconds)]
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    ) as process:
        os.close(slave)
        threading.Thread(target=drain, args=(master,), daemon=True).start()
        process.wait()
    found: dict[str, Any] = json.loads(answer.read_text())
    return found


def drain(master: int) -> None:
    """Read what the app draws, as a terminal does."""
    while True:
        try:
            if not os.read(master, 65536):
                return
        except OSError:
            return


def write_run(root: Path) -> EventLog:
    """A running run of ``POINTS`` steps; this process holds its lock."""
    run = Run(Workspace(root), "bench")
    run.folder.mkdir(parents=True)
    run.profile_file.write_text(PROFILE)
    assert take_lock(run.lock_file)
    log = EventLog(run.events_file)
    log.append("started", schema=1, pid=os.getpid(), verb="run")
    log.append("stage", stage="train")
    for number in range(1, POINTS + 1):
        log.append("step", **step(number))
    return log


def main() -> int:
    """Print what both take; 1 when a limit is passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log, over = write_run(Path(folder)), threading.Event()

        def train() -> None:
            number = POINTS
            while not over.wait(0.5):
                number += 1
                log.append("step", **step(number))

        threading.Thread(target=train, daemon=True).start()
        rounds = [
            {kind: in_terminal(kind, Path(folder), given.seconds) for kind in ("hello", "live")}
            for _ in range(given.rounds)
        ]
        growth = in_terminal("live", Path(folder), 0.0)["growth_bytes"]
        over.set()
    return told(rounds, growth)


def told(rounds: list[dict[str, dict[str, Any]]], growth: float) -> int:
    """Print the medians; 1 when one passes its limit."""

    def middle(kind: str, key: str) -> float:
        return statistics.median(found[kind][key] for found in rounds)

    core, lag = middle("live", "core"), middle("live", "lag_s")
    print(f"points of the four charts: {rounds[-1]['live']['points']}; medians of {len(rounds)} rounds")
    print(f"share of a core: live {core:.1%}, hello {middle('hello', 'core'):.1%}, limit {LIMIT_CORE:.0%}")
    print(
        f"lag p95, ms: live {lag * 1e3:.1f}, hello {middle('hello', 'lag_s') * 1e3:.1f}, limit {LIMIT_LAG_S * 1e3:.0f}"
    )
    print(f"growth in an hour of ticks, MB: {growth / 1e6:.2f}, limit {LIMIT_GROWTH_BYTES / 1e6:.0f}")
    return int(core > LIMIT_CORE or lag > LIMIT_LAG_S or growth > LIMIT_GROWTH_BYTES)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), float(sys.argv[5]))
    else:
        sys.exit(main())

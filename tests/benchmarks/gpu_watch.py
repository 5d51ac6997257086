"""Does watching a run slow its training, and are its curves live? One GPU, one real run, the app in a real terminal.

    python tests/benchmarks/gpu_watch.py [--out FOLDER] [--work FOLDER]
    python tests/benchmarks/gpu_watch.py --tiny          # a small model, on a CPU: whether this file works

QLoRA on random weights of Qwen3-8B's shape trains in a worker of the product. Intervals without and with
``workbench watch RUN --screen`` alternate, and the times of the steps that lie wholly inside an interval are compared.
While the app is there its screen is read: charts, capacity, own share, and a step number that grows. At the end the
run is stopped, and nothing may keep GPU memory. Ends with the number of things that are not as expected.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tui"))
from gpu_study import GIB
from pty_reader import PtyReader
from terminal import Terminal, as_svg, shown_step
from watched_run import command, events, make_model, start, wait_until

from workbench.engine.locks import alive
from workbench.engine.run import Run
from workbench.paths import Workspace

ROOT = Path(__file__).resolve().parents[2]
TARGET = 1.01
"""A step may take so many times as long while it is watched."""
STEADY_STEPS = 8
SIZE = (120, 40)
LOOKS = 3
"""Captures in an interval."""
LAG_S, TINY_LAG_S = 2.0, 10.0
"""The screen may be so far behind the worker; a small model trains on the cores that the app needs."""
KEPT_BYTES = 64 * 2**20
"""What a driver may keep of itself."""
Span = tuple[float, float]


@dataclass
class Watching:
    """What was seen: intervals in seconds since 1970, and screens.

    Args:
        alone: Intervals without the app.
        watched: Intervals with it.
        screens: When, and what the terminal showed, in order.
        svgs: Pictures of some of them.
    """

    alone: list[Span] = field(default_factory=list)
    watched: list[Span] = field(default_factory=list)
    screens: list[tuple[float, str]] = field(default_factory=list)
    svgs: list[str] = field(default_factory=list)


def say(text: str) -> None:
    """Print it with the time since the start."""
    print(f"{time.monotonic() - BEGUN:6.1f} s  {text}", flush=True)


# watching


def open_app(run: Run, folder: Path) -> Terminal | PtyReader:
    """The app on the run, in a terminal of its own."""
    folder.mkdir(parents=True)
    words = command(run.workspace, "watch", run.id, "--screen")
    if shutil.which("tmux") is None:
        return PtyReader(words, SIZE)
    paths = os.environ.get("PYTHONPATH", "")
    return Terminal(folder, words, size=SIZE, environment={"PYTHONPATH": f"{ROOT}:{paths}"})


def watch_interval(run: Run, folder: Path, seconds: float, seen: Watching) -> None:
    """The app for so long; what it showed."""
    begun = time.time()
    shown = open_app(run, folder)
    try:
        for look in range(LOOKS):
            time.sleep(max(0.0, begun + seconds * (look + 1) / LOOKS - time.time()))
            seen.screens.append((time.time(), shown.screen()))
        if isinstance(shown, Terminal):
            seen.svgs.append(as_svg(shown.screen(colours=True), SIZE, "workbench watch"))
        seen.watched.append((begun, time.time()))
    finally:
        shown.close()


def alternate(run: Run, work: Path, rounds: int, seconds: float) -> Watching:
    """Intervals without and with the app, in turns."""
    seen = Watching()
    for number in range(rounds):
        begun = time.time()
        time.sleep(seconds)
        seen.alone.append((begun, time.time()))
        watch_interval(run, work / f"terminal-{number}", seconds, seen)
        counts = [len(times(run, spans[-1:])) for spans in (seen.alone, seen.watched)]
        say(f"interval {number + 1} of {rounds}: {counts[0]} steps alone, {counts[1]} watched")
    return seen


def times(run: Run, spans: list[Span]) -> list[float]:
    """Seconds of each step that lies wholly inside an interval."""
    steps = [(event.time_s, float(event.fields["seconds"])) for event in events(run, "step")]
    return [took for end, took in steps if any(first <= end - took and end <= last for first, last in spans)]


def ratio_interval(alone: list[float], watched: list[float], draws: int = 2000) -> tuple[float, float, float]:
    """Ratio of the medians with its bootstrap interval of 95 %."""
    draw = random.Random(7)
    ratios = sorted(
        statistics.median(draw.choices(watched, k=len(watched))) / statistics.median(draw.choices(alone, k=len(alone)))
        for _ in range(draws)
    )
    ratio = statistics.median(watched) / statistics.median(alone)
    return ratio, ratios[int(draws * 0.025)], ratios[int(draws * 0.975)]


# what is expected


def behind_s(told: list[tuple[float, int]], at_s: float, step: int) -> float:
    """Seconds since the worker told the step after the one that a screen shows; 0 while it has not."""
    later = [told_s for told_s, number in told if number > step and told_s <= at_s]
    return at_s - min(later) if later else 0.0


def screen_problems(run: Run, looks: list[tuple[float, str]], tiny: bool) -> list[str]:
    """What the screens lack; the first look of an interval may come before the app has begun."""
    charts = ["loss", "memory of the process"] if tiny else ["loss", "GPU memory", "capacity", "peak"]
    settled = [look for place, look in enumerate(looks) if place % LOOKS]
    problems = [
        f'"{chart}" is missing on {count} of {len(settled)} screens'
        for chart in charts
        if (count := sum(chart not in screen for _, screen in settled))
    ]
    if not tiny and not all(re.search(r"\b(own|torch)\b", screen) for _, screen in settled):
        problems.append("the run's own share of the GPU is missing")
    told = [(event.time_s, int(event.fields["step"])) for event in events(run, "step")]
    steps = [shown_step(screen) for _, screen in settled]
    lags = [behind_s(told, at_s, step) for (at_s, _), step in zip(settled, steps, strict=True)]
    say(f"steps on the screens: {steps}")
    say(f"behind the worker's log: median {statistics.median(lags):.2f} s, worst {max(lags):.2f} s (n={len(lags)})")
    lag_s = TINY_LAG_S if tiny else LAG_S
    if max(lags) > lag_s or steps[-1] <= steps[0]:
        problems.append(f"a screen is more than {lag_s:g} s behind the worker, or its step does not grow")
    return problems


def memory_problems(run: Run, seen: Watching, tiny: bool) -> list[str]:
    """Whether samples of the GPU came all the time, twice a second."""
    samples = [event for event in events(run, "memory") if tiny or event.fields.get("device_used_bytes")]
    spans = seen.alone + seen.watched
    wanted = sum(last - first for first, last in spans) / 0.5
    got = sum(any(first <= event.time_s <= last for first, last in spans) for event in samples)
    last = samples[-1].fields if samples else {}
    say(
        f"{got} samples of memory, {wanted:.0f} expected; the last: {gib(last, 'device_used_bytes')} of the device, "
        f"own {gib(last, 'process_bytes')}, torch {gib(last, 'reserved_bytes')}; {last.get('reason') or 'all known'}"
    )
    return [] if got > 0.8 * wanted else ["samples of memory are missing"]


def gib(fields: dict[str, Any], key: str) -> str:
    """A size, or n/a."""
    return f"{fields[key] / GIB:.2f} GiB" if fields.get(key) else "n/a"


def used_bytes() -> int:
    """Memory in use on all GPUs that the driver shows; 0 without a driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return 0
    handles = [pynvml.nvmlDeviceGetHandleByIndex(n) for n in range(pynvml.nvmlDeviceGetCount())]
    used = sum(int(pynvml.nvmlDeviceGetMemoryInfo(handle).used) for handle in handles)
    pynvml.nvmlShutdown()
    return used


def stop(run: Run, before_bytes: int) -> list[str]:
    """Stop the run as a user does; what went wrong."""
    done = subprocess.run(command(run.workspace, "stop", run.id), capture_output=True, text=True, check=False)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (alive(run) or used_bytes() > before_bytes + KEPT_BYTES):
        time.sleep(0.5)
    ended = [event.fields.get("status") for event in events(run, "ended")]
    kept = used_bytes() - before_bytes
    say(f"stopped: {done.stdout.strip()} {ended}; {kept / 2**20:+.0f} MiB on the GPU against before")
    checks = {
        f"`workbench stop` ended with {done.returncode}: {done.stderr}": done.returncode == 0,
        f"the run ended as {ended}, not as stopped": ended == ["stopped"],
        "the worker is still there": not alive(run),
        f"{kept / 2**20:.0f} MiB stay in use on the GPU": kept <= KEPT_BYTES,
    }
    return [problem for problem, held in checks.items() if not held]


def study(run: Run, work: Path, out: Path, arguments: argparse.Namespace) -> list[str]:
    """Watch the run and leave the pictures; what is not as expected."""
    wait_until(lambda: len(events(run, "step")) >= STEADY_STEPS, run, 240, "a steady step")
    say(f"{run.id} trains; a step takes {events(run, 'step')[-1].fields['seconds']} s")
    seen = alternate(run, work, arguments.rounds, arguments.seconds)
    for number, screen in enumerate((seen.screens[1][1], seen.screens[-1][1])):
        (out / f"watch-{number}.txt").write_text(screen)
    for number, svg in enumerate(seen.svgs[-2:]):
        (out / f"watch-{number}.svg").write_text(svg)
    alone, watched = times(run, seen.alone), times(run, seen.watched)
    if min(len(alone), len(watched)) < 5:
        return [f"too few steps to compare: {len(alone)} alone, {len(watched)} watched"]
    ratio, low, high = ratio_interval(alone, watched)
    say(f"median step: alone {statistics.median(alone):.4f} s (n={len(alone)})")
    say(f"median step: watched {statistics.median(watched):.4f} s (n={len(watched)})")
    say(f"ratio of the medians {ratio:.4f}, 95 % bootstrap interval {low:.4f} to {high:.4f}; target < {TARGET}")
    figures = {"ratio": ratio, "low": low, "high": high, "alone_s": alone, "watched_s": watched, "tiny": arguments.tiny}
    (out / "watch.json").write_text(json.dumps(figures))
    slow = [] if arguments.tiny or ratio < TARGET else [f"a watched step takes {ratio:.4f} times as long"]
    return [*slow, *screen_problems(run, seen.screens, arguments.tiny), *memory_problems(run, seen, arguments.tiny)]


def main() -> None:
    """Make the model, train, watch, stop, say what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="a small model on the CPU; the ratio is not judged")
    parser.add_argument("--rounds", type=int, default=4, help="intervals of each kind")
    parser.add_argument("--seconds", type=float, default=18.0, help="length of an interval")
    parser.add_argument("--work", type=Path, default=None, help="workspace, made anew and removed")
    parser.add_argument("--out", type=Path, default=Path("gpu_watch"), help="where figures and captures go")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        make_model(arguments.make, arguments.tiny)
        return
    arguments.out.mkdir(parents=True, exist_ok=True)
    shared = Path("/dev/shm")
    base = arguments.work or Path(tempfile.mkdtemp(prefix="gpu_watch-", dir=shared if shared.is_dir() else None))
    raise SystemExit(judge(base.resolve(), arguments))


def judge(work: Path, arguments: argparse.Namespace) -> int:
    """Everything in a folder that goes away; the number of problems."""
    if shutil.which("tmux") is None:
        say("tmux is not there: the app runs in a plain pty, and what it writes is searched for words")
    try:
        model = work / "model"
        model.mkdir(parents=True)
        making = [sys.executable, __file__, "--make", str(model), *(["--tiny"] if arguments.tiny else [])]
        subprocess.run(making, check=True)
        say(f"model of {sum(file.stat().st_size for file in model.iterdir()) / GIB:.2f} GiB made")
        before_bytes = used_bytes()
        run = start(Workspace(work), model, arguments.tiny)
        try:
            problems = study(run, work, arguments.out, arguments)
        finally:
            left = stop(run, before_bytes)
            shutil.copy(run.events_file, arguments.out / "events.jsonl")
            shutil.copy(run.log_file, arguments.out / "worker.log")
        problems += left
    finally:
        shutil.rmtree(work)
    print("\n".join(problems) or "all as expected")
    return len(problems)


BEGUN = time.monotonic()

if __name__ == "__main__":
    main()

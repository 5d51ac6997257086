"""How far the Live screen stands behind the worker's log: in a terminal, on a long log, beside processes that compute.

    python tests/benchmarks/bench_lag.py [--steps 3000] [--spinning 4] [--rounds 3] [--seconds 18]

A worker without a model goes on with a run that has so many steps. In each round the app is opened on it and its screen
read five times a second. Told are the seconds since the worker wrote the step after the one on the screen (0 while it
has not), from the first step on that a screen shows, and how long that one took. Needs tmux; ends with 1 when a screen
is more than 2 s behind.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tui"))
from fake_worker import GIB, numbers
from gpu_watch import LAG_S, SIZE, behind_s
from terminal import Terminal, shown_step
from watched_run import MAX_STEPS, command, events

from workbench.engine.events import SCHEMA
from workbench.engine.run import Run
from workbench.paths import Workspace

WORKER = Path(__file__).resolve().parents[1] / "tui" / "fake_worker.py"
STEP_S = 0.69
"""What a step of QLoRA on 8B takes on a large GPU."""
LOOK_S = 0.2
SPIN = "while True: sum(range(10**6))"
PROFILE = '[model]\nname = "m"\n[data]\ndataset = "d"\n'


@dataclass
class Seen:
    """What the screens showed.

    Args:
        first_s: From the start of the app to the first step on its screen, of each round.
        steps: When, and which step.
    """

    first_s: list[float] = field(default_factory=list)
    steps: list[tuple[float, int]] = field(default_factory=list)


def begun_run(workspace: Workspace, steps: int) -> Run:
    """A run that has done so many steps, with a sample of memory for each."""
    run = Run(workspace, "20260101-120000-long")
    run.folder.mkdir(parents=True)
    run.profile_file.write_text(PROFILE)
    first_s = time.time() - steps * STEP_S
    memory = {"rss_bytes": GIB, "device_used_bytes": 5 * GIB, "device_total_bytes": 8 * GIB, "process_bytes": 4 * GIB}
    with run.events_file.open("w") as file:
        for event in (
            {"kind": "started", "schema": SCHEMA, "pid": 1, "verb": "run"},
            {"kind": "stage", "stage": "train"},
        ):
            file.write(json.dumps({"time_s": first_s, **event}) + "\n")
        for step in range(1, steps + 1):
            told_s = round(first_s + step * STEP_S, 3)
            for event in ({"kind": "step", **numbers(step, MAX_STEPS, STEP_S)}, {"kind": "memory", **memory}):
                file.write(json.dumps({"time_s": told_s, **event}) + "\n")
    return run


@contextmanager
def process(*words: str) -> Iterator[None]:
    """A Python process that ends with the block."""
    with subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL) as started:
        try:
            yield
        finally:
            started.kill()


def watch(run: Run, folder: Path, seconds: float, seen: Seen) -> None:
    """Open the app on the run and read its screen for so long."""
    folder.mkdir()
    begun_s = time.time()
    shown = Terminal(folder, command(run.workspace, "watch", run.id, "--screen"), size=SIZE)
    looks = []
    try:
        while (at_s := time.time()) < begun_s + seconds:
            looks.append((at_s, shown_step(shown.screen())))
            time.sleep(LOOK_S)
    finally:
        shown.close()
    told = [look for look in looks if look[1]]
    seen.first_s.append(told[0][0] - begun_s if told else seconds)
    seen.steps += told


def main() -> int:
    """Write the log, let a worker go on, watch; 1 when a screen is late."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=3000, help="in the log before the worker starts")
    parser.add_argument("--spinning", type=int, default=4, help="processes that compute meanwhile")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=18.0, help="length of a round")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench_lag-") as folder, ExitStack() as others:
        run = begun_run(Workspace(Path(folder)), asked.steps)
        words = (folder, run.id, str(MAX_STEPS), str(STEP_S), str(asked.steps + 1))
        others.enter_context(process(str(WORKER), *words))
        for _ in range(asked.spinning):
            others.enter_context(process("-c", SPIN))
        seen = Seen()
        for number in range(asked.rounds):
            watch(run, Path(folder) / f"terminal-{number}", asked.seconds, seen)
        told = [(event.time_s, int(event.fields["step"])) for event in events(run, "step")]
    lags = sorted(behind_s(told, at_s, step) for at_s, step in seen.steps)
    if not lags:
        print("no screen showed a step")
        return 1
    late_s = lags[int(0.95 * (len(lags) - 1))]
    print(
        f"{asked.steps} steps in the log, {asked.spinning} processes beside it: behind the worker's log by "
        f"median {statistics.median(lags):.2f} s, p95 {late_s:.2f} s, worst {lags[-1]:.2f} s "
        f"(n={len(lags)}); the first step after {', '.join(f'{first_s:.1f}' for first_s in seen.first_s)} s"
    )
    return int(lags[-1] > LAG_S)


if __name__ == "__main__":
    sys.exit(main())

"""Time the list of 5,000 finished runs: the first look, and the looks after it, against reading the same files.

    python tests/benchmarks/bench_board.py [RUNS]

Ends with 1 when a later look takes 100 ms and four times as long as asking the system whether the files changed, or
the first one twelve times as long as reading every byte of the files.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from workbench import profile as profiles
from workbench.engine.board import Board
from workbench.paths import Workspace

RUNS = 5000
STEPS = 200
ROUNDS = 5
LATER_S = 0.1
LATER_RATIO = 4.0
FIRST_RATIO = 12.0
PROFILE = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', "p", "p")


def log() -> str:
    """The events of one finished run."""
    events = [{"time_s": 1e9, "kind": "started", "schema": 1, "pid": 1, "verb": "run"}]
    events += [{"time_s": 1e9, "kind": "stage", "stage": stage} for stage in ("data", "audit", "train")]
    for step in range(1, STEPS + 1):
        numbers = {"loss": 3 / step, "learning_rate": 1e-4, "grad_norm": 0.7, "tokens": 4096, "seconds": 1.0}
        events.append({"time_s": 1e9 + step, "kind": "step", "step": step, "total_steps": STEPS, **numbers})
        events.append({"time_s": 1e9 + step, "kind": "memory", "rss_bytes": 2**30, "process_bytes": 2**33})
    events.append({"time_s": 2e9, "kind": "ended", "status": "finished", "exit_code": 0})
    return "".join(json.dumps(event) + "\n" for event in events)


def result() -> str:
    """The result of one, about as long as a real one."""
    metric = {"value": 0.5, "low": 0.4, "high": 0.6, "method": "Wilson", "n": 500}
    entry = {"metrics": {"accuracy": metric, "macro_f1": metric}, "health": dict.fromkeys("abcdef", 0.1), "n": 500}
    return json.dumps(
        {
            "kind": "train",
            "model": {"name": "m"},
            "quant": "none",
            "adapter": PROFILE.adapter.model_dump(),
            "evaluation": {name: {**entry, "speed": dict.fromkeys("abcd", 1.0)} for name in ("x", "y", "z")},
            "versions": dict.fromkeys(map(str, range(10)), "1.2.3"),
        },
        indent=2,
    )


def make(workspace: Workspace, count: int) -> list[Path]:
    """That many finished runs; their files."""
    texts = {"profile.toml": profiles.dump(PROFILE), "events.jsonl": log(), "result.json": result(), "lock": ""}
    files = []
    for number in range(count):
        folder = workspace.run(f"20260101-{number:06d}-run{number}")
        folder.mkdir(parents=True)
        for name, text in texts.items():
            (folder / name).write_text(text)
            files.append(folder / name)
    return files


def seconds(work) -> float:
    """What it takes."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def main() -> int:
    """Print the times; 1 when a limit is passed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as root:
        workspace = Workspace(Path(root))
        files = make(workspace, count)
        firsts, laters, reads, stats = [], [], [], []
        looked_at = [path for file in files if file.name == "events.jsonl" for path in (file, file.parent)]
        time.sleep(1.1)  # folders that changed just now are looked at twice
        for _ in range(ROUNDS):
            board = Board(workspace)
            firsts.append(seconds(board.refresh))
            laters.append(min(seconds(board.refresh) for _ in range(ROUNDS)))
            stats.append(seconds(lambda: [path.stat() for path in looked_at]))
            reads.append(seconds(lambda: [path.read_bytes() for path in files]))
        assert len(board.refresh()) == count
    first, later, read, stat = min(firsts), min(laters), min(reads), min(stats)
    print(f"{count} runs: first look {first:.3f} s ({first / read:.2f} x reading the files)")
    print(f"later looks {1000 * later:.1f} ms ({later / stat:.2f} x asking whether the files changed)")
    return int((later > LATER_S and later > LATER_RATIO * stat) or first > FIRST_RATIO * read)


if __name__ == "__main__":
    sys.exit(main())

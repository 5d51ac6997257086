"""Time the table of 5,000 answers in the app: until all are there, and a key, against the same key on a few answers.

    python tests/benchmarks/bench_answers.py

Ends with 1 when a key takes three times as long on 5,000 answers as on a few, and more than 50 ms.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from workbench import profile as profiles
from workbench.engine.evaluation_list import Evaluation
from workbench.engine.run import create
from workbench.paths import Workspace
from workbench.tui.app import WorkbenchApp
from workbench.tui.evals.answers import AnswersScreen
from workbench.tui.settings import Settings
from workbench.tui.widgets.table import Table

ANSWERS = 5000
KEYS = 40
ROUNDS = 3
LIMIT_S = 0.05
LIMIT_RATIO = 3.0
PROFILE = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "quiz"\n', "p", "p")


def answer(number: int) -> str:
    """One line of samples.jsonl, as long as a real one."""
    sample = {"dataset": "quiz", "task": "arc", "doc_id": str(number), "doc_hash": f"{number:064}", "key": "k" * 64}
    sample |= {"gold": ["A"], "raw": "The answer is A. " * 10, "parsed": "A", "status": "ok", "n_new_tokens": 40}
    return json.dumps({**sample, "scores": {"accuracy": float(number % 3 > 0)}, "prompt": "Question? " * 40}) + "\n"


async def timed(root: Path, count: int) -> tuple[float, float]:
    """Seconds until so many answers are in the table, and seconds that a key takes."""
    workspace = Workspace(root / str(count))
    run = create(workspace, PROFILE)
    run.samples_file.write_text("".join(map(answer, range(count))))
    app = WorkbenchApp(workspace, "evals", settings=Settings(root / "app.json"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        before = time.perf_counter()
        await app.push_screen(AnswersScreen(Evaluation("k", "p", "finished", run.id, "quiz", done=count, total=count)))
        table = app.screen.query_one("#answers", Table)
        while len(table.rows.keys) < count:
            await pilot.pause(0.01)
        loaded_s = time.perf_counter() - before
        before = time.perf_counter()
        for _ in range(KEYS):
            await pilot.press("j")
        return loaded_s, (time.perf_counter() - before) / KEYS


def main() -> int:
    """Print the times; 1 when a limit is passed."""
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    many, few = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as root:
            many.append(asyncio.run(timed(Path(root), ANSWERS)))
            few.append(asyncio.run(timed(Path(root), KEYS + 1)))
    loaded_s, key_s, few_s = min(m[0] for m in many), min(m[1] for m in many), min(f[1] for f in few)
    print(
        f"{ANSWERS} answers in {loaded_s:.2f} s; a key {1000 * key_s:.1f} ms, {key_s / few_s:.2f} x that on {KEYS + 1}"
    )
    return int(key_s > LIMIT_S and key_s > LIMIT_RATIO * few_s)


if __name__ == "__main__":
    sys.exit(main())

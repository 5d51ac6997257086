"""Find profiles that only just fit on small cards, or only just do not, then see whether they do, on one GPU.

    python tests/benchmarks/gpu_verdicts.py find              # anywhere: writes memory_verdicts.json
    python tests/benchmarks/gpu_verdicts.py measure OUT.json   # on a GPU, after `gpu_memory.py measure` made the models
    python tests/benchmarks/gpu_verdicts.py measure OUT.json --skip memory_measured.json    # only what is not in there
    python tests/benchmarks/gpu_verdicts.py table OUT.json

A card is stood in for by a cap on torch's memory: the card's size less the CUDA context.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from gpu_memory import CARD, GIB, measure
from memory_cases import CAPPED, HUB_IDS, Case

from workbench.engine.memory.cards import Card, find_card
from workbench.engine.memory.config import _known
from workbench.engine.memory.estimate import Verdict, judge
from workbench.engine.memory.machine import machine

VERDICTS = Path(__file__).with_name("memory_verdicts.json")
STEP_TOKENS = 32
WITH_COUNTERPART = 2
"""So many templates of each cap are also tried a little too long."""
TOO_MUCH = -0.06
"""Margin of a counterpart."""


def find() -> list[dict[str, Any]]:
    """For each cap and template the longest rows that the verdict says fit, and for some the shortest that do not."""
    jobs = [(cap_gib, number, case) for cap_gib, cases in CAPPED.items() for number, case in enumerate(cases)]
    workers = max(1, min(8, (os.cpu_count() or 2) // 2))
    with ProcessPoolExecutor(workers) as pool:
        return [found for several in pool.map(_search, jobs) for found in several]


def _search(job: tuple[int, int, Case]) -> list[dict[str, Any]]:
    cap_gib, number, template = job
    card = Card(f"{cap_gib} GiB", cap_gib * GIB, capability=find_card(CARD).capability)
    found = [_capped(_longest(template, card, lambda verdict: verdict.word == "fits"), card)]
    if number < WITH_COUNTERPART:
        longest = _longest(template, card, lambda verdict: verdict.margin > TOO_MUCH)
        found.append(_capped(replace(longest, tokens=longest.tokens + STEP_TOKENS), card))
    for one in found:
        print(one["name"], one["verdict"], one["margin"], flush=True)
    return found


def _longest(template: Case, card: Card, is_right: Callable[[Verdict], bool]) -> Case:
    low, high = 1, 16384 // STEP_TOKENS
    while high - low > 1:
        middle = (low + high) // 2
        case = replace(template, tokens=middle * STEP_TOKENS)
        low, high = (middle, high) if is_right(_verdict(case, card)) else (low, middle)
    return replace(template, tokens=low * STEP_TOKENS)


def _verdict(case: Case, card: Card) -> Verdict:
    from workbench.engine.memory.predict import predict_training

    config = _known()[HUB_IDS[case.model]]
    estimate, _ = predict_training(case.profile(), config, case.workload(), machine(card), quick=True)
    return judge(estimate, card)


def _capped(case: Case, card: Card) -> dict[str, Any]:
    verdict = _verdict(case, card)
    around = machine(card)
    return {
        "name": f"{case.name} in {card.name}",
        "case": case.to_json(),
        "verdict": verdict.word,
        "margin": round(verdict.margin, 4),
        "cap_bytes": card.total_bytes - around.context_bytes,
        "need_bytes": card.total_bytes,
    }


def table(measured: dict[str, Any]) -> str:
    """The Markdown table of verdicts beside what happened under a cap."""
    lines = ["| configuration, cap | verdict | margin | what happened |", "|" + "---|" * 4]
    for name, result in measured.items():
        happened = result["outcome"] if result["outcome"] == "finished" else "out of memory"
        lines.append(f"| {name} | {result['verdict']} | {result['margin']:+.1%} | {happened} |")
    wrong = [r for r in measured.values() if (r["verdict"] != "does not fit") != (r["outcome"] == "finished")]
    return "\n".join([*lines, "", f"{len(measured)} verdicts, {len(wrong)} of them wrong."])


def main() -> None:
    """Find, measure or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("find", "measure", "table"))
    parser.add_argument("out", nargs="?", type=Path)
    parser.add_argument("--limit-s", type=float, default=300.0)
    parser.add_argument("--skip", type=Path, help="what is measured already")
    arguments = parser.parse_args()
    if arguments.verb == "find":
        VERDICTS.write_text(json.dumps(find(), indent=1) + "\n")
    elif arguments.verb == "measure":
        known = json.loads(arguments.skip.read_text())["verdicts"] if arguments.skip else {}
        jobs = [job for job in json.loads(VERDICTS.read_text()) if job["name"] not in known]
        measure(jobs, arguments.out, find_card("auto").total_bytes, time.time() + arguments.limit_s)
    else:
        print(table(json.loads(arguments.out.read_text())))


if __name__ == "__main__":
    main()

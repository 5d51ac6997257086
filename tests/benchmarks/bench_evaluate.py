"""Answering in batches against one by one, and option log-likelihoods against lm-eval's way, on a CPU.

    python tests/benchmarks/bench_evaluate.py --rows FOLDER [--model FOLDER] [--prompts 64] [--skip generation]

``--rows`` is a folder with the parquet files of ARC, SQuAD v2 and OpenMathInstruct-2. Compared is the CPU time of
this process, taken in turns within one run. Ends with 1 when a target is missed: 2, 2 and 3.5 times less for ARC,
SQuAD and math with no answer another one, log-likelihoods 1.6 times faster and within 1e-4.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from workbench.choices.protocols import PROTOCOLS
from workbench.choices.rows import Row
from workbench.choices.tasks import TASKS
from workbench.engine.datasets.read import read_file
from workbench.engine.datasets.sample import sample
from workbench.engine.evaluate import loglikelihood
from workbench.engine.evaluate.generate import EXACTLY, Asking, answers, by_library, end_tokens
from workbench.engine.evaluate.ways import prompt_ids
from workbench.profile import DataOptions

ROOT = Path(__file__).parents[2]
FILES = {"arc": "test-ai2_arc", "squad": "test-squad_v2", "math": "test-OpenMathInstruct-2"}
TARGETS = {"arc": 2.0, "squad": 2.0, "math": 3.5}
LL_TARGET, LL_TOLERANCE = 1.6, 1e-4
TURNS = 4
BATCH_TOKENS = 8192


def rows_of(folder: Path, task: str, count: int) -> list[Row]:
    """A seeded sample of real rows."""
    data = DataOptions(train_file="here")
    return sample(read_file(folder / f"{FILES[task]}.parquet", data, "--rows").rows, count, seed=7)


def cpu_s(do: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process, and what came out."""
    begun = time.process_time()
    made = do()
    return time.process_time() - begun, made


def parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The items in TURNS parts."""
    size = -(-len(items) // TURNS)
    for start in range(0, len(items), size):
        yield items[start : start + size]


def generation(model: Any, tokenizer: Any, task: str, rows: Sequence[Row]) -> dict[str, Any]:
    """One task, one by one by plain ``generate`` against our batches, in turns."""
    prompts = [prompt_ids(tokenizer, row, DataOptions(train_file="here"), "bare") for row in rows]
    limit = TASKS[task].max_new_tokens["bare"]
    ends = end_tokens(model, tokenizer)
    alone_s, together_s, alone = 0.0, 0.0, []
    for part in parts(prompts):
        seconds, said = cpu_s(lambda part=part: [by_library(model, [one], limit, ends, 0)[0] for one in part])
        alone_s, alone = alone_s + seconds, alone + said
    together_s, batches = cpu_s(
        lambda: list(answers(model, tokenizer, prompts, Asking(limit), BATCH_TOKENS, on_note=print))
    )
    texts = {answer.index: answer.text for batch in batches for answer in batch}
    plain = [tokenizer.decode([token for token in said if token not in ends], **EXACTLY) for said in alone]
    different = sum(texts[place] != text for place, text in enumerate(plain))
    ratio = alone_s / together_s
    return {"what": task, "n": len(rows), "one_by_one_s": alone_s, "batched_s": together_s, "ratio": ratio,
            "different": different, "met": ratio >= TARGETS[task] and different == 0}  # fmt: skip


def likelihoods(model: Any, tokenizer: Any, rows: Sequence[Row]) -> dict[str, Any]:
    """ARC's options: our tree against lm-eval at batch 16, or against its way of padded rows and all logits."""
    choices = [choice for row in rows if (choice := PROTOCOLS["arc_ll@1"].choice(row))]
    theirs_by = with_lm_eval(model, tokenizer) if find_spec("lm_eval") else with_its_way(model, tokenizer)
    ours, theirs, ours_s, theirs_s = [], [], 0.0, 0.0
    for part in parts(choices):
        seconds, values = cpu_s(lambda part=part: tree(model, tokenizer, part))
        ours, ours_s = ours + values, ours_s + seconds
        pairs = [(choice.text, f" {option}") for choice in part for option in choice.options]
        seconds, values = cpu_s(lambda pairs=pairs: theirs_by(pairs))
        theirs, theirs_s = theirs + values, theirs_s + seconds
    flat = [value for values in ours for value in values]
    worst = max(abs(one - other) for one, other in zip(flat, theirs, strict=True))
    each = iter(theirs)
    pairs = [(choice.options, own, [next(each) for _ in own]) for choice, own in zip(choices, ours, strict=True)]
    different = sum(chosen(options, own) != chosen(options, other) for options, own, other in pairs)
    ratio = theirs_s / ours_s
    against = "lm-eval" if find_spec("lm_eval") else "lm-eval's algorithm"
    return {"what": "arc_ll@1", "against": against, "n": len(choices), "options": len(flat), "theirs_s": theirs_s,
            "ours_s": ours_s, "ratio": ratio, "worst_difference": worst,
            "different": different, "met": ratio >= LL_TARGET and worst <= LL_TOLERANCE and not different}  # fmt: skip


def chosen(options: Sequence[str], values: list[float]) -> tuple[int, int]:
    """Which option acc and acc_norm take."""
    normed = [value / len(option) for value, option in zip(values, options, strict=True)]
    return values.index(max(values)), normed.index(max(normed))


def tree(model: Any, tokenizer: Any, choices: Sequence[Any]) -> list[list[float]]:
    """Our values, by question."""
    items = [loglikelihood.encode(tokenizer, c.text, [f" {one}" for one in c.options], 8192) for c in choices]
    found: dict[int, list[float]] = {}
    for batch in loglikelihood.of_options(model, items, BATCH_TOKENS, print):
        found.update(zip(batch.places, batch.values, strict=True))
    return [found[place] for place in range(len(items))]


def with_lm_eval(model: Any, tokenizer: Any) -> Callable[[list[tuple[str, str]]], list[float]]:
    """lm-eval itself."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=16)

    def values(pairs: list[tuple[str, str]]) -> list[float]:
        asked = [Instance("loglikelihood", {}, pair, number) for number, pair in enumerate(pairs)]
        return [value for value, _ in lm.loglikelihood(asked, disable_tqdm=True)]

    return values


def with_its_way(model: Any, tokenizer: Any) -> Callable[[list[tuple[str, str]]], list[float]]:
    """What lm-eval does, written again: an option a row, sorted by length, 16 at once, padded, all logits."""

    @torch.inference_mode()
    def values(pairs: list[tuple[str, str]]) -> list[float]:
        rows = []
        for text, option in pairs:
            whole, before = tokenizer(text + option)["input_ids"], tokenizer(text)["input_ids"]
            rows.append((before + whole[len(before) :], len(whole) - len(before)))
        order = sorted(range(len(rows)), key=lambda place: -len(rows[place][0]))
        found: dict[int, float] = {}
        for start in range(0, len(order), 16):
            batch = order[start : start + 16]
            width = max(len(rows[place][0]) for place in batch) - 1
            ids = torch.zeros((len(batch), width), dtype=torch.long)
            for row, place in enumerate(batch):
                ids[row, : len(rows[place][0]) - 1] = torch.tensor(rows[place][0][:-1])
            scores = torch.log_softmax(model(ids).logits, dim=-1)
            for row, place in enumerate(batch):
                tokens, count = rows[place]
                own = scores[row, len(tokens) - 1 - count : len(tokens) - 1]
                found[place] = float(own.gather(1, torch.tensor(tokens[-count:])[:, None]).sum())
        return [found[place] for place in range(len(rows))]

    return values


def main() -> int:
    """Print each part as one JSON line; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "smollm2-135m")
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--skip", choices=("generation", "likelihoods"), default="")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)  # threads that wait for each other would be counted as work
    tokenizer = AutoTokenizer.from_pretrained(given.model)
    model = AutoModelForCausalLM.from_pretrained(given.model, dtype=torch.float32).eval()
    met = True
    if given.skip != "likelihoods":
        met &= tell(likelihoods(model, tokenizer, rows_of(given.rows, "arc", given.prompts)))
    for task in FILES if given.skip != "generation" else ():
        met &= tell(generation(model, tokenizer, task, rows_of(given.rows, task, given.prompts)))
    return int(not met)


def tell(figures: dict[str, Any]) -> bool:
    """Print figures; whether their target is met."""
    shown = {key: round(v, 6) if isinstance(v, float) else v for key, v in figures.items()}
    print(json.dumps(shown), flush=True)
    return bool(figures["met"])


if __name__ == "__main__":
    sys.exit(main())

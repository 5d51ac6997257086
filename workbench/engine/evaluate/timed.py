"""The latency of runs: each loaded, its prompts chosen, and several measured in turns so that drift hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import torch

from workbench.choices.protocols import PROTOCOLS
from workbench.engine import clocks, fetch, hashes, model
from workbench.engine.evaluate import graphs, latency, protocol
from workbench.engine.evaluate.answering import Answering, Say, answering
from workbench.engine.evaluate.attention import plain_causal
from workbench.engine.evaluate.decode import greedy, speak
from workbench.engine.evaluate.generate import by_library, end_tokens, stop_at
from workbench.engine.evaluate.protocol import Questions
from workbench.engine.evaluate.ways import Subject, prompt_ids
from workbench.engine.run import Run
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import Profile

NATURAL = 8
"""Prompts whose answers end by themselves."""
HELD = 0.5
"""Several models stay loaded when they take at most this fraction of the free memory."""


@dataclass(frozen=True)
class Timed:
    """A model with the prompts that it is timed on.

    Args:
        subject: The model.
        profile: Says how it is loaded.
        prompts: By ascending length.
        asked: What the prompts are of.
        answer: Answers one; kept, since what it compiles and records serves every pass.
    """

    subject: Subject
    profile: Profile
    prompts: list[list[int]]
    asked: Questions
    answer: Answering


def prepare(subject: Subject, profile: Profile, asked: Sequence[Questions], new_tokens: int, say: Say) -> Timed:
    """The model with PROMPTS prompts of each test set that is answered in words, spread over their lengths.

    Args:
        subject: The model.
        profile: Says how it is loaded.
        asked: What it may be asked.
        new_tokens: Length of each answer.
        say: Told when something takes long, and why a slower way is taken.

    Raises:
        InputError: No test set is answered in words.
    """
    generated = [one for one in asked if PROTOCOLS[one.protocol].way == "generate"]
    if not generated:
        raise InputError("eval.latency: no data set is asked by a protocol that generates, so nothing can be timed.")
    prompts: list[list[int]] = []
    for one in {one.dataset: one for one in reversed(generated)}.values():
        every = [prompt_ids(subject.tokenizer, row, profile.data, one.answer_format) for row in one.rows]
        prompts += [every[place] for place in latency.chosen([len(prompt) for prompt in every])]
    prompts.sort(key=len)
    answer = answering(subject.model, len(prompts[-1]), new_tokens, say)
    return Timed(subject, profile, prompts, generated[0], answer)


def once(timed: Timed) -> tuple[list[latency.Timing], str, list[str] | None]:
    """One pass over the prompts: timings, the way they were made, and what held the clocks back meanwhile."""
    before = clocks.throttle(model.gpu_uuid())
    timings = latency.measure(timed.answer, timed.prompts)
    after = clocks.throttle(model.gpu_uuid())
    held = None if before is None or after is None else sorted({*before, *after})
    return timings, timed.answer.way, held


def conditions(timed: Timed, ways: Sequence[str], held: Sequence[list[str] | None]) -> dict[str, Any]:
    """What a latency holds under.

    Args:
        timed: What was timed.
        ways: The way of each pass; they differ where one worked once and failed later.
        held: What held the clocks back in each pass.
    """
    known = [one for one in held if one is not None]
    return {
        "dtype": str(timed.subject.model.dtype).removeprefix("torch."),
        "quant": timed.profile.quant.method,
        "attn_implementation": timed.profile.model.attn_implementation,
        "device": model.device_name(),
        "versions": {name: version(name) for name in ("torch", "transformers")},
        "clocks": sorted({reason for one in known for reason in one}) if known else None,
        "path": ", then ".join(dict.fromkeys(ways)),
        "prompts_sha256": hashes.of_json(timed.prompts),
    }


def natural(timed: Timed) -> dict[str, float | None]:
    """How a few answers are that may end by themselves."""
    subject = timed.subject
    ends = end_tokens(subject.model, subject.tokenizer)
    stop = stop_at(subject.tokenizer, ends, timed.asked.answer_format == "boxed")
    limit = timed.asked.max_new_tokens

    def say(prompt: Sequence[int]) -> int:
        if not plain_causal(subject.model):
            return len(by_library(subject.model, [prompt], limit, ends, ends[0] if ends else 0)[0])
        by = graphs.speak_recorded if graphs.usable(subject.model) else speak
        return len(greedy(subject.model, [prompt], limit, stop, (), by)[0][0])

    places = latency.chosen([len(prompt) for prompt in timed.prompts], NATURAL)
    return latency.natural(say, [timed.prompts[place] for place in places])


def of_one(subject: Subject, profile: Profile, asked: Sequence[Questions], say: Say) -> dict[str, Any]:
    """The ``latency`` part of a result, of a model that is loaded already; ``say`` as in ``prepare``."""
    timed = prepare(subject, profile, asked, latency.NEW_TOKENS, say)
    timings, way, held = once(timed)
    return latency.record([timings], latency.NEW_TOKENS, natural(timed), conditions(timed, [way], [held]))


def of_runs(
    workspace: Path, run_ids: Sequence[str], repeats: int, new_tokens: int, report: Callable[[dict[str, Any]], None]
) -> dict[str, dict[str, Any]]:
    """The ``latency`` parts of several runs by id: all of them once, then all of them again.

    They stay loaded where there is room for all, or are loaded anew for each turn.
    """
    where = Workspace(workspace)
    runs = [Run(where, run_id) for run_id in run_ids]
    timings: dict[str, list[list[latency.Timing]]] = {run.id: [] for run in runs}
    held: dict[str, list[list[str] | None]] = {run.id: [] for run in runs}
    ways: dict[str, list[str]] = {run.id: [] for run in runs}
    found: dict[str, tuple[dict[str, Any], Timed | None]] = {}
    facts: dict[str, dict[str, Any]] = {}
    for turn in range(repeats):
        for run, timed in _loaded(runs, found, new_tokens, report):
            report({"stage": f"{run.id}: turn {turn + 1} of {repeats}"})
            took, way, reasons = once(timed)
            timings[run.id].append(took)
            ways[run.id].append(way)
            held[run.id].append(reasons)
            facts[run.id] = conditions(timed, ways[run.id], held[run.id])
            if turn == 0:
                found[run.id] = (natural(timed), timed if _room(runs) else None)
            del timed  # the next one may need its room
    return {
        run.id: latency.record(
            timings[run.id],
            new_tokens,
            found[run.id][0],
            facts[run.id],
            [other.id for other in runs if other.id != run.id],
        )
        for run in runs
    }


def _loaded(
    runs: Sequence[Run],
    found: dict[str, tuple[dict[str, Any], Timed | None]],
    new_tokens: int,
    report: Callable[[dict[str, Any]], None],
) -> Iterator[tuple[Run, Timed]]:
    for run in runs:
        timed = found[run.id][1] if run.id in found else None
        if timed is None:
            report({"stage": f"{run.id}: loading"})
            timed = load(run, new_tokens, partial(_say, run, report))
        yield run, timed


def _say(run: Run, report: Callable[[dict[str, Any]], None], text: str) -> None:
    report({"stage": f"{run.id}: {text}"})


def _room(runs: Sequence[Run]) -> bool:
    """Whether all runs' models can stay loaded."""
    files = [path for run in runs for path in _folder(run).glob("*.safetensors")]
    needed = sum(path.stat().st_size for path in files)
    free = torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else psutil.virtual_memory().available
    return needed <= HELD * free


def _folder(run: Run) -> Path:
    profile = run.profile()
    full = run.adapter.is_dir() and profile.adapter.method == "full"
    return run.adapter if full else fetch.ensure(run.workspace, profile.model, lambda _: None)


def load(run: Run, new_tokens: int, say: Say) -> Timed:
    """A run's model, tuned where it was trained, with its prompts; the others as in ``prepare``."""
    profile = run.profile()
    folder = fetch.ensure(run.workspace, profile.model, lambda _: None)
    tokenizer = model.load_tokenizer(folder, profile.model)
    tuned = run.adapter.is_dir()
    loaded = model.load_tuned(folder, run.adapter, profile) if tuned else model.load_base(folder, profile)
    subject = Subject(loaded.eval(), tokenizer, {}, None)
    return prepare(subject, profile, protocol.all_questions(run.workspace, profile), new_tokens, say)

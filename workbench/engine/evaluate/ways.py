"""The three ways to ask: generate an answer, choose the likeliest of given ones, take the loss of the right one.

Each prepares what the model sees of every row, asks in batches, and says what a known answer scores today: a scorer
may have changed since, and what a model said has not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase

from workbench.choices.protocols import PROTOCOLS, Way
from workbench.choices.rows import Row
from workbench.choices.tasks import UNANSWERABLE, AnswerFormat
from workbench.engine.evaluate import loglikelihood
from workbench.engine.evaluate.batching import budget
from workbench.engine.evaluate.generate import Answer, Asking, answers
from workbench.engine.evaluate.heldout import perplexity
from workbench.engine.evaluate.loglikelihood import Options
from workbench.engine.evaluate.protocol import Questions
from workbench.engine.evaluate.scoring import score
from workbench.engine.render import IGNORED, encode_row, prompt_text
from workbench.profile import DataOptions, Profile

Sample = dict[str, Any]
Note = Callable[[str], None]

LOSS_TOKENS = 4096
"""A batch for losses holds no more, whatever the profile says: the logits of every answer token are needed at once."""


@dataclass(frozen=True)
class Subject:
    """A model that is evaluated.

    Args:
        model: In evaluation mode.
        tokenizer: Its tokenizer.
        identity: From ``protocol.model_identity``.
        adapter_sha256: Of its adapter; None for a base model.
    """

    model: Any
    tokenizer: PreTrainedTokenizerBase
    identity: dict[str, Any]
    adapter_sha256: str | None


@dataclass(frozen=True)
class Asked:
    """One way.

    Args:
        prepare: What the model sees of each row, as token ids in some shape; JSON of it is hashed.
        ask: New samples by the row's place, from batches that hold a missing row.
        rescore: The parts of a known sample that a scorer makes, made anew.
    """

    prepare: Callable[[PreTrainedTokenizerBase, Questions, Profile, int], list[Any]]
    ask: Callable[[Subject, Questions, Profile, list[Any], Collection[int], Note], Iterator[dict[int, Sample]]]
    rescore: Callable[[Row, Sample, Questions], Sample]


def prompt_ids(
    tokenizer: PreTrainedTokenizerBase, row: Row, data: DataOptions, answer_format: AnswerFormat
) -> list[int]:
    """The tokens that a row is asked with, the same that training saw before the answer."""
    text = prompt_text(tokenizer, row, answer_format, data)
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def _prompts(tokenizer: PreTrainedTokenizerBase, asked: Questions, profile: Profile, _: int) -> list[list[int]]:
    return [prompt_ids(tokenizer, row, profile.data, asked.answer_format) for row in asked.rows]


def asking(tokenizer: PreTrainedTokenizerBase, asked: Questions) -> tuple[Asking, int]:
    """How answers are generated, and from which token of the probe on a look counts.

    Of a question that a passage may not answer, the model is also asked how likely it is to say so.
    """
    in_box = asked.answer_format == "boxed"
    if asked.task != "squad":
        return Asking(asked.max_new_tokens, in_box), 0
    opening = "\\boxed{" if in_box else ""
    whole = tokenizer(opening + UNANSWERABLE + ("}" if in_box else ""), add_special_tokens=False)["input_ids"]
    opened = tokenizer(opening, add_special_tokens=False)["input_ids"] if opening else []
    return Asking(asked.max_new_tokens, in_box, tuple(whole)), len(opened)


def _generate(
    subject: Subject,
    asked: Questions,
    profile: Profile,
    prompts: list[list[int]],
    missing: Collection[int],
    note: Note,
) -> Iterator[dict[int, Sample]]:
    room = loglikelihood.longest(subject.model)
    fits = [place for place, prompt in enumerate(prompts) if len(prompt) + asked.max_new_tokens <= room]
    too_long = {place for place in missing if place not in set(fits)}
    if too_long:
        note(f"{asked.dataset}: {len(too_long)} rows and their answers are longer than the model can read ({room})")
        yield {place: _said(asked, place, prompts, Answer(place, "", "error", 0, 0, 0.0), 0) for place in too_long}
    how, counted = asking(subject.tokenizer, asked)
    chosen = [prompts[place] for place in fits]
    wanted = {number for number, place in enumerate(fits) if place in missing}
    tokens = budget(subject.model, profile.eval.batch_tokens)
    for batch in answers(subject.model, subject.tokenizer, chosen, how, tokens, note, wanted):
        yield {fits[a.index]: _said(asked, fits[a.index], prompts, a, counted) for a in batch}


def _said(asked: Questions, place: int, prompts: Sequence[Sequence[int]], answer: Answer, counted: int) -> Sample:
    said = {
        "raw": answer.text,
        "finish": answer.finish,
        "n_prompt_tokens": len(prompts[place]),
        "n_new_tokens": answer.new_tokens,
        "batch_rows": answer.batch_rows,
        "seconds": round(answer.seconds, 4),
    }
    if asked.task == "squad":
        said["na_prob"] = math.exp(sum(answer.look[counted:])) if answer.look else None
    return said | _scored(asked.rows[place], said, asked)


def _scored(row: Row, sample: Sample, asked: Questions) -> Sample:
    scored = score(row, sample["raw"], sample["finish"], asked.answer_format)
    judged = {"judged_by": scored.judged_by} if row.task == "math" else {}
    return {"parsed": scored.parsed, "status": scored.status, "scores": scored.scores, **judged}


def _options(tokenizer: PreTrainedTokenizerBase, asked: Questions, _: Profile, longest: int) -> list[Any]:
    choices = [PROTOCOLS[asked.protocol].choice(row) for row in asked.rows]
    made = [
        loglikelihood.encode(tokenizer, choice.text, [f" {option}" for option in choice.options], longest)
        for choice in choices
        if choice is not None
    ]
    return [[item.text, item.options] for item in made]


def _choose(
    subject: Subject, asked: Questions, profile: Profile, items: list[Any], missing: Collection[int], note: Note
) -> Iterator[dict[int, Sample]]:
    options = [Options(text, tails) for text, tails in items]
    tokens = budget(subject.model, profile.eval.batch_tokens)
    for found in loglikelihood.of_options(subject.model, options, tokens, note, missing):
        yield {
            place: _chosen(asked, place, options[place], values, len(found.places), found.seconds)
            for place, values in zip(found.places, found.values, strict=True)
        }


def _chosen(
    asked: Questions, place: int, item: Options, values: list[float], batch_rows: int, seconds: float
) -> Sample:
    said = {
        "ll": values,
        "finish": "stop",
        "n_prompt_tokens": len(item.text),
        "n_new_tokens": 0,
        "batch_rows": batch_rows,
        "seconds": round(seconds, 4),
    }
    return said | _preferred(asked.rows[place], said, asked)


def _preferred(row: Row, sample: Sample, asked: Questions) -> Sample:
    """What the log-likelihoods say: the option that is likeliest as a whole, and by character of its text."""
    protocol = PROTOCOLS[asked.protocol]
    choice = protocol.choice(row)
    assert choice is not None
    by_character = [value / len(option) for value, option in zip(sample["ll"], choice.options, strict=True)]
    lists = {"acc": sample["ll"], "acc_norm": by_character}
    best = {metric: choice.labels[lists[metric].index(max(lists[metric]))] for metric in protocol.metrics}
    said = best[protocol.metrics[0]]
    return {
        "raw": choice.options[choice.labels.index(said)],
        "parsed": said,
        "status": "ok",
        "scores": {metric: float(label == row.answers[0]) for metric, label in best.items()},
    }


def _targets(tokenizer: PreTrainedTokenizerBase, asked: Questions, profile: Profile, longest: int) -> list[Any]:
    data = profile.data.model_copy(update={"answer_format": asked.answer_format})
    rows = [encode_row(tokenizer, row, data, min(asked.max_new_tokens, longest)) for row in asked.rows]
    return [[row.input_ids, row.labels] for row in rows]


def _lose(
    subject: Subject, asked: Questions, profile: Profile, items: list[Any], missing: Collection[int], note: Note
) -> Iterator[dict[int, Sample]]:
    firsts = [next((at for at, label in enumerate(labels) if label != IGNORED and at), 0) for _, labels in items]
    counted = [place for place, first in enumerate(firsts) if first]
    silent = {place for place in missing if not firsts[place]}
    if silent:
        yield {place: _lost(asked, place, items[place], [], 0, 0.0) for place in silent}
    rows = [(items[place][0], firsts[place]) for place in counted]
    wanted = {number for number, place in enumerate(counted) if place in missing}
    tokens = min(LOSS_TOKENS, budget(subject.model, profile.eval.batch_tokens))
    for found in loglikelihood.of_tokens(subject.model, rows, tokens, note, wanted):
        places = [counted[number] for number in found.places]
        yield {
            place: _lost(asked, place, items[place], values, len(places), found.seconds)
            for place, values in zip(places, found.values, strict=True)
        }


def _lost(
    asked: Questions, place: int, item: list[list[int]], values: list[float], batch_rows: int, seconds: float
) -> Sample:
    ids, labels = item
    first = len(ids) - len(values)
    trained = [value for value, label in zip(values, labels[first:], strict=True) if label != IGNORED]
    said = {
        "nll": -sum(trained),
        "n_loss_tokens": len(trained),
        "finish": "stop",
        "n_prompt_tokens": first,
        "n_new_tokens": 0,
        "batch_rows": batch_rows,
        "seconds": round(seconds, 4),
    }
    return said | _mean(asked.rows[place], said, asked)


def _mean(_: Row, sample: Sample, __: Questions) -> Sample:
    loss = sample["nll"] / sample["n_loss_tokens"] if sample["n_loss_tokens"] else None
    scores = {} if loss is None else {"loss": loss, "perplexity": perplexity(loss)}
    return {"raw": "", "parsed": None, "status": "empty" if loss is None else "ok", "scores": scores}


WAYS: dict[Way, Asked] = {
    "generate": Asked(_prompts, _generate, _scored),
    "choose": Asked(_options, _choose, _preferred),
    "loss": Asked(_targets, _lose, _mean),
}

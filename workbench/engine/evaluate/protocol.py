"""What an evaluation depends on, and the key under which its answers may be used again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal, get_args

from workbench.choices.protocols import PROTOCOLS, Protocol, suits
from workbench.choices.rows import Row
from workbench.choices.tasks import TASKS, AnswerFormat
from workbench.engine import hashes
from workbench.engine.datasets import Prepared, prepare, prepare_named, rows
from workbench.paths import Workspace
from workbench.profile import Count, Profile

Role = Literal["own", "other"]


@dataclass(frozen=True)
class Questions:
    """Rows that are asked, and how.

    Args:
        dataset: Id of the data set.
        dataset_sha256: Of its test file.
        task: Name of a row of TASKS.
        rows: What is asked.
        answer_format: How the answer is asked for, or was trained.
        max_new_tokens: Limit of an answer; of a held-out loss, of the whole row.
        protocol: Name of a row of PROTOCOLS.
        role: "own" for the set that the profile trains on, "other" for what must not be forgotten.
        name: What it is called in a result: the data set, and what sets it apart from its first evaluation.
    """

    dataset: str
    dataset_sha256: str
    task: str
    rows: tuple[Row, ...]
    answer_format: AnswerFormat
    max_new_tokens: int
    protocol: str
    role: Role = "own"
    name: str = ""


def all_questions(workspace: Workspace, profile: Profile) -> list[Questions]:
    """What a profile is tested on: its own data set first, then ``eval.datasets``, by each protocol that suits it.

    Raises:
        InputError: A data set is missing.
    """
    own = prepare(workspace, profile.data)
    counts = {own.id: _fewer(profile.eval.rows, profile.data.test_rows)}
    prepared = {own.id: own}
    for name in profile.eval.datasets:
        other = prepare_named(workspace, name)
        prepared.setdefault(other.id, other)
    return [
        questions
        for one in prepared.values()
        for questions in _questions(
            one, profile, counts.get(one.id, profile.eval.rows), "own" if one.id == own.id else "other"
        )
    ]


def _fewer(one: Count, other: Count) -> Count:
    numbers = [count for count in (one, other) if count != "all"]
    return min(numbers) if numbers else "all"


def answer_formats(profile: Profile) -> list[AnswerFormat]:
    """The forms in which answers are asked for, the first one first."""
    wanted = profile.eval.answer_format
    own = profile.data.answer_format
    if wanted == "both":
        return [own, *(other for other in get_args(AnswerFormat) if other != own)]
    named = [wanted] if isinstance(wanted, str) else wanted
    return list(dict.fromkeys(own if one == "trained" else one for one in named))


def protocols(profile: Profile, task: str) -> list[Protocol]:
    """The protocols of a task: those that the profile names and that suit it, or else the task's own."""
    named = [PROTOCOLS[name] for name in dict.fromkeys(profile.eval.protocols) if suits(name, task)]
    return named or [PROTOCOLS[name] for name in TASKS[task].protocols]


def _questions(prepared: Prepared, profile: Profile, count: Count, role: Role) -> Iterator[Questions]:
    task = str(prepared.manifest["task"])
    chosen = tuple(rows(prepared, "test", count, profile.data.seed))
    formats = answer_formats(profile)
    for protocol in protocols(profile, task):
        asked = chosen
        if protocol.way == "choose":
            asked = tuple(row for row in chosen if protocol.choice(row) is not None)
        if not asked:
            continue  # no row holds its options
        for answer_format in formats if protocol.way == "generate" else [profile.data.answer_format]:
            parts = [prepared.id]
            if protocol.name != TASKS[task].protocols[0]:
                parts.append(protocol.name)
            if answer_format != formats[0] and protocol.way == "generate":
                parts.append(answer_format)
            yield Questions(
                dataset=prepared.id,
                dataset_sha256=str(prepared.manifest["sha256"]["test"]),
                task=task,
                rows=asked,
                answer_format=answer_format if protocol.way != "choose" else "bare",
                max_new_tokens=_limit(protocol, profile, task, answer_format),
                protocol=protocol.name,
                role=role,
                name="/".join(parts),
            )


def _limit(protocol: Protocol, profile: Profile, task: str, answer_format: AnswerFormat) -> int:
    if protocol.way == "choose":
        return 0
    if protocol.way == "loss":
        return profile.train.max_length
    limit = profile.eval.max_new_tokens
    return TASKS[task].max_new_tokens[answer_format] if limit == "auto" else limit


def model_identity(
    profile: Profile, weights_sha256: str, template: str, device: str, tokenizer_sha256: str = ""
) -> dict[str, Any]:
    """Everything but the rows that a greedy answer depends on.

    Args:
        profile: Says how the model is loaded and asked.
        weights_sha256: Of the base model's weights and configs.
        template: Its chat template.
        device: What it runs on, by name: other kernels round otherwise.
        tokenizer_sha256: Of the tokenizer's files.
    """
    return {
        "weights_sha256": weights_sha256,
        "tokenizer_sha256": tokenizer_sha256,
        "quant": profile.quant.model_dump(),
        "dtype": profile.model.dtype,
        "attn_implementation": profile.model.attn_implementation,
        "device": device,
        "template_sha256": hashes.of_text(template),
        "system": [profile.data.system, profile.data.system_turn],
        "batch_tokens": profile.eval.batch_tokens,
        "versions": [version(name) for name in ("torch", "transformers", "peft", "bitsandbytes")],
    }


def scoring_libraries(protocol: str) -> dict[str, str]:
    """The versions of the libraries that a protocol's scores depend on; empty for most."""
    return {name: version(name) for name in PROTOCOLS[protocol].libraries}


def key(identity: dict[str, Any], adapter_sha256: str | None, asked: Questions) -> str:
    """The key of one model's answers to one test set, as asked here; 64 hexadecimal digits.

    What is asked of each row is checked by its own hash, ``prompt_hash``.
    """
    protocol: list[Any] = [asked.protocol, asked.answer_format, asked.max_new_tokens, asked.dataset_sha256]
    libraries = scoring_libraries(asked.protocol)
    if libraries:
        protocol.append(libraries)
    return hashes.of_json([identity, adapter_sha256, protocol])


def base_id(identity: dict[str, Any], asked: Sequence[Questions], model: str, further: Sequence[Any] = ()) -> str:
    """The id of the run that holds the base model's answers: one for each model, protocol and set of rows."""
    chosen: list[Any] = [[key(identity, None, one), [row.id for row in one.rows]] for one in asked]
    if further:
        chosen.append(list(further))
    slug = model.rstrip("/").rpartition("/")[2].lower()
    return f"base-{slug}-{hashes.of_json(chosen)[:8]}"

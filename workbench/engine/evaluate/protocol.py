"""What an evaluation depends on, and the key under which its answers may be used again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from workbench.choices.rows import Row
from workbench.choices.tasks import TASKS, AnswerFormat
from workbench.engine import hashes
from workbench.engine.datasets import Prepared, prepare, prepare_named, rows
from workbench.paths import Workspace
from workbench.profile import Count, Profile


@dataclass(frozen=True)
class Questions:
    """Rows that are asked, and how.

    Args:
        dataset: Id of the data set.
        dataset_sha256: Of its test file.
        task: Name of a row of TASKS.
        rows: What is asked.
        answer_format: How the answer is asked for.
        max_new_tokens: Limit of an answer.
    """

    dataset: str
    dataset_sha256: str
    task: str
    rows: tuple[Row, ...]
    answer_format: AnswerFormat
    max_new_tokens: int

    @property
    def protocol(self) -> str:
        """Versioned name of how the task is evaluated; empty for a task without scores."""
        return TASKS[self.task].protocol


def all_questions(workspace: Workspace, profile: Profile) -> list[Questions]:
    """What a profile is tested on: its own data set first, then ``eval.datasets``.

    Raises:
        InputError: A data set is missing.
    """
    own = prepare(workspace, profile.data)
    counts = {own.id: _fewer(profile.eval.rows, profile.data.test_rows)}
    prepared = {own.id: own}
    for name in profile.eval.datasets:
        other = prepare_named(workspace, name)
        prepared.setdefault(other.id, other)
    return [_questions(one, profile, counts.get(one.id, profile.eval.rows)) for one in prepared.values()]


def _fewer(one: Count, other: Count) -> Count:
    numbers = [count for count in (one, other) if count != "all"]
    return min(numbers) if numbers else "all"


def _questions(prepared: Prepared, profile: Profile, count: Count) -> Questions:
    task = str(prepared.manifest["task"])
    own = profile.data.answer_format
    answer_format = own if profile.eval.answer_format == "trained" else profile.eval.answer_format
    limit = profile.eval.max_new_tokens
    return Questions(
        dataset=prepared.id,
        dataset_sha256=str(prepared.manifest["sha256"]["test"]),
        task=task,
        rows=tuple(rows(prepared, "test", count, profile.data.seed)),
        answer_format=answer_format,
        max_new_tokens=TASKS[task].max_new_tokens[answer_format] if limit == "auto" else limit,
    )


def model_identity(profile: Profile, weights_sha256: str, template: str, device: str) -> dict[str, Any]:
    """Everything but the rows that a greedy answer depends on."""
    return {
        "weights_sha256": weights_sha256,
        "quant": profile.quant.model_dump(),
        "dtype": profile.model.dtype,
        "attn_implementation": profile.model.attn_implementation,
        "device": device,
        "template_sha256": hashes.of_text(template),
        "system": [profile.data.system, profile.data.system_turn],
        "batch_tokens": profile.eval.batch_tokens,
        "versions": [version(name) for name in ("torch", "transformers", "peft", "bitsandbytes")],
    }


def key(identity: dict[str, Any], adapter_sha256: str | None, asked: Questions) -> str:
    """The key of one model's answers to one test set, as asked here; 64 hexadecimal digits."""
    protocol = [asked.protocol, asked.answer_format, asked.max_new_tokens, asked.dataset_sha256]
    return hashes.of_json([identity, adapter_sha256, protocol])


def base_id(identity: dict[str, Any], asked: Sequence[Questions], model: str) -> str:
    """The id of the run that holds the base model's answers: one for each model, protocol and set of rows."""
    chosen = [[key(identity, None, one), [row.id for row in one.rows]] for one in asked]
    slug = model.rstrip("/").rpartition("/")[2].lower()
    return f"base-{slug}-{hashes.of_json(chosen)[:8]}"

"""What a model was asked, found again in its data set: an answer's record holds only the question's hash."""

from __future__ import annotations

from typing import Any

from workbench.choices.rows import Row
from workbench.choices.tasks import TASKS, AnswerFormat, prompt
from workbench.engine import datasets, hashes
from workbench.engine.datasets.store import existing
from workbench.errors import InputError
from workbench.paths import Workspace

Turns = tuple[tuple[str, str], ...]
"""Role and text of each turn before the answer."""
GENERATES = "_gen"
"""How the names of protocols end in which an answer is written in a chat."""


class Prompts:
    """The prompts of a workspace's prepared data sets, each data set read once.

    Args:
        workspace: Where data/ is.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[str, tuple[dict[str, Row], str]] = {}

    def find(self, sample: dict[str, Any]) -> tuple[Turns, str]:
        """The turns that a sample was asked with, before the chat template; without any, the reason.

        Args:
            sample: With ``dataset``, ``doc_hash`` and ``answer_format``; one that holds its ``prompt`` is believed.
        """
        if isinstance(sample.get("prompt"), str):
            return (("user", sample["prompt"]),), ""
        name = str(sample["dataset"])
        if name not in self._known:
            self._known[name] = self._read(name)
        rows, reason = self._known[name]
        if reason:
            return (), reason
        row = rows.get(str(sample["doc_hash"]))
        if row is None:
            return (), f"the data set {name} was changed since: it holds no such question"
        if row.task not in TASKS:
            return (), f'nothing is known of the task "{row.task}"'
        if not str(sample.get("protocol", GENERATES)).partition("@")[0].endswith(GENERATES):
            return (("question", TASKS[row.task].ask(row)),), ""  # asked without a chat and an instruction
        answer_format: AnswerFormat = "boxed" if sample.get("answer_format") == "boxed" else "bare"
        return tuple((turn["role"], turn["content"]) for turn in prompt(row, answer_format)), ""

    def _read(self, name: str) -> tuple[dict[str, Row], str]:
        try:
            found = existing(self._workspace, name)
            if found is None:
                return {}, f"the data set {name} is not in {self._workspace.data}"
            rows = datasets.rows(found, "test", "all", 0)
        except (InputError, OSError, ValueError, TypeError) as error:
            return {}, str(error)
        return {hashes.of_json(row.to_json()): row for row in rows}, ""

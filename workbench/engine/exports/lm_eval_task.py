"""A task of lm-eval that asks what a run was asked: task_<data set>.yaml, and its rows where they are wanted.

The other exported files hold answers and no question, and people publish them; so the rows, which may be private, are
written only when somebody asks for them. The YAML is data: no function, no code of ours.

Source: docs/task_guide.md and api/task.py of lm-eval 0.4.13.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.choices.protocols import PROTOCOLS, Protocol
from workbench.choices.rows import Row
from workbench.choices.tasks import UNANSWERABLE, AnswerFormat, prompt
from workbench.engine import hashes
from workbench.engine.compared_run import ComparedRun
from workbench.engine.evaluate.protocol import all_questions
from workbench.engine.run import Run
from workbench.errors import InputError

ROWS_MISSING = "rows_{task}.jsonl is not here: `workbench export-results {run} --rows -o DIR` writes it"
BOXED = r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}"
"""The content of a box, with at most one level of braces in it; lm-eval's filter takes the last."""


@dataclass(frozen=True)
class Way:
    """How lm-eval scores the answers of a protocol.

    Args:
        metrics: Its ``metric_list``.
        said: What differs from the protocol's own metrics, in sentences.
        bare, boxed: What its filter takes of an answer, by the form in which that was asked for.
    """

    metrics: tuple[dict[str, Any], ...]
    said: tuple[str, ...]
    bare: str = r"(?s)^\s*(.*?)\s*$"
    boxed: str = BOXED


def _mean(metric: str, **options: Any) -> dict[str, Any]:
    return {"metric": metric, "aggregation": "mean", "higher_is_better": True, **options}


SCORING: dict[str, Way] = {
    "arc_ll@1": Way((_mean("acc"), _mean("acc_norm")), ("acc and acc_norm are the protocol's own metrics",)),
    "boolq@1": Way((_mean("acc"),), ("acc is the protocol's own metric",)),
    "arc_gen@1": Way(
        (_mean("exact_match", ignore_case=True),),
        (
            'exact_match is accuracy where the answer is the letter alone; sentences such as "the answer is B" count',
            "in arc_gen@1 and not here, so it can only be lower; macro_f1 has no counterpart",
        ),
        bare=r"^\W*([A-Ea-e1-5])\W*$",
        boxed=r"\\boxed\{\s*(?:\\text\{)?\W{0,3}([A-Ea-e1-5])\b",
    ),
    "squad_gen@1": Way(
        (
            _mean(
                "exact_match",
                ignore_case=True,
                ignore_punctuation=True,
                regexes_to_ignore=[r"(?i)\b(?:a|an|the)\b", r"\s+"],
            ),
        ),
        (
            "exact_match is exact but for white space between words, which SQuAD counts and this does not;",
            "f1 and the figures by kind of question have no counterpart here",
        ),
        bare=r"^\s*([^\n]*)",
    ),
    "math_gen@2": Way(
        (_mean("exact_match", regexes_to_ignore=[",", r"\\?\$", r"\s+", r"\.$"]),),
        (
            "exact_match compares letters: no rounding, no other form of the same number, no math-verify;",
            "it is another metric than the accuracy of math_gen@2, and mostly lower",
        ),
    ),
}
"""By protocol; what is missing here lm-eval cannot ask."""


@dataclass(frozen=True)
class Tasks:
    """What can be written beside the results.

    Args:
        files: Content by file name.
        left_out: Why a data set has no task, in sentences.
    """

    files: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def tasks(run: Run, compared: ComparedRun, with_rows: bool) -> Tasks:
    """The YAML of each data set that lm-eval can ask, and its rows if they are wanted.

    Raises:
        InputError: Rows are wanted, and those that the run was asked are not in the workspace any more.
    """
    files: dict[str, str] = {}
    left_out: list[str] = []
    asked, system = _asked(run, compared) if with_rows else ({}, "")
    for dataset, entry in compared.entries.items():
        protocol = PROTOCOLS[entry["protocol"]] if entry["protocol"] in SCORING else None
        if protocol is None:
            left_out.append(
                f'{dataset}: no task is written: lm-eval cannot ask "{entry["protocol"]}" from a YAML of ours'
            )
            continue
        name = task_name(dataset)
        files[f"task_{name}.yaml"] = _yaml(name, run.id, protocol, entry, system, with_rows)
        if with_rows:
            lines = [_record(row, protocol, entry["answer_format"]) for row in asked[dataset]]
            files[f"rows_{name}.jsonl"] = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return Tasks(files, tuple(left_out))


def task_name(dataset: str) -> str:
    """What lm-eval may call a data set: no name of its own tasks, nothing that leads out of a folder.

    >>> task_name("arc/arc_ll@1"), task_name("../x")
    ('workbench_arc_arc_ll_1', 'workbench_x')
    """
    return "workbench_" + "_".join(re.findall(r"[A-Za-z0-9-]+", dataset))


def _asked(run: Run, compared: ComparedRun) -> tuple[dict[str, list[Row]], str]:
    """The rows behind a run's answers, by data set and in their order, and its system turn."""
    if compared.origin:
        raise InputError(f"{run.id} was imported: its questions are not here, so no rows can be written.")
    profile = run.profile()
    known = {
        one.name: {hashes.of_json(row.to_json()): row for row in one.rows}
        for one in all_questions(run.workspace, profile)
    }
    found: dict[str, list[Row]] = {}
    for dataset in compared.entries:
        rows, answered = known.get(dataset, {}), compared.samples[dataset]
        if compared.entries[dataset]["protocol"] in SCORING and not (answered and all(key in rows for key in answered)):
            raise InputError(f"{run.id}: the rows of {dataset} are not those that it was asked: its data has changed.")
        found[dataset] = [rows[key] for key in answered if key in rows]
    return found, profile.data.system


def _record(row: Row, protocol: Protocol, answer_format: AnswerFormat) -> dict[str, Any]:
    """A row as the YAML reads it: what is asked is written out, so that nothing is left to a template."""
    choice = protocol.choice(row)
    if protocol.way == "choose" and choice is not None:
        gold = choice.labels.index(str(row.answers[0]))
        return {"id": row.id, "prompt": choice.text, "choices": list(choice.options), "gold": gold}
    turns = [turn["content"] for turn in prompt(row, answer_format)]
    golds = [str(answer) for answer in row.answers] or [UNANSWERABLE]
    return {"id": row.id, "prompt": "\n\n".join(turns), "targets": golds}


def _yaml(name: str, run_id: str, protocol: Protocol, entry: Mapping[str, Any], system: str, with_rows: bool) -> str:
    way = SCORING[protocol.name]
    chooses = protocol.way == "choose"
    comments = [f"What {run_id} was asked by {protocol.name}, for lm-eval 0.4.13.", *way.said]
    chat = "" if chooses else " --apply_chat_template"
    comments.append(f"From this folder: lm-eval run --tasks {name} --include_path .{chat} --model hf --model_args ...")
    if not with_rows:
        comments.append(ROWS_MISSING.format(task=name, run=run_id))
    keys = {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": f"rows_{name}.jsonl"}},
        "test_split": "test",
        "num_fewshot": 0,
        **({"description": system} if system and not chooses else {}),
        "doc_to_text": "prompt",
        **(_choosing() if chooses else _generating(way, entry)),
        "metric_list": list(way.metrics),
        "metadata": {"version": float(protocol.name.partition("@")[2]), "protocol": protocol.name},
    }
    return _comments(comments) + "".join(f"{key}: {json.dumps(value)}\n" for key, value in keys.items())


def _comments(sentences: Sequence[str]) -> str:
    return "".join(f"# {' '.join(sentence.split())}\n" for sentence in sentences)


def _choosing() -> dict[str, Any]:
    return {
        "output_type": "multiple_choice",
        "doc_to_choice": "choices",
        "doc_to_target": "gold",
        "target_delimiter": " ",
    }


def _generating(way: Way, entry: Mapping[str, Any]) -> dict[str, Any]:
    taken = way.boxed if entry["answer_format"] == "boxed" else way.bare
    steps = [{"function": "regex", "regex_pattern": taken, "group_select": -1}, {"function": "take_first"}]
    return {
        "output_type": "generate_until",
        "doc_to_target": "targets",
        "generation_kwargs": {"until": [], "max_gen_toks": entry["max_new_tokens"], "do_sample": False},
        "filter_list": [{"name": "none", "filter": steps}],
    }

"""list: the runs, or the rows of a table."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from workbench.cli.options import Json, workspace_of
from workbench.cli.output import NOT_AVAILABLE, emit_json, emit_table, number_text, say, time_text
from workbench.engine.texts import GLYPHS
from workbench.errors import InputError, nearest
from workbench.paths import Workspace

Record = dict[str, Any]
NUMBERS = ("parameters", "train", "test", "step", "loss", "age", "state_bytes")


def show(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="[KIND]", help="What is listed; by default the runs.")] = "runs",
    where: Annotated[
        str,
        typer.Option("--where", metavar="EXPR", help="Only rows that match, such as 'qlora loss<1.2 !nf4 age<2d'."),
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="Archived runs too.")] = False,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV: every column.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
) -> None:
    """List runs, or: evaluations, models, datasets, profiles, adapters, quantizers, optimizers, tasks, formats."""
    if kind not in KINDS:
        raise InputError(f'There is no list of "{kind}". {nearest(kind, KINDS)}')
    every = KINDS[kind](workspace_of(context))
    known = [record for record in every if everything or not record.get("archived")]
    records = _matching(known, where)
    if len(known) < len(every):
        say(f"{len(every) - len(known)} archived left out; --all shows them too")
    if as_json:
        emit_json(records)
    elif as_csv or as_markdown:
        from workbench.engine.run_records import as_text

        sys.stdout.write(as_text(records, "csv" if as_csv else "markdown"))
    elif not records:
        say(f"None of the {len(known)} {kind} matches." if every else f"There are no {kind} here yet.")
    else:
        tagged = any(record.get("tags") for record in records)
        shown = [_for_people(record, tagged) for record in records] if kind == "runs" else records
        if kind == "evaluations":
            shown = [_scored(record) for record in records]
        columns = list(shown[0])
        emit_table(columns, [[_cell(record[column]) for column in columns] for record in shown], right=NUMBERS)


def _matching(records: list[Record], text: str) -> list[Record]:
    """The records that a filter keeps.

    Raises:
        ProblemsError: It cannot be read.
    """
    if not text or not records:
        return records
    from workbench.engine.query import where

    return where(records, text, dict.fromkeys(column for record in records for column in record))


def _cell(value: Any) -> str:
    if value is None:
        return NOT_AVAILABLE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _runs(workspace: Workspace) -> list[Record]:
    from workbench.engine.board import Board
    from workbench.engine.run_records import run_record

    return [run_record(row, time.time()) for row in Board(workspace).refresh()]


def _for_people(run: Record, tagged: bool) -> Record:
    total = run["total_steps"]
    return {
        "": GLYPHS.get(run["status"], " "),
        "status": run["status"],
        "run": run["run"],
        "model": run["model"],
        "method": run["method"],
        "quant": run["quant"],
        "step": f"{run['step'] / total:.0%}" if total else NOT_AVAILABLE,
        "loss": number_text(run["loss"]),
        "age": time_text(run["age_s"]),
        **({"tags": run["tags"]} if tagged else {}),
    }


def _evaluations(workspace: Workspace) -> list[Record]:
    from workbench.engine.answer_records import evaluation_record
    from workbench.engine.board import Board
    from workbench.engine.evaluation_list import EvaluationList

    found = EvaluationList(workspace).refresh(Board(workspace).refresh())
    return [evaluation_record(row) for row in found]


def _scored(record: Record) -> Record:
    score = record["score"]
    interval = "" if record["low"] is None else f" [{record['low']:.3f}, {record['high']:.3f}]"
    answers = f"queue {record['place']}" if record["place"] else f"{_cell(record['done'])}/{_cell(record['total'])}"
    return {
        **{name: record[name] for name in ("status", "name", "dataset", "what")},
        "answers": answers,
        "metric": record["metric"],
        "score": NOT_AVAILABLE if score is None else f"{score:.3f}{interval}",
        **{name: record[name] for name in ("run_id", "reason")},
    }


def _models(workspace: Workspace) -> list[Record]:
    from workbench.choices.models import MODELS
    from workbench.engine.fetch import model_folder
    from workbench.profile import ModelOptions

    return [
        {
            "name": row.name,
            "hub_id": row.hub_id,
            "parameters": row.parameters,
            "licence": row.licence,
            "here": model_folder(workspace, ModelOptions(name=row.name)) is not None,
        }
        for row in MODELS.values()
    ]


def _datasets(workspace: Workspace) -> list[Record]:
    from workbench.choices.sources import SOURCES
    from workbench.engine.datasets import prepared

    here = {one.id: one.manifest for one in prepared(workspace)}
    named = {row.name: (row.task, row.licence, row.hub_id or row.label) for row in SOURCES.values()}
    made = {name: (m["task"], m["licence"], m["source"]) for name, m in here.items() if name not in named}
    return [
        {
            "name": name,
            "task": task,
            "train": here[name]["counts"]["train"] if name in here else None,
            "test": here[name]["counts"]["test"] if name in here else None,
            "licence": licence,
            "source": source,
        }
        for name, (task, licence, source) in {**named, **made}.items()
    ]


def _profiles(workspace: Workspace) -> list[Record]:
    from workbench.engine.profile_list import profile_records

    return profile_records(workspace)


def _rows(table: Mapping[str, Any], *fields: str) -> list[Record]:
    return [{name: getattr(row, name) for name in ("name", "label", *fields)} for row in table.values()]


def _adapters(_: Workspace) -> list[Record]:
    from workbench.choices.adapters import ADAPTERS

    return _rows(ADAPTERS, "paper")


def _quantizers(_: Workspace) -> list[Record]:
    from workbench.choices.quantizers import QUANTIZERS

    return _rows(QUANTIZERS, "paper")


def _optimizers(_: Workspace) -> list[Record]:
    from workbench.choices.optimizers import OPTIMIZERS

    return _rows(OPTIMIZERS, "state_bytes", "needs_cuda", "paper")


def _tasks(_: Workspace) -> list[Record]:
    from workbench.choices.tasks import TASKS

    return _rows(TASKS, "protocols")


def _protocols(_: Workspace) -> list[Record]:
    from workbench.choices.protocols import PROTOCOLS

    return _rows(PROTOCOLS, "tasks", "way", "metrics", "source")


def _formats(_: Workspace) -> list[Record]:
    from workbench.choices.formats import FORMATS

    records = _rows(FORMATS, "task", "columns")
    return [{**record, "columns": sorted(record["columns"])} for record in records]


KINDS: dict[str, Callable[[Workspace], list[Record]]] = {
    "runs": _runs,
    "evaluations": _evaluations,
    "models": _models,
    "datasets": _datasets,
    "profiles": _profiles,
    "adapters": _adapters,
    "quantizers": _quantizers,
    "optimizers": _optimizers,
    "tasks": _tasks,
    "protocols": _protocols,
    "formats": _formats,
}

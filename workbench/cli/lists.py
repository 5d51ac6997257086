"""list: the runs, or the rows of a table."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import Json, workspace_of
from workbench.cli.output import NOT_AVAILABLE, emit_json, emit_table, number_text, say, time_text
from workbench.errors import InputError, WorkbenchError, nearest
from workbench.paths import Workspace

if TYPE_CHECKING:
    from workbench.engine.run import Run

Record = dict[str, Any]
GLYPHS = {"waiting": "…", "running": "▶", "finished": "✓", "failed": "✗", "stopped": "■", "lost": "?"}
NUMBERS = ("parameters", "train", "test", "step", "loss", "age", "state_bytes")


def show(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="[KIND]", help="What is listed; by default the runs.")] = "runs",
    as_json: Json = False,
) -> None:
    """List runs, or: models, datasets, profiles, adapters, quantizers, optimizers, tasks, formats."""
    if kind not in KINDS:
        raise InputError(f'There is no list of "{kind}". {nearest(kind, KINDS)}')
    records = KINDS[kind](workspace_of(context))
    if as_json:
        emit_json(records)
    elif not records:
        say(f"There are no {kind} here yet.")
    else:
        shown = [_for_people(record) for record in records] if kind == "runs" else records
        columns = list(shown[0])
        emit_table(columns, [[_cell(record[column]) for column in columns] for record in shown], right=NUMBERS)


def _cell(value: Any) -> str:
    if value is None:
        return NOT_AVAILABLE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _runs(workspace: Workspace) -> list[Record]:
    from workbench.engine.run import runs

    records = [_run(run) for run in reversed(runs(workspace))]
    return sorted(records, key=lambda record: record["age_s"] or 0.0)


def _run(run: "Run") -> Record:
    from workbench.engine.run import state

    now = state(run)
    what: Record = {"name": None, "model": None, "method": None, "quant": None}
    try:
        profile = run.profile()
    except WorkbenchError as error:
        what["problem"] = str(error)  # a folder from another version must not hide the others
    else:
        method = "none" if run.is_base or profile.train.max_steps == 0 else profile.adapter.method
        what |= {"name": profile.name, "model": profile.model.name, "method": method, "quant": profile.quant.method}
    return {
        "run": run.id,
        "status": now.status,
        **what,
        "stage": now.stage,
        "step": now.step,
        "total_steps": now.total_steps,
        "loss": now.loss,
        "age_s": None if now.started_s is None else round(time.time() - now.started_s, 1),
        "reason": now.reason,
    }


def _for_people(run: Record) -> Record:
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
    from workbench.profile import load

    records = []
    for path in sorted(workspace.profiles.glob("*.toml")):
        record: Record = {"name": path.stem, "model": None, "method": None, "quant": None, "data": None}
        try:
            profile = load(path)
        except WorkbenchError as error:
            records.append({**record, "shows": f"cannot be read: {str(error).splitlines()[0]}"})
            continue
        method = "none" if profile.train.max_steps == 0 else profile.adapter.method
        data = profile.data.dataset or profile.data.train_file
        record |= {"model": profile.model.name, "method": method, "quant": profile.quant.method, "data": data}
        records.append({**record, "shows": _headline(path.read_text(encoding="utf-8"))})
    return records


def _headline(text: str) -> str:
    """The first line of a profile's header comment."""
    first = text.partition("\n")[0]
    return first.lstrip("# ").rstrip() if first.startswith("#") else ""


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

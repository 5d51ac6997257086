"""fit: does it fit on the card, what its memory is made of, what to change; and how far predictions were off."""

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import Json, Sets, load_profile, profile_path, workspace_of
from workbench.cli.output import emit, emit_json, emit_table, say, size_text
from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.engine.memory import Card, Estimate, Predictor
    from workbench.engine.memory.changes import Change
    from workbench.engine.memory.preflight import Preflight
    from workbench.paths import Workspace
    from workbench.profile import Profile


def fit(
    context: typer.Context,
    profile: Annotated[
        str, typer.Argument(metavar="[PROFILE]", help="A name under profiles/, or a path that ends in .toml.")
    ] = "",
    sets: Sets = None,
    gpu: Annotated[
        str, typer.Option("--gpu", metavar="CARD", help='"auto" for the one here, a size such as 8GiB, or a name.')
    ] = "auto",
    apply: Annotated[bool, typer.Option("--apply", help="Write the best change that fits into the profile.")] = False,
    report: Annotated[
        bool, typer.Option("--report", help="How far the predictions of finished runs were off.")
    ] = False,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Measure what CUDA itself takes on the GPU here, once.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Predict the peak memory of a profile from the model's config alone, and say whether it fits."""
    workspace = workspace_of(context)
    if report:
        _report(workspace, as_json)
        return
    from workbench.engine.memory import Predictor

    with Predictor() as predictor:
        if calibrate:
            _calibrate(predictor, as_json)
        elif not profile:
            raise InputError("Name a profile, or give --report or --calibrate.")
        else:
            _fit(predictor, workspace, profile, sets, gpu, apply, as_json)


def _fit(
    predictor: "Predictor",
    workspace: "Workspace",
    name: str,
    sets: list[str] | None,
    gpu: str,
    apply: bool,
    as_json: bool,
) -> None:
    from workbench.engine.memory.changes import suggest
    from workbench.engine.memory.preflight import preflight

    wanted, where = load_profile(workspace, name, sets)
    card, reason = _card(gpu)
    if apply and card is None:
        raise InputError(f"--apply needs a card to fit on, and there is none ({reason}). Name one, such as --gpu 8GiB.")
    found = (
        preflight(predictor, workspace, wanted, card, reason)
        if card
        else _without_card(predictor, workspace, wanted, reason)
    )
    if found.prediction is None:
        raise InputError(f"{where}: {found.reason}")
    unfit = found.verdict is not None and found.verdict.word != "fits"
    changes = suggest(predictor, workspace, found.profile, found.verdict.card) if unfit and found.verdict else []
    if as_json:
        emit_json(_as_json(found, changes))
    else:
        _show(found, changes, name)
    if apply:
        if sets:
            raise InputError("--apply writes into the profile's file and --set does not: give one of them.")
        _apply(workspace, name, found, changes)


def _card(gpu: str) -> tuple["Card | None", str]:
    from workbench.engine.memory import detect, find_card

    return detect() if gpu == "auto" else (find_card(gpu), "")


def _without_card(predictor: "Predictor", workspace: "Workspace", profile: "Profile", reason: str) -> "Preflight":
    """The figures without a verdict; "auto" stands for one row."""
    from workbench.engine.memory.preflight import Preflight

    if profile.train.per_device_train_batch_size == "auto":
        reason += '; a micro-batch of "auto" was taken as one row'
    return Preflight(profile, prediction=predictor.predict(workspace, profile), reason=reason)


def _show(found: "Preflight", changes: list["Change"], name: str) -> None:
    from workbench.engine.memory.need import counted

    prediction, verdict = found.prediction, found.verdict
    assert prediction is not None
    if verdict is None:
        say(f'no verdict: {found.reason}. --gpu 8GiB or --gpu "RTX 4060 Ti" asks about a card that is not here.')
    else:
        free = verdict.total_bytes - verdict.need_bytes
        left = f"{size_text(free)} to spare" if free >= 0 else f"{size_text(-free)} too much"
        card = f"{verdict.card.name} ({size_text(verdict.total_bytes)})"
        emit(f"{name} on {card}: {verdict.word}, {left} ({verdict.margin:+.1%})")
        for text in counted(prediction.peak, verdict.card):
            say(text)
    stages = [one for one in (prediction.train, prediction.evaluate_one, prediction.evaluate) if one]
    emit_table(*_stages(stages), right=["allocated", "reserved", "NVML process"])
    emit_table(*_parts(stages), right=[title for title, _ in _titled(stages)])
    for text in dict.fromkeys([*found.chosen, *(note for one in stages for note in one.notes)]):
        say(f"note: {text}")
    if changes:
        emit("what to change, one at a time:")
        emit_table(*_changes(changes), right=["needs"])
        for one in changes:
            say(_values(one))


def _titled(stages: list["Estimate"]) -> list[tuple[str, "Estimate"]]:
    names = {"train": ["training"], "evaluate": ["evaluation, one prompt", "evaluation, batches"]}
    return [(names[one.stage].pop(0), one) for one in stages]


def _stages(stages: list["Estimate"]) -> tuple[list[str], list[list[str]]]:
    header = ["stage", "allocated", "reserved", "NVML process", "the peak stands in"]
    rows = [
        [title, *(size_text(size) for size in (one.allocated_bytes, one.reserved_bytes, one.process_bytes)), one.phase]
        for title, one in _titled(stages)
    ]
    return header, rows


def _parts(stages: list["Estimate"]) -> tuple[list[str], list[list[str]]]:
    from workbench.engine.memory.estimate import PARTS

    titled = _titled(stages)
    rows = [
        [part, *(size_text(one.parts.get(part, 0)) for _, one in titled)]
        for part in PARTS
        if any(one.parts.get(part) for _, one in titled)
    ]
    return ["part", *(title for title, _ in titled)], rows


def _changes(changes: list["Change"]) -> tuple[list[str], list[list[str]]]:
    header = ["change", "needs", "verdict", "comparable"]
    rows = [
        [one.name, size_text(one.verdict.run_bytes), one.verdict.word, "yes" if one.keeps_learning else "no"]
        for one in changes
    ]
    return header, rows


def _values(change: "Change") -> str:
    """The new values as they stand in a profile, and what they cost."""
    from workbench.engine.memory.rules import said

    return f"{change.name}: {said(change.values)}; time: {change.cost}"


def _apply(workspace: "Workspace", name: str, found: "Preflight", changes: list["Change"]) -> None:
    from workbench.engine.memory.changes import apply, decided_values

    path = profile_path(workspace, name)
    if found.chosen:
        apply(path, decided_values(found.profile))
        say(f"{path}: wrote what was chosen")
    best = next((change for change in changes if change.verdict.word == "fits"), None)
    if best is not None:
        apply(path, best.values)
        say(f"{path}: wrote {best.name}")
    elif changes:
        raise InputError(
            f"{path}: no single change makes it fit on {changes[0].verdict.card.name}; nothing was changed."
        )
    elif not found.chosen:
        say(f"{path}: nothing to change")


def _as_json(found: "Preflight", changes: list["Change"]) -> dict[str, object]:
    return {
        "prediction": found.prediction.to_json() if found.prediction else None,
        "verdict": found.verdict.to_json() if found.verdict else None,
        "chosen": list(found.chosen),
        "reason": found.reason,
        "changes": [change.to_json() for change in changes],
    }


def _calibrate(predictor: "Predictor", as_json: bool) -> None:
    measured = predictor.calibrate()
    if as_json:
        emit_json(measured)
    else:
        emit(f"CUDA takes {size_text(measured['context_bytes'])} in every process on this card")


def _report(workspace: "Workspace", as_json: bool) -> None:
    from workbench.cli.deviations import deviation_notes, deviation_table, worst_table
    from workbench.engine.memory.record import report

    found = report(workspace)
    if as_json:
        emit_json(found.to_json())
        return
    if not found.rows:
        say("no finished run has a prediction and a measured GPU memory yet")
    else:
        for header, rows in (deviation_table(found), worst_table(found)):
            emit_table(
                header, rows, right=[title for title in header if title not in ("run", "model", "method", "source")]
            )
    for note in deviation_notes(found):
        say(f"note: {note}")

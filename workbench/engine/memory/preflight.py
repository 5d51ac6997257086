"""Before a run starts: decide what the profile leaves to the card, and whether it fits there."""

from __future__ import annotations

import json
from dataclasses import dataclass

from workbench.engine.memory.cards import Card
from workbench.engine.memory.changes import Change, largest_batch, suggest
from workbench.engine.memory.estimate import Prediction, Verdict, judge
from workbench.engine.memory.need import STAGES
from workbench.engine.memory.predictor import Predictor
from workbench.engine.run import Run
from workbench.engine.texts import size_text
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace, write_atomically
from workbench.profile import Profile


@dataclass(frozen=True)
class Preflight:
    """What is known of a profile on a card.

    Args:
        profile: With everything decided.
        chosen: What was decided for the user, in sentences.
        prediction: Its predicted peaks; None where nothing could be predicted.
        verdict: Whether the larger of them fits; None without a card or a prediction.
        reason: Why there is no prediction or no verdict.
    """

    profile: Profile
    chosen: tuple[str, ...] = ()
    prediction: Prediction | None = None
    verdict: Verdict | None = None
    reason: str = ""


def preflight(
    predictor: Predictor, workspace: Workspace, profile: Profile, card: Card | None, reason: str
) -> Preflight:
    """Decide and predict.

    Args:
        predictor: Who is asked.
        workspace: Where everything lies.
        profile: What is to be run.
        card: On what; None where there is none.
        reason: Why there is no card.

    Raises:
        InputError: Something is left to the card, and there is none.
    """
    if card is None:
        if profile.train.per_device_train_batch_size == "auto":
            raise InputError(
                f'train.per_device_train_batch_size: "auto" asks what fits on the GPU, and there is none ({reason}). '
                "Give a number, or `workbench fit --gpu SIZE --apply` for the card that it will run on."
            )
        return Preflight(profile, reason=reason)
    decided, chosen = decide(predictor, workspace, profile, card)
    try:
        prediction = predictor.predict(workspace, decided, card)
    except WorkbenchError as error:
        return Preflight(decided, chosen, reason=str(error))
    return Preflight(decided, chosen, prediction, judge(prediction.peak, card))


def decide(predictor: Predictor, workspace: Workspace, profile: Profile, card: Card) -> tuple[Profile, tuple[str, ...]]:
    """The profile with a number where it said "auto", and what was decided. Raises as ``Predictor.predict``."""
    if profile.train.per_device_train_batch_size != "auto":
        return profile, ()
    sized, verdict = largest_batch(predictor, workspace, profile, card)
    rows, accumulation = sized.train.micro_batch, sized.train.gradient_accumulation_steps
    how = "the most rows that fit" if verdict.word == "fits" else f"even one row {verdict.word}"
    text = (
        f"train.per_device_train_batch_size = {rows} and train.gradient_accumulation_steps = {accumulation} were "
        f"chosen for {card.name}: {how}"
    )
    return sized, (text,)


def refuse(predictor: Predictor, workspace: Workspace, found: Preflight) -> None:
    """Stop a run that will not fit.

    Raises:
        InputError: It does not fit; the message names the best single changes.
    """
    verdict, prediction = found.verdict, found.prediction
    if verdict is None or prediction is None or verdict.word != "does not fit":
        return
    changes = [change for change in suggest(predictor, workspace, found.profile, verdict.card) if _helps(change)][:3]
    card, taken = verdict.card, ""
    if card.used_bytes:
        taken = f", {size_text(card.used_bytes)} of it taken by others"
    stage = STAGES[prediction.peak.stage].capitalize()
    lines = [
        f"{stage} needs {size_text(verdict.run_bytes)}, and {card.name} has {size_text(card.total_bytes)}{taken}.",
        *_training_alone(prediction, card),
        *(f"  {change.name}: {size_text(change.verdict.run_bytes)}" for change in changes),
        "`workbench fit` says more; --anyway starts it all the same.",
    ]
    raise InputError("\n".join(lines))


def _training_alone(prediction: Prediction, card: Card) -> list[str]:
    """Where the training would fit and the evaluation does not."""
    if prediction.train is None or prediction.peak is prediction.train:
        return []
    verdict = judge(prediction.train, card)
    fits = verdict.word != "does not fit"
    return [f"  training alone, with eval.enabled = false: {size_text(verdict.run_bytes)}"] if fits else []


def _helps(change: Change) -> bool:
    return change.verdict.word != "does not fit"


def keep(run: Run, found: Preflight) -> None:
    """Write what was predicted into the run's folder, for the worker to hold against what it measures."""
    if found.prediction is None:
        return
    content = {**found.prediction.to_json(), "chosen": list(found.chosen)}
    write_atomically(run.prediction_file, json.dumps(content, indent=1) + "\n")

"""Look at training rows as the model will see them, before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import profile as profiles
from workbench.choices.rows import Row
from workbench.engine import fetch, model
from workbench.engine.audit import AuditReport, audit
from workbench.engine.datasets import prepare, train_and_validation
from workbench.engine.render import Encoded, drops_system_turn, encode_row, preview_row
from workbench.paths import Workspace
from workbench.profile import Profile


@dataclass(frozen=True)
class Audited:
    """The rows of a training, read once.

    Args:
        trained: The rows that are trained on.
        encoded: The same as token ids, in the same order.
        held_out: The rows that are kept back for validation; often none.
        report: What the audit says of those that are trained on.
    """

    trained: list[Row]
    encoded: list[Encoded]
    held_out: list[Row]
    report: AuditReport


def audited(workspace: Workspace, profile: Profile, tokenizer: Any) -> Audited:
    """The rows of a profile's training, and what the audit says of them. Errors as ``datasets.prepare``."""
    data = profile.data
    prepared = prepare(workspace, data)
    trained, held_out = train_and_validation(prepared, data)
    encoded = [encode_row(tokenizer, row, data, profile.train.max_length) for row in trained]
    dropped = drops_system_turn(tokenizer, trained, data)
    return Audited(trained, encoded, held_out, audit(trained, encoded, prepared.manifest["overlap"], dropped))


def preview(workspace: Path, profile_text: str, name: str, count: int) -> dict[str, Any]:
    """The first rows in pieces, each trained or not, and the audit of all rows.

    Args:
        workspace: Its root.
        profile_text: The profile as TOML.
        name: The profile's name.
        count: How many rows are shown.

    Returns:
        ``rows``: id and pieces (text, trained) of each; ``audit``: the report.
    """
    profile = profiles.parse(profile_text, name, name)
    place = Workspace(workspace)
    folder = fetch.ensure(place, profile.model, lambda _: None)
    tokenizer = model.load_tokenizer(folder, profile.model)
    found = audited(place, profile, tokenizer)
    shown = [{"id": one.row_id, "pieces": preview_row(tokenizer, one)} for one in found.encoded[:count]]
    return {"rows": shown, "audit": found.report.to_json()}

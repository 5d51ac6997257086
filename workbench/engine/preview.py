"""Look at training rows as the model will see them, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench import profile as profiles
from workbench.engine import fetch, model
from workbench.engine.audit import AuditReport, audit
from workbench.engine.datasets import prepare, train_and_validation
from workbench.engine.render import Encoded, drops_system_turn, encode_row, preview_row
from workbench.paths import Workspace
from workbench.profile import Profile


def audited(workspace: Workspace, profile: Profile, tokenizer: Any) -> tuple[list[Encoded], AuditReport]:
    """The rows that are trained on as token ids, and what the audit says of them. Errors as ``datasets.prepare``."""
    data = profile.data
    prepared = prepare(workspace, data)
    chosen, _ = train_and_validation(prepared, data)
    encoded = [encode_row(tokenizer, row, data, profile.train.max_length) for row in chosen]
    dropped = drops_system_turn(tokenizer, chosen, data)
    return encoded, audit(chosen, encoded, prepared.manifest["overlap"], dropped)


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
    encoded, report = audited(place, profile, tokenizer)
    shown = [{"id": one.row_id, "pieces": preview_row(tokenizer, one)} for one in encoded[:count]]
    return {"rows": shown, "audit": report.to_json()}

"""The profiles of a workspace, each with what it trains and what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.paths import Workspace
from workbench.profile import load


def profile_records(workspace: Workspace) -> list[dict[str, Any]]:
    """One record a profile, by name: name, model, method, quant, data and shows.

    ``shows`` is the first line of the header; of a file that is no profile it says why, and the rest is None.
    """
    return [_record(path) for path in sorted(workspace.profiles.glob("*.toml"), key=lambda path: path.stem)]


def _record(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = {"name": path.stem, "model": None, "method": None, "quant": None, "data": None}
    try:
        profile = load(path)
    except WorkbenchError as error:
        return {**record, "shows": f"cannot be read: {str(error).splitlines()[0]}"}
    return {
        "name": path.stem,
        "model": profile.model.name,
        "method": "none" if profile.train.max_steps == 0 else profile.adapter.method,
        "quant": profile.quant.method,
        "data": profile.data.dataset or profile.data.train_file,
        "shows": headline(path.read_text(encoding="utf-8")),
    }


def headline(text: str) -> str:
    r"""The first line of a profile's header comment; empty without one.

    >>> headline("# LoRA on a laptop.\n#\n[model]"), headline("[model]")
    ('LoRA on a laptop.', '')
    """
    first = text.partition("\n")[0]
    return first.lstrip("# ").rstrip() if first.startswith("#") else ""

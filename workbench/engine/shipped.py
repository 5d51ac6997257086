"""The profile that comes with the program, for a folder that has none yet."""

from __future__ import annotations

from pathlib import Path

from workbench.paths import Workspace, write_atomically

QUICKSTART = "quickstart"


def quickstart(workspace: Workspace) -> Path:
    """The workspace's quickstart profile, written first where there is none.

    Raises:
        OSError: The folder cannot be written.
    """
    path = workspace.profile(QUICKSTART)
    if not path.exists():
        text = Path(__file__).with_name(f"{QUICKSTART}.toml").read_text(encoding="utf-8")
        write_atomically(path, text)
    return path

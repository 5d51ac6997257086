"""What the commands have in common: their shared options, the workspace, the profile with its changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.paths import Workspace

if TYPE_CHECKING:
    from workbench.profile import Profile

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one key, such as adapter.r=32; may be given again."),
]
Detach = Annotated[bool, typer.Option("--detach", help="Start the worker and return at once.")]
ProfileName = Annotated[
    str, typer.Argument(metavar="PROFILE", help="A name under profiles/, or a path that ends in .toml.")
]
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, its profile's name for the newest one, or \"last\".")
]


def workspace_of(context: typer.Context) -> Workspace:
    """The workspace that ``--workspace`` named."""
    workspace: Workspace = context.obj
    return workspace


def profile_path(workspace: Workspace, name: str) -> Path:
    """Path of a profile as the user named it: shown relative to the current folder where that is shorter."""
    path = workspace.profile(name)
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def load_profile(workspace: Workspace, name: str, sets: list[str] | None) -> tuple[Profile, str]:
    """The profile with its changes, and how it is called in messages.

    Raises:
        InputError: As ``workbench.profile.load``.
    """
    from workbench.profile import load

    path = profile_path(workspace, name)
    return load(path, sets or ()), str(path)


def examples(*lines: str) -> str:
    """An epilog that shows commands one a line; the backspace keeps the help from wrapping them."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])

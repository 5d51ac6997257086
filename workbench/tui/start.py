"""Start the app in this terminal and give it back whole, however the app ends."""

from __future__ import annotations

from workbench.paths import Workspace


def start(workspace: Workspace, mode: str = "", run_id: str = "") -> int:
    """Run the app until it is left; returns the exit code.

    Args:
        workspace: Where profiles/, data/, models/ and metrics/ are.
        mode: The screen to begin with; "" for the one that was last used.
        run_id: A run that it shows.
    """
    from workbench.tui.app import WorkbenchApp

    app = WorkbenchApp(workspace, mode, run_id)
    app.run()
    return app.return_code or 0

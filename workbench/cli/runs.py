"""run, watch, stop, resume."""

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import Detach, Json, ProfileName, RunName, Sets, load_profile, workspace_of
from workbench.cli.output import emit, emit_json, say
from workbench.cli.plans import say_plan
from workbench.engine.shipped import QUICKSTART, quickstart
from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.engine.run import Run
    from workbench.paths import Workspace
    from workbench.profile import Profile


def run(
    context: typer.Context,
    profile: ProfileName,
    sets: Sets = None,
    detach: Detach = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check the profile and print every key of it, defaults too.")
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Start it even if it is not expected to fit on the GPU.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train and evaluate what a profile says, and compare it with the untrained model.

    The work is done by a process of its own, which goes on when this terminal is closed. Ctrl+C once: it writes a
    checkpoint and stops; twice: it ends at once.
    """
    from workbench.cli.preflight import checked, ready
    from workbench.engine.begin import begin

    workspace = workspace_of(context)
    if profile == QUICKSTART and not workspace.profile(profile).exists():
        say(f"{quickstart(workspace)} is written: there was none here")
    wanted, where = load_profile(workspace, profile, sets)
    if dry_run:
        checked(workspace, wanted, where)
        _show_profile(workspace, wanted, as_json)
        return
    ready(workspace, wanted, where)
    attend(begin(workspace, wanted, anyway), detach, as_json)


def _show_profile(workspace: "Workspace", profile: "Profile", as_json: bool) -> None:
    from workbench.engine.plan import plan
    from workbench.profile import dump

    made = plan(profile, workspace)
    if as_json:
        emit_json({"name": profile.name, **profile.model_dump(), "plan": asdict(made)})
    else:
        emit(dump(profile).rstrip("\n"))
        say_plan(made)


def attend(started: "Run", detach: bool, as_json: bool, since_s: float = 0.0) -> None:
    """Follow a run that has a worker and end the command as the run ended, or leave it alone.

    Raises:
        typer.Exit: With the run's exit code.
    """
    from workbench.cli.ending import report
    from workbench.cli.progress import follow_to_end

    if detach:
        if as_json:
            emit_json({"run_id": started.id, "folder": str(started.folder)})
        else:
            emit(started.id)
            say(f"started; `workbench watch {started.id}` shows it, `workbench stop {started.id}` stops it")
        return
    say(f"run {started.id}")
    state = follow_to_end(started, as_json, stop_on_interrupt=True, since_s=since_s)
    raise typer.Exit(report(started, state, as_json))


def watch(
    context: typer.Context,
    run: RunName,
    screen: Annotated[bool, typer.Option("--screen", help="Show it in the app, on the whole screen.")] = False,
    as_json: Json = False,
) -> None:
    """Show a run from its beginning to its end, as `run` does. Ctrl+C leaves the run alone."""
    from workbench.cli.ending import report
    from workbench.cli.progress import follow_to_end
    from workbench.engine.run import find

    watched = find(workspace_of(context), run)
    if screen:
        raise typer.Exit(_on_screen(watched))
    try:
        state = follow_to_end(watched, as_json, stop_on_interrupt=False)
    except KeyboardInterrupt:
        say(f"no longer watching; {watched.id} goes on")
        return
    raise typer.Exit(report(watched, state, as_json))


def _on_screen(watched: "Run") -> int:
    """The app on the Live screen; returns its exit code.

    Raises:
        InputError: There is no terminal that it could be shown in.
    """
    if not _is_terminal():
        raise InputError("--screen needs a terminal; without one, `workbench watch RUN` prints lines.")
    from workbench.tui.start import start

    return start(watched.workspace, "live", watched.id)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def stop(
    context: typer.Context,
    run: RunName,
    now: Annotated[bool, typer.Option("--now", help="End its processes at once, without a checkpoint.")] = False,
    as_json: Json = False,
) -> None:
    """Ask a run to write a checkpoint and stop."""
    from workbench.engine import launch
    from workbench.engine.run import find
    from workbench.engine.run_state import state

    stopped = find(workspace_of(context), run)
    launch.stop(stopped, now=now)
    if as_json:
        emit_json({"run_id": stopped.id, "status": state(stopped).status, "now": now})
        return
    done = "was ended" if now else "stops after this step, with a checkpoint"
    say(f"{stopped.id} {done}; `workbench resume {stopped.id}` goes on with it")


def checkpoint(context: typer.Context, run: RunName, as_json: Json = False) -> None:
    """Ask a run that trains for a checkpoint after the step that it is at; it goes on."""
    from workbench.engine import launch
    from workbench.engine.run import find

    asked = find(workspace_of(context), run)
    launch.checkpoint(asked)
    if as_json:
        emit_json({"run_id": asked.id, "requested": True})
    else:
        say(f"{asked.id} writes a checkpoint after this step; `workbench watch {asked.id}` shows when")


def resume(context: typer.Context, run: RunName, detach: Detach = False, as_json: Json = False) -> None:
    """Go on with a run that was stopped, failed or lost, from its last checkpoint."""
    from workbench.engine import launch
    from workbench.engine.run import find

    resumed = find(workspace_of(context), run)
    since_s = time.time()
    launch.resume(resumed)
    attend(resumed, detach, as_json, since_s=since_s - 1.0)

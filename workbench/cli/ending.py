"""How a run ended: its comparison with the untrained model, or why there is none and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.cli.output import emit_json, say
from workbench.cli.tables import show_comparison
from workbench.errors import InputError, RunFailed, RunLost, RunStopped, WorkbenchError

if TYPE_CHECKING:
    from workbench.engine.comparison import Comparison
    from workbench.engine.run import Run
    from workbench.engine.run_state import RunState

EXIT_CODES = {
    "finished": 0,
    "failed": RunFailed.exit_code,
    "stopped": RunStopped.exit_code,
    "lost": RunLost.exit_code,
}
LOG_LINES = 15


def report(run: Run, state: RunState, as_json: bool) -> int:
    """Print how a run ended; returns the exit code that says the same."""
    ended = state.fields.get("ended", {}) if state.status in ("failed", "stopped") else {}
    code = int(ended.get("exit_code") or EXIT_CODES[state.status])
    if as_json:
        emit_json(_as_json(run, state, code, ended), indent=None)
    elif state.status == "finished":
        _say_finished(run)
    else:
        _say_unfinished(run, state, code, ended)
    return code


def _as_json(run: Run, state: RunState, code: int, ended: dict[str, Any]) -> dict[str, Any]:
    comparison = _comparison(run)
    return {
        "run_id": run.id,
        "folder": str(run.folder),
        "status": state.status,
        "exit_code": code,
        "reason": state.reason,
        "fix": ended.get("fix", ""),
        "result": run.result(),
        "comparison": comparison.to_json() if comparison else None,
    }


def _say_finished(run: Run) -> None:
    say(f"{run.id} is finished; its result: {run.result_file}")
    comparison = _comparison(run)
    if comparison:
        show_comparison(comparison)
    else:
        say("there is nothing to compare: nothing was evaluated")


def _comparison(run: Run) -> Comparison | None:
    """The run beside its untrained model; None when it has no scores or they cannot be read."""
    from workbench.engine.compare import compare

    result = run.result() or {}
    if not (result.get("evaluation") or result.get("base_run_id")):
        return None
    try:
        return compare(run.workspace, [run])
    except WorkbenchError as error:  # the run is finished all the same
        say(f"no comparison: {error}")
        return None


def _say_unfinished(run: Run, state: RunState, code: int, ended: dict[str, Any]) -> None:
    from workbench.engine.launch import log_tail

    bad_input = code == InputError.exit_code
    say(f"{run.id} {'was ' if state.status == 'stopped' else ''}{state.status}: {state.reason}")
    if state.status in ("failed", "lost") and not bad_input:
        tail = log_tail(run, LOG_LINES)
        say(f"the last lines of {run.log_file}:\n{tail}" if tail else f"{run.log_file} is empty")
    if ended.get("fix"):
        say(str(ended["fix"]))
    say(f"workbench resume {run.id}")

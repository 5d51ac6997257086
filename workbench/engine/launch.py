"""Start, stop and resume a worker; run a short heavy job in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from workbench.engine.events import EventLog, EventReader
from workbench.engine.locks import alive
from workbench.engine.run import Run
from workbench.engine.run_state import RunState, state
from workbench.errors import InputError, RunFailed, WorkbenchError

START_S = 60.0
STOP_NOW_S = 10.0
LEAVE_S = 10.0
LOG_BYTES, LINE_CHARS = 256 * 1024, 1000
"""What is read of the end of a worker's log for its last lines, and what is kept of one."""

QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "WANDB_DISABLED": "true",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "PYTHONUNBUFFERED": "1",
}
"""What a worker's libraries are told: no usage pings, no progress bars in the log. What the user set wins,
but for the pings."""


def environment() -> dict[str, str]:
    """The environment of a worker."""
    pings = {key: QUIET[key] for key in ("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK")}
    return {**QUIET, **os.environ, **pings}


def start(run: Run, verb: str = "run") -> None:
    """Start a detached worker on a run folder and wait until it has said so.

    The worker leads a session of its own: it outlives this process, its terminal and its ssh link.

    Args:
        run: The run, which no worker may be working on.
        verb: "run" for the whole line, "eval" for the evaluation of a finished training alone.

    Raises:
        InputError: A worker is at it already.
        RunFailed: The worker died before it could write its first event.
    """
    if not _leaves(run):
        raise InputError(f"{run.id} is running already; `workbench watch {run.id}` shows it.")
    for request in (run.stop_file, run.checkpoint_file):
        request.unlink(missing_ok=True)  # they were meant for the last worker
    said = EventReader(run.events_file)
    deque(said.read(), maxlen=0)  # what earlier workers said
    command = [sys.executable, "-m", "workbench.engine.worker", str(run.workspace.root), run.id, verb]
    with run.log_file.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment(),
        )
    # whoever stays, such as a front end, collects the worker's end; whoever goes leaves it to the system
    threading.Thread(target=process.wait, name=f"reaper of {run.id}", daemon=True).start()
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if any(event.kind == "started" for event in said.read()):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RunFailed(f"{run.id}: the worker did not start.\n{log_tail(run)}")


def _leaves(run: Run) -> bool:
    """Whether no worker is at a run, or it is just leaving: it has written its end and its process still exits."""
    deadline = time.monotonic() + LEAVE_S
    while alive(run):
        if state(run).status == "running" or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def resume(run: Run) -> None:
    """Start a worker on a stopped, lost or failed run: it goes on where the last one was.

    Raises:
        InputError: The run is finished or running.
    """
    now = state(run)
    if now.status == "finished":
        raise InputError(f"{run.id} is finished; there is nothing to resume.")
    start(run, "eval" if now.fields.get("started", {}).get("verb") == "eval" else "run")


def stop(run: Run, now: bool = False) -> None:
    """Ask a run to checkpoint and stop; with ``now``, end its whole process group at once.

    Raises:
        InputError: No worker is at it.
    """
    current = state(run)
    if current.status not in ("running", "waiting"):
        raise InputError(f"{run.id} is {current.status}; there is nothing to stop.")
    run.stop_file.touch()
    if now:
        _end(run, current)


def checkpoint(run: Run) -> None:
    """Ask a run that trains for a checkpoint after the step that it is at.

    Raises:
        InputError: It does not train at this moment.
    """
    now = state(run)
    if now.status != "running":
        raise InputError(f"{run.id} is {now.status}; only a run that trains writes checkpoints.")
    if now.stage != "train":
        raise InputError(f'{run.id} is at "{now.stage}"; checkpoints are written only while it trains.')
    run.checkpoint_file.touch()


def _end(run: Run, current: RunState) -> None:
    pid = int(current.fields.get("started", {}).get("pid", 0))
    for number in (signal.SIGTERM, signal.SIGKILL):
        if pid and alive(run):
            _signal_group(pid, number)
        deadline = time.monotonic() + STOP_NOW_S
        while alive(run) and time.monotonic() < deadline:
            time.sleep(0.05)
    if not alive(run) and state(run).status == "lost":
        log = EventLog(run.events_file)  # its only writer is dead
        log.append("ended", status="stopped", reason="stopped at once, on request")
        log.close()
    run.stop_file.unlink(missing_ok=True)


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return  # it ended by itself meanwhile


def log_tail(run: Run, lines: int = 20) -> str:
    """The last lines that the worker and its libraries printed; of a very long line its beginning."""
    try:
        with run.log_file.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
            printed = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(map(_shortened, printed.splitlines()[-lines:]))


def _shortened(line: str) -> str:
    return line if len(line) <= LINE_CHARS else f"{line[:LINE_CHARS]} … ({len(line):,} characters)"


def call(
    verb: str, arguments: dict[str, Any], on_event: Callable[[dict[str, Any]], None] | None = None
) -> dict[str, Any]:
    """The answer of a short job that needs the heavy libraries, from a process of its own.

    Args:
        verb: A name in ``workbench.engine.jobs.JOBS``.
        arguments: Its arguments, as JSON.
        on_event: Called with what the job reports meanwhile.

    Raises:
        InputError, WorkbenchError: What the job raised, with its message.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench.engine.jobs", verb],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(arguments))
        process.stdin.close()
        for line in process.stdout:
            message = json.loads(line)
            if "answer" in message:
                answer: dict[str, Any] = message["answer"]
                return answer
            if "error" in message:
                kind = InputError if message["exit_code"] == InputError.exit_code else WorkbenchError
                raise kind(message["error"])
            if on_event:
                on_event(message)
        assert process.stderr is not None
        tail = process.stderr.read().strip().splitlines()[-5:]
    raise WorkbenchError("\n".join([f"The {verb} job ended without an answer.", *tail]))

"""An error that nobody expected: one sentence for the screen, the traceback for a file, values for nobody."""

from __future__ import annotations

import os
import tempfile
import traceback

from workbench.errors import WorkbenchError


def sentence(error: BaseException) -> str:
    """What a person is told: a known error as it is, any other with the file that its traceback went to.

    The traceback holds names of files and functions and the error's own message, never the values of variables.
    """
    if isinstance(error, WorkbenchError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'The system'}: {error.strerror} (the traceback is in {write_traceback(error)})"
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first} (unexpected; the traceback is in {write_traceback(error)})"


def write_traceback(error: BaseException) -> str:
    """Write a traceback without the values of variables; returns the path of the file, which only its user can read."""
    handle, path = tempfile.mkstemp(prefix="workbench-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.TracebackException.from_exception(error, capture_locals=False).format()))
    return path


def place(error: BaseException) -> tuple[str, str, int]:
    """Kind, file and line of an error: the same for each repetition of one that comes at every tick."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return type(error).__name__, last.filename if last else "", (last.lineno or 0) if last else 0

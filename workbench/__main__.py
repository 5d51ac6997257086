"""The command ``workbench``: every error becomes one plain message and an exit code."""

from __future__ import annotations

import errno
import os
import sys

from workbench.errors import InputError, WorkbenchError

INTERRUPTED = 130
REFUSED_BY_SYSTEM = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG}
"""System errors that a user can put right: full, protected, too long a name."""


def main() -> int:
    """Run the command that the arguments name; returns its exit code."""
    try:
        from workbench.cli.app import app

        app(prog_name="workbench")
    except SystemExit as ended:
        return _flushed(ended.code if isinstance(ended.code, int) else int(bool(ended.code)))
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, a user gets one line and not a traceback
        return _told(error)
    return 0


def _told(error: Exception) -> int:
    """Say what went wrong; returns the exit code that says the same."""
    if isinstance(error, WorkbenchError):
        return _say(str(error), error.exit_code)
    if isinstance(error, BrokenPipeError):
        return _reader_left()
    if isinstance(error, OSError) and error.errno in REFUSED_BY_SYSTEM:
        return _say(f"{error.filename or 'The disk'}: {error.strerror}.", InputError.exit_code)
    return _unexpected(error)


def _say(text: str, code: int) -> int:
    from workbench.cli.output import say

    say(text)
    return code


def _flushed(code: int) -> int:
    """The code, once all output is out: a reader that left, such as ``head``, shows only now."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    return code


def _reader_left() -> int:
    """Nobody reads stdout any more; Python's last flush must not complain about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return WorkbenchError.exit_code


def _unexpected(error: Exception) -> int:
    import tempfile
    import traceback

    handle, path = tempfile.mkstemp(prefix="workbench-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    first = (str(error).strip().splitlines() or [""])[0]
    return _say(
        f"Workbench met an error that it did not expect: {type(error).__name__}: {first} (the traceback is in {path})",
        WorkbenchError.exit_code,
    )


if __name__ == "__main__":
    sys.exit(main())

"""Printing: data to stdout, talk to stderr, JSON or tables, and never a markup that came from outside."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import Problem

if TYPE_CHECKING:
    from rich.console import Console

NOT_AVAILABLE = "n/a"
WIDE = 10_000
"""Columns of a pipe: a table that is not read on a screen is never wrapped."""


def emit(text: str) -> None:
    """Print one piece of data to stdout."""
    sys.stdout.write(f"{printable(text)}\n")


def emit_json(value: Any, indent: int | None = 2) -> None:
    """Print a JSON value to stdout; ``indent=None`` puts it on one line and flushes, for a stream of events."""
    import json

    sys.stdout.write(json.dumps(value, indent=indent, ensure_ascii=False) + "\n")
    if indent is None:
        sys.stdout.flush()


def say(text: str) -> None:
    """Print a message to stderr."""
    sys.stderr.write(f"{printable(text)}\n")
    sys.stderr.flush()


def say_problems(problems: Iterable[Problem]) -> None:
    """Print problems to stderr, one a line, warnings marked as such."""
    for problem in problems:
        say(str(problem) if problem.fatal else f"warning: {problem}")


def printable(text: str) -> str:
    r"""The text with control characters spelt out: a name or a model's answer must not steer a terminal.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def console(stderr: bool = False) -> Console:
    """A Rich console that takes no markup out of texts and colours nothing by guessing."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDE
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width)


def emit_table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> None:
    """Print a table to stdout.

    Args:
        columns: Headings.
        rows: One text a column.
        right: Headings of the columns that are set to the right, as numbers are.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console().print(table)


def size_text(size_bytes: float | None, reason: str = "") -> str:
    """Bytes for people; unknown is n/a, with the reason where there is one.

    >>> size_text(3 * 2**30), size_text(512), size_text(None, "no CUDA device")
    ('3.00 GiB', '512 B', 'n/a (no CUDA device)')
    """
    if size_bytes is None:
        return f"{NOT_AVAILABLE} ({reason})" if reason else NOT_AVAILABLE
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size_bytes >= 2**power:
            return f"{size_bytes / 2**power:.2f} {unit}"
    return f"{size_bytes:.0f} B"


def time_text(seconds: float | None) -> str:
    """A duration for people.

    >>> time_text(42), time_text(135), time_text(7300), time_text(200_000), time_text(None)
    ('42s', '2m15s', '2h01m', '2d07h', 'n/a')
    """
    if seconds is None:
        return NOT_AVAILABLE
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


def number_text(value: float | None, digits: int = 4) -> str:
    """A number for people; unknown is n/a.

    >>> number_text(1.83219), number_text(None)
    ('1.8322', 'n/a')
    """
    return NOT_AVAILABLE if value is None else f"{value:.{digits}f}"

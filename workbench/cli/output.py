"""Printing: data to stdout, talk to stderr, JSON or tables, and never a markup that came from outside."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.engine.texts import NOT_AVAILABLE, number_text, printable, size_text, time_text
from workbench.errors import Problem

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "NOT_AVAILABLE",
    "console",
    "emit",
    "emit_json",
    "emit_table",
    "number_text",
    "printable",
    "say",
    "say_problems",
    "size_text",
    "time_text",
]
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

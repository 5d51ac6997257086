"""Figures and outside texts as people read them, the same in the command and in the app."""

from __future__ import annotations

NOT_AVAILABLE = "n/a"
GLYPHS = {"waiting": "◌", "running": "●", "finished": "✓", "failed": "✗", "stopped": "■", "lost": "?", "damaged": "!"}
"""Before the word for the state of a run, so that it can be told apart without colours."""


def printable(text: str) -> str:
    r"""The text with control characters spelt out: a name or a model's answer must not steer a terminal.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


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

r"""Text from outside made safe to show: names, logs and answers cannot steer the terminal or style the screen.

Everything that comes from a file, a model or a process goes through here on its way to a widget, and widgets get
``Text`` (or ``markup=False``), never a string that is read as markup.
"""

from __future__ import annotations

from rich.text import Text

JOINERS = "\u200d"
"""Format characters that letters and emoji are built with; all others could reorder or hide what is shown."""
TAB = 4


def spelt(text: str, keep: str = "") -> str:
    r"""The text with every character that has no look of its own spelt out.

    Args:
        text: Whatever came from outside.
        keep: Characters that stay as they are, such as "\n".

    >>> spelt("a\x1b[31mb\u202ec")
    'a\\x1b[31mb\\u202ec'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep or c in JOINERS else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


def one_line(text: object, limit: int = 0) -> str:
    r"""The text on one line, for a cell, a title or a toast.

    Args:
        text: Whatever came from outside; None is shown as n/a.
        limit: Longest text, in characters; 0 for any length.

    >>> one_line("two\nlines"), one_line("abcdef", 4), one_line(None)
    ('two lines', 'abc…', 'n/a')
    """
    if text is None:
        return "n/a"
    flat = spelt(" ".join(str(text).split()) if "\n" in str(text) else str(text))
    return f"{flat[: limit - 1]}…" if limit and len(flat) > limit else flat


def lines(text: str) -> str:
    r"""The text with its line ends kept and tabs as spaces, for logs and answers.

    >>> lines("a\tb\r\nc\x07")
    'a   b\nc\\x07'
    """
    return spelt(text.replace("\r\n", "\n").expandtabs(TAB), keep="\n")


def safe_text(text: object, style: str = "") -> Text:
    """One line as Rich text: brackets are brackets and not markup."""
    return Text(one_line(text), style=style, no_wrap=True)


def safe_lines(text: str, style: str = "") -> Text:
    """Several lines as Rich text."""
    return Text(lines(text), style=style)

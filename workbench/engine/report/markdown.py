"""A report as Markdown, with its pictures as files beside it."""

from __future__ import annotations

import re

from workbench.engine.comparison_text import markdown_table
from workbench.engine.report.document import Bullets, Document, Paragraph, Part, Table, Verbatim
from workbench.engine.texts import printable


def render(document: Document, pictures: str) -> str:
    """The whole text.

    Args:
        document: What it says.
        pictures: Name of the folder in which the pictures lie, as a link spells it.
    """
    parts = [f"# {inline(document.title)}"]
    for section in document.sections:
        parts.append(f"{'#' * section.level} {inline(section.heading)}")
        parts += [_part(part, pictures) for part in section.parts]
    return "\n\n".join(parts) + "\n"


def inline(text: str) -> str:
    r"""A text that begins no element of Markdown or HTML.

    >>> inline("a_b <i> [x](y) `z`")
    'a\\_b &lt;i> \\[x\\](y) \\`z\\`'
    """
    line = " ".join(printable(text).split())
    return re.sub(r"([\\`*_\[\]#|~$])", r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))


def _part(part: Part, pictures: str) -> str:
    if isinstance(part, Paragraph):
        return inline(part.text)
    if isinstance(part, Bullets):
        return "\n".join(f"- {inline(point)}" for point in part.points)
    if isinstance(part, Table):
        table = markdown_table(part.grid, part.left)
        return f"{inline(part.caption)}\n\n{table}" if part.caption else table
    if isinstance(part, Verbatim):
        return _fenced(printable(part.text))
    return f"![{inline(part.caption)}]({pictures}/{part.name})\n\n{inline(part.caption)}"


def _fenced(text: str) -> str:
    """A block of code whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"

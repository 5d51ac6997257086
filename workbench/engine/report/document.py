"""What a report is made of, before it is Markdown or HTML. Every text is plain: whoever renders it escapes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Grid = tuple[list[str], list[list[str]]]


@dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """Points, each a sentence or more."""

    points: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A header with its rows.

    Args:
        grid: Header and rows.
        caption: What they are.
        left: Titles of further columns that hold words, not figures.
    """

    grid: Grid
    caption: str = ""
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verbatim:
    """What a model or a file said, word for word."""

    text: str


@dataclass(frozen=True)
class Picture:
    """A PNG.

    Args:
        name: Of its file, without a folder.
        png: Its bytes.
        caption: What it shows, for those who do not see it too.
    """

    name: str
    png: bytes
    caption: str


Part = Paragraph | Bullets | Table | Verbatim | Picture


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it; level 2 is a chapter, 3 a part of one."""

    heading: str
    parts: Sequence[Part] = ()
    level: int = 2


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    sections: Sequence[Section] = field(default_factory=tuple)

"""A table: rows that are found by name, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

from workbench.errors import InputError, nearest


class Named(Protocol):
    """Whatever can be a row."""

    @property
    def name(self) -> str:
        """What the row is found by."""
        ...


R = TypeVar("R", bound=Named)


class Table(Mapping[str, R]):
    """Rows by name. ``table["lora"]`` of an unknown name raises KeyError, ``find`` says what is near."""

    def __init__(self, kind: str, *rows: R) -> None:
        self.kind = kind
        self._rows = {row.name: row for row in rows}

    def __getitem__(self, name: str) -> R:
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, name: str) -> R:
        """The row of that name.

        Raises:
            InputError: There is none; the message names the nearest.
        """
        if name not in self._rows:
            raise InputError(f'There is no {self.kind} "{name}". {nearest(name, self._rows)}')
        return self._rows[name]

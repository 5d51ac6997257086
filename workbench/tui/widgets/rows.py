"""The rows of a table: which are shown, in which order, which are marked and pinned. Knows nothing of a screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from workbench.engine.query import Query, parse, words_of
from workbench.errors import ProblemsError
from workbench.tui.widgets.columns import Column, Row


class Rows:
    """Rows by key, and the keys in the order in which they are shown: pinned ones first, then the filtered and sorted.

    Args:
        columns: What a row holds.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = list(columns)
        self.keys: list[str] = []
        self.marks: dict[str, None] = {}
        self.pins: dict[str, None] = {}
        self.sort = ""
        self.reverse = False
        self.filter = ""
        self._query = Query()
        self._rows: dict[str, Row] = {}
        self._words: dict[str, str] = {}
        self._sorted: list[str] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def shown(self) -> list[Row]:
        """The rows in the order shown."""
        return [self._rows[key] for key in self.keys]

    def replace(self, rows: Mapping[str, Row]) -> None:
        """Other rows; marks and pins stay with the keys that are still there."""
        self._words = {key: words for key, words in self._words.items() if rows.get(key) is self._rows.get(key)}
        self._rows = dict(rows)
        self.marks = {key: None for key in self.marks if key in rows}
        self.pins = {key: None for key in self.pins if key in rows}
        self._sort()

    def update(self, rows: Mapping[str, Row]) -> None:
        """Other values for some rows; new keys go to the end."""
        self._rows.update(rows)
        for key in rows:
            self._words.pop(key, None)
        self._sort()

    def sort_by(self, key: str, reverse: bool = False) -> None:
        """Sort by a column; by none, with an empty key: the order in which the rows were given."""
        self.sort, self.reverse = key, reverse and bool(key)
        self._sort()

    def filter_by(self, text: str) -> str:
        """Show only rows that match; pinned ones stay. Returns what is wrong with the filter, then nothing changes."""
        try:
            query = parse(text, [one.key for one in self.columns], [one.key for one in self.columns if one.number])
        except ProblemsError as error:
            return str(error)
        self.filter, self._query = text, query
        self._filter()
        return ""

    def toggle_mark(self, key: str) -> None:
        """Mark a row, or no longer."""
        _toggle(self.marks, key)

    def mark(self, keys: Iterable[str]) -> None:
        """Mark these rows and no others."""
        self.marks = {key: None for key in keys if key in self._rows}

    def toggle_pin(self, key: str, alone: bool) -> None:
        """Pin a row above all others, or no longer; ``alone`` lets go of the others."""
        if alone:
            self.pins = {one: None for one in self.pins if one == key}
        _toggle(self.pins, key)
        self._filter()

    def pin(self, keys: Iterable[str]) -> None:
        """Pin these rows and no others."""
        self.pins = {key: None for key in keys if key in self._rows}
        self._filter()

    def _sort(self) -> None:
        column = next((one for one in self.columns if one.key == self.sort), None)
        if column is None:
            self._sorted = list(self._rows)
        else:
            ranked = [(column.sort_key(row), key) for key, row in self._rows.items()]
            there = [(rank, key) for rank, key in ranked if rank is not None]
            there.sort(key=lambda one: one[0], reverse=self.reverse)
            self._sorted = [*(key for _, key in there), *(key for rank, key in ranked if rank is None)]
        self._filter()

    def _filter(self) -> None:
        rest = [key for key in self._sorted if key not in self.pins]
        if self._query:
            rest = [key for key in rest if self._query.matches(self._rows[key], self._words_of(key))]
        self.keys = [*self.pins, *rest]

    def _words_of(self, key: str) -> str:
        words = self._words.get(key)
        if words is None:
            row = self._rows[key]
            words = self._words[key] = words_of(row.get(column.key) for column in self.columns)
        return words


def _toggle(keys: dict[str, None], key: str) -> None:
    if key in keys:
        del keys[key]
    else:
        keys[key] = None

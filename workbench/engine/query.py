"""Filters of rows, one language for the tables of the app and for ``--where``.

::

    llama            some column contains the text (A is a)
    "two words"      the same, with a blank or with one of the signs below in it
    loss>1.2         also >= < <= = !=; a text column is compared as text
    name~alpaca      this column contains the text
    !nf4  !loss>2    the opposite: the rows that the term does not match

Terms are separated by blanks and must all match. A value that is missing matches no comparison, ``!=`` neither;
hence ``!loss>=0`` finds the rows without a loss. Units: ``memory<8GiB`` where the column is in bytes, ``age<2h`` where
it is in seconds, elsewhere ``accuracy>45%`` and ``parameters<8B``.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from workbench.errors import Problem, ProblemsError, nearest

R = TypeVar("R", bound=Mapping[str, Any])
TERM = re.compile(r'(?:"[^"]*"?|[^\s"])+')
COMPARISON = re.compile(r"([^<>=!~\"]*)(>=|<=|!=|==|=|<|>|~)(.*)", re.DOTALL)
NUMBER = re.compile(r"([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z%]*)", re.IGNORECASE)
BYTES = {"": 1, "b": 1, **{f"{letter}ib": 2 ** (10 * n) for n, letter in enumerate("kmgt", 1)}}
BYTES |= {f"{letter}b": 1000**n for n, letter in enumerate("kmgt", 1)}
SECONDS = {"": 1, "s": 1, "ms": 1e-3, "m": 60, "min": 60, "h": 3600, "d": 86400}
PLAIN = {"": 1, "%": 0.01, "k": 1e3, "m": 1e6, "b": 1e9}
UNITS = {"_bytes": (BYTES, "8GiB or 500MB"), "_s": (SECONDS, "90s, 5m, 2h or 1d")}
"""Units of the columns with that ending, and how such a value may look."""
SUFFIXES = (*UNITS, "_tokens")
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Term:
    """One condition.

    Args:
        column: Key of the column; empty for any.
        sign: ``>``, ``>=``, ``<``, ``<=``, ``=``, ``!=`` or ``~``.
        text: What is compared with, in lower case.
        number: The same as a number, in the column's own unit; None where it is none.
        opposite: Whether the rows are wanted that do not match.
    """

    column: str
    sign: str
    text: str
    number: float | None = None
    opposite: bool = False

    def matches(self, row: Mapping[str, Any], words: str) -> bool:
        """Whether the row is wanted; ``words`` is its ``words_of``."""
        found = _compare(row.get(self.column), self) if self.column else self.text in words
        return found is not self.opposite


@dataclass(frozen=True)
class Query:
    """All conditions of a filter; one without any matches every row."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def matches(self, row: Mapping[str, Any], words: str | None = None) -> bool:
        """Whether a row meets all conditions.

        Args:
            row: Values by column.
            words: ``words_of`` the row where the caller keeps it; it is made otherwise.
        """
        if words is None:
            words = words_of(row.values())
        return all(term.matches(row, words) for term in self.terms)


def parse(text: str, columns: Iterable[str], numbers: Collection[str] = ()) -> Query:
    """The conditions that a text states.

    Args:
        text: As in this module's docstring.
        columns: Keys of the columns; a key may be written without its unit, ``memory`` for ``memory_bytes``.
        numbers: Keys of those columns that hold only numbers: comparing them with a word is a mistake.

    Raises:
        ProblemsError: A column that is not there, with the nearest name, or a value that cannot be compared;
            all at once.
    """
    keys = list(columns)
    problems: list[Problem] = []
    terms = [_term(written, keys, numbers, problems) for written in TERM.findall(text)]
    if problems:
        raise ProblemsError(problems)
    return Query(tuple(term for term in terms if term))


def where(rows: Iterable[R], text: str, columns: Iterable[str]) -> list[R]:
    """The rows that match a filter.

    Raises:
        ProblemsError: The filter cannot be read.
    """
    kept = list(rows)
    keys = list(columns)
    query = parse(text, keys, [key for key in keys if _holds_numbers(kept, key)])
    return [row for row in kept if query.matches(row)] if query else kept


def words_of(values: Iterable[Any]) -> str:
    r"""The text that words are looked for in: all values but the missing ones, in lower case.

    >>> words_of(["Llama", 8, None, True, ("a", "b")])
    'llama\n8\nyes\na, b'
    """
    return "\n".join(_text(value) for value in values if not is_missing(value))


def is_missing(value: Any) -> bool:
    """Whether there is no value: None, NaN, or an empty text.

    >>> [is_missing(value) for value in (None, float("nan"), "", 0, False)]
    [True, True, True, False, False]
    """
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def number_of(text: str, key: str) -> float | None:
    """A written number in the unit that the column's key ends in; None when it is none.

    >>> number_of("8GiB", "memory_bytes") == 8 * 2**30, number_of("2h", "age_s"), number_of("45%", "accuracy")
    (True, 7200.0, 0.45)
    >>> number_of("8GiB", "loss") is None
    True
    """
    found = NUMBER.fullmatch(text)
    factor = _units(key).get(found[2].lower()) if found else None
    return None if found is None or factor is None else float(found[1].replace("_", "")) * factor


def _units(key: str) -> Mapping[str, float]:
    return next((units for suffix, (units, _) in UNITS.items() if key.endswith(suffix)), PLAIN)


def _term(written: str, keys: list[str], numbers: Collection[str], problems: list[Problem]) -> Term | None:
    opposite = written.startswith("!")
    body = written[1:] if opposite else written
    found = COMPARISON.fullmatch(body)
    if not found:
        word = body.replace('"', "").lower()
        return Term("", "~", word, opposite=opposite) if word else None
    name, sign, value = found[1], found[2].replace("==", "="), found[3].replace('"', "")
    key = _column(name, keys)
    if not name or key is None:
        hint = "Put a column before it, or the whole in quotes." if not name else nearest(name, keys)
        problems.append(Problem(written, f'there is no column "{name}".' if name else f"{sign} has no column.", hint))
    elif not value:
        problems.append(Problem(written, f"what {key} is compared with is missing."))
    else:
        number = None if sign == "~" else number_of(value, key)
        problem = _value_problem(written, key, sign, value, number, numbers)
        if problem is None:
            return Term(key, sign, value.lower(), number, opposite)
        problems.append(problem)
    return None


def _value_problem(
    written: str, key: str, sign: str, value: str, number: float | None, numbers: Collection[str]
) -> Problem | None:
    """What is wrong with comparing a column of numbers with this value."""
    if number is not None or sign == "~":
        return None
    examples = next((example for suffix, (_, example) in UNITS.items() if key.endswith(suffix)), "")
    if not examples and key not in numbers:
        return None
    return Problem(written, f'"{value}" is no number that {key} could be.', f"Write {examples}." if examples else "")


def _column(name: str, keys: list[str]) -> str | None:
    """The key that a written name means: itself, or without its unit."""
    wanted = name.lower()
    for key in keys:
        if key.lower() == wanted:
            return key
    return next((key for key in keys for end in SUFFIXES if key.lower() == f"{wanted}{end}"), None)


def _compare(value: Any, term: Term) -> bool:
    if is_missing(value):
        return False
    if term.sign == "~":
        return term.text in _text(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if term.sign in ("=", "!="):
        same = _same_number(value, term.number) if is_number and term.number is not None else _same_text(value, term)
        return same is (term.sign == "=")
    if is_number:
        return term.number is not None and ORDERS[term.sign](value, term.number)
    return ORDERS[term.sign](_text(value), term.text)


def _same_number(value: float, wanted: float) -> bool:
    return value == wanted or math.isclose(value, wanted, rel_tol=1e-9)


def _same_text(value: Any, term: Term) -> bool:
    if isinstance(value, bool):
        return term.text in (("yes", "true") if value else ("no", "false"))
    return _text(value) == term.text


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_text(one) for one in value)
    return str(value).lower()


def _holds_numbers(rows: Iterable[Mapping[str, Any]], key: str) -> bool:
    values = [value for row in rows if not is_missing(value := row.get(key))]
    return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)

"""Find the answer in what a model said. Nothing here guesses: what cannot be parsed is None."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

LONGEST = 20_000
"""Characters of an answer that are looked at, from its end: no answer is that long."""
LARGEST_EXPONENT = 300
MOST_BOXES = 20
"""So many unclosed boxes are looked past, from the end."""

_LETTER_ALONE = re.compile(r"^\W*([A-Ea-e])\W*$")
_LETTER_FIRST = re.compile(r"^\s*(?:\(([A-E])\)|([A-E])[.):])(?:\s|$)")
_LETTER_SAID = re.compile(
    r"(?i:\b(?:answer|option|choice)(?:\s+is|\s*:)?\s*:?\s*(?:option\s+)?)[\*\"'(\[]*([A-E])(?![A-Za-z'’])(?!(?<=A)\s+[a-z])"
)
_NUMBER = re.compile(
    r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:\s*(?:[eE]|[x×*]\s*10\s*\^?|\\times\s*10\s*\^)\s*\{?[-+]?\d{1,4}\}?)?"
    r"(?:\s*/\s*\d+(?:\.\d+)?)?(?:\s*\^\s*\{?-?\d{1,3}\}?)?"
)
_FRACTION = re.compile(r"([-+−]?)\s*\\[dt]?frac\s*\{\s*([-+]?[\d.,]+)\s*\}\s*\{\s*([-+]?[\d.,]+)\s*\}")
_POWER_OF_TEN = re.compile(r"^(.*?)(?:[eE]|[x×*]10\^?|\\times10\^)\{?([-+]?\d{1,4})\}?$")
_POWER = re.compile(r"^(.+?)\^\{?(-?\d{1,3})\}?$")
_NUMBER_SAID = re.compile(r"(?i:answer\s*(?:is|:)|=|####)\s*(?=[^\d\n]{0,12}\d)")


def boxed(said: str) -> str | None:
    r"""The content of the last balanced ``\boxed{}``, None without one.

    >>> boxed(r"\boxed{1} or rather \boxed{\frac{1}{2}}")
    '\\frac{1}{2}'
    """
    said = said[-LONGEST:]
    end = len(said)
    for _ in range(MOST_BOXES):
        start = said.rfind("\\boxed{", 0, end)
        if start < 0:
            break
        depth = 0
        for place in range(start + 6, len(said)):
            depth += {"{": 1, "}": -1}.get(said[place], 0)
            if depth == 0:
                return said[start + 7 : place].strip()
        end = start
    return None


def letter(said: str, labels: Sequence[str] = ()) -> str | None:
    """The option that was chosen: the letter alone, before its text, or after "answer is"; never just any letter.

    >>> letter("Answer: C"), letter("B. the sun"), letter("A dog is an animal")
    ('C', 'B', None)
    """
    said = said[-LONGEST:]
    inside = boxed(said)
    if inside is not None:
        said = re.sub(r"\\(?:text|mathrm|textbf)\s*\{(.*?)\}", r"\1", inside)
    found = _letter_in(said)
    return found if found and (not labels or found in labels) else None


def _letter_in(said: str) -> str | None:
    if alone := _LETTER_ALONE.match(said):
        return alone[1].upper()
    if first := _LETTER_FIRST.match(said):
        return first[1] or first[2]
    chosen = _LETTER_SAID.findall(said)
    return chosen[-1] if chosen else None


def number(said: str) -> float | None:
    """The number that was given: boxed, alone, after "answer is" or "=", or the last one of the text.

    >>> number("The answer is $1,008."), number("3/4"), number("no idea")
    (1008.0, 0.75, None)
    """
    said = said[-LONGEST:]
    inside = boxed(said)
    if inside is not None:
        return read_number(inside)
    whole = read_number(said)
    if whole is not None:
        return whole
    ends = [match.end() for match in _NUMBER_SAID.finditer(said)]
    if ends and (after := _numbers(said[ends[-1] :])):
        return after[0]
    found = _numbers(said)
    return found[-1] if found else None


def _numbers(said: str) -> list[float]:
    plain = _FRACTION.sub(r" \1\2/\3 ", said)
    read = [read_number(match[0]) for match in _NUMBER.finditer(plain) if any(c.isdigit() for c in match[0])]
    return [value for value in read if value is not None]


def read_number(text: str) -> float | None:
    r"""A text that is nothing but a number, with its currency, unit or percent sign.

    Thousands commas, fractions (``3/4``, ``\frac{3}{4}``), powers (``10^2``, ``2e3``, ``1.5 \times 10^3``). Infinity,
    NaN and what overflows are no numbers.

    >>> read_number(r"\frac{50}{3}"), read_number("10^2"), read_number("12 apples"), read_number("1e400")
    (16.666666666666668, 100.0, 12.0, None)
    """
    text = _FRACTION.sub(r"\1\2/\3", text[:200].strip()).replace("−", "-").replace("\\!", "").replace("\\,", "")
    text = re.sub(r"\\(?:text|mathrm)\s*\{[^{}]*\}", "", text)
    text = re.sub(r"^[\s$€£*\\=(]+|[\s$%*.,!?°)\\]+$", "", text)
    match = _NUMBER.match(text)
    if not match or not any(letter.isdigit() for letter in match[0]):
        return None
    rest = text[match.end() :].strip(" $%*.,)\\")
    if rest and not re.fullmatch(r"[A-Za-z°²³/ ]{1,30}", rest):
        return None
    value = _value(match[0].replace(",", "").replace(" ", ""))
    return value if value is not None and math.isfinite(value) else None


def _value(digits: str) -> float | None:
    try:
        if "/" in digits:
            above, below = digits.split("/")
            top = _value(above)
            return None if top is None else top / float(below)
        if scaled := _POWER_OF_TEN.match(digits):
            exponent = int(scaled[2])
            return float(scaled[1] or "1") * 10.0**exponent if abs(exponent) <= LARGEST_EXPONENT else None
        if power := _POWER.match(digits):
            return float(float(power[1]) ** int(power[2]))
        return float(digits)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None

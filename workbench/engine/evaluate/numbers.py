r"""Find the number that a model's answer gives: written out, as a fraction, a power, with a unit, or in a sentence.

As in ``parse``, every pattern takes time in proportion to the text.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left

from workbench.engine.evaluate.parse import boxed, unstyled

LONGEST_NUMBER = 400
"""Characters; the largest double has 309 digits."""

_REPLACED = (
    ("\u2212", "-"),
    ("{,}", ","),
    ("\\,", ""),
    ("\\!", ""),
    ("\\;", " "),
    ("\\ ", " "),
    ("~", " "),
    ("\\$", ""),
    ("\\%", "%"),
    ("\\dfrac", "\\frac"),
    ("\\tfrac", "\\frac"),
    ("\\left", ""),
    ("\\right", ""),
    ("^{\\circ}", "°"),
    ("^\\circ", "°"),
    ("\\(", ""),
    ("\\)", ""),
    ("\\[", ""),
    ("\\]", ""),
    *((currency, "") for currency in "$€£¥"),
)
_PLAIN = r"(?:(?:\d{1,3}(?:,\d{3}){1,12}+(?!\d)|\d++)(?:\.\d++)?|(?<!\.)\.\d++)(?:[eE][-+]?\d++)?"
_NUMBER = re.compile(
    rf"""
    (?<!\w)(?<!\d\.)(?P<sign>[-+]?)
    (?: (?:(?P<whole>\d++)\s?)?\\frac\s?\{{(?P<top>[-+]?{_PLAIN})\}}\s?\{{(?P<bottom>[-+]?{_PLAIN})\}}
      | (?:(?P<units>\d++)[ ])?(?P<over>{_PLAIN})\s?/\s?(?P<under>{_PLAIN})
      | (?P<plain>{_PLAIN})
        (?: (?:\^|\*\*)\{{?(?P<power>[-+]?\d++)\}}?
          | \s?(?:\*|\u00d7|x|\\times|\\cdot)\s?10(?:\^|\*\*)\{{?(?P<ten>[-+]?\d++)\}}?
          | \s(?P<scale>hundred|thousand|million|billion|trillion)\b )? )
    """,
    re.VERBOSE,
)
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_UNIT = re.compile(r"(?!\s?[nxyz]\b)(?:[%°A-Za-zµ²³/.'\s]|\^\{?[23]\}?){0,40}")
_MARKER = re.compile(r"(?i:\banswer(?:\s{1,3}is\b|\s{0,3}:))|[=≈]")
_GAP = 24
"""Characters that may stand between "answer is" and the number."""


def number(text: str) -> float | None:
    r"""The number that a text is, with its unit if any; None when it is anything else, or not finite.

    >>> number("$1,008.50"), number(r"\frac{1}{4}"), number("25 %"), number("1e400")
    (1008.5, 0.25, 25.0, None)
    """
    text = re.sub(r"^([-+])\s++", r"\1", clean(text).strip(" \t\r\n*_`'\"").rstrip(".:"))
    match = _NUMBER.match(text)
    if match is None or not _UNIT.fullmatch(text, match.end()):
        return None
    return _value(match)


def number_in_box(content: str) -> float | None:
    """The number that the content of a box stands for: all of it, what follows "=", or the only one in a phrase."""
    whole = number(content)
    if whole is None:
        whole = number(re.split("[=≈]", content)[-1])
    if whole is None and not re.search(r"[\\^]", clean(content)):
        found = [*_NUMBER.finditer(clean(content))]
        return _value(found[0]) if len(found) == 1 and not _inside_expression(clean(content), found[0]) else None
    return whole


def number_said(text: str) -> float | None:
    r"""The number that a bare answer gives: all of it, or in a box, or the last after "answer is" or "=".

    Failing these, the only number of the text, or the last one of its last line. A number that an expression goes on
    from, or leads to, is not what the expression is worth.

    >>> number_said("It is 4."), number_said("2+2"), number_said(r"\sqrt{16}"), number_said(r"the answer is 2\pi")
    (4.0, None, None, None)
    """
    inside = boxed(text)
    if inside is not None:
        return number_in_box(inside)
    whole = number(text)
    if whole is not None:
        return whole
    text = clean(text).strip()
    found = [*_NUMBER.finditer(text)]
    on_last_line = found and found[-1].start() > text.rfind("\n")
    said = _after_marker(text, found) or (found[-1] if len(found) == 1 or on_last_line else None)
    return None if said is None or _inside_expression(text, said) else _value(said)


_LEADS_ON = re.compile(r"(?:\b[a-zA-Z]|[\d)}\]])\s?[-+*/^\u00d7÷·]\s?$|[{^]\s?$")
_GOES_ON = re.compile(r"\s?(?:\\[a-zA-Z]|\^|[-+*/\u00d7÷·]\s?[\d(\\])")


def _inside_expression(text: str, found: re.Match[str]) -> bool:
    """Whether a number is one operand of something longer."""
    sign = text[found.start()] in "-+" and text[: found.start()].rstrip()[-1:].isdigit()
    leads_on = _LEADS_ON.search(text, max(0, found.start() - 4), found.start())
    return bool(sign or leads_on or _GOES_ON.match(text, found.end()))


def has_value(text: str) -> bool:
    r"""Whether a text may be an expression that is worth a number: it has a digit, a command of LaTeX or a constant.

    >>> has_value("2+2"), has_value(r"\sqrt{\pi}"), has_value("nan"), has_value("1e400")
    (True, True, False, False)
    """
    return bool(re.search(r"\d|\\[a-z]|\bpi\b|π", text)) and not re.fullmatch(rf"[-+]?{_PLAIN}", clean(text).strip())


def clean(text: str) -> str:
    """A text without what LaTeX and currencies put around a number."""
    for old, new in _REPLACED:
        text = text.replace(old, new)
    return unstyled(text)


def _after_marker(text: str, found: list[re.Match[str]]) -> re.Match[str] | None:
    starts = [match.start() for match in found]
    for end in reversed([marker.end() for marker in _MARKER.finditer(text)]):
        place = bisect_left(starts, end)
        if place < len(found) and starts[place] - end <= _GAP and "\n" not in text[end : starts[place]].strip():
            return found[place]
    return None


def _value(match: re.Match[str]) -> float | None:
    """What a match of ``_NUMBER`` is worth; None when that is no finite number."""
    if len(match.group()) > LONGEST_NUMBER:
        return None
    words = ("sign", "scale")
    part = {
        name: float(text.replace(",", "")) for name, text in match.groupdict().items() if text and name not in words
    }
    try:
        size = _size(part) * _SCALES.get(match["scale"] or "", 1.0)
    except (OverflowError, ZeroDivisionError, ValueError):
        return None  # 9^999999 or 1/0 or 0^-1
    value = -size if match["sign"] == "-" else size
    return value if math.isfinite(value) else None


def _size(part: dict[str, float]) -> float:
    if "bottom" in part:
        return part.get("whole", 0.0) + part["top"] / part["bottom"]
    if "under" in part:
        return part.get("units", 0.0) + part["over"] / part["under"]
    if "power" in part:
        return math.pow(part["plain"], part["power"])
    return part["plain"] * math.pow(10.0, part.get("ten", 0.0))

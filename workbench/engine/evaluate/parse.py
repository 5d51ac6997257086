r"""Find the answer in what a model said: in a box, as a letter, as a number.

A model may say anything, a megabyte of brackets too. Every pattern here takes time in proportion to the text:
repeats are possessive (``++``), bounded, or cannot overlap what follows them.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence

LETTERS = ("A", "B", "C", "D", "E")
"""What counts as a letter when a row does not name its own."""

NUMBERS = ("1", "2", "3", "4", "5")
"""The same for a row whose options are numbered."""

LONGEST_NUMBER = 400
"""Characters; the largest double has 309 digits."""

_BRACES = re.compile(r"\\boxed\s*+\{|\\.|[{}]", re.DOTALL)


def boxed(text: str) -> str | None:
    r"""What stands in the last balanced ``\boxed{...}``, stripped; None without one.

    >>> boxed(r"\boxed{1} no, \boxed{\frac{1}{2}} and \boxed{3")
    '\\frac{1}{2}'
    """
    opened: list[int | None] = []
    start, end = -1, -1
    for match in _BRACES.finditer(text):
        brace = match.group()
        if brace == "{":
            opened.append(None)
        elif brace.startswith("\\boxed"):
            opened.append(match.end())
        elif brace == "}" and opened:
            begun = opened.pop()
            if begun is not None and begun > start:
                start, end = begun, match.start()
    return None if start < 0 else text[start:end].strip()


def closes_box(text: str) -> bool:
    r"""Whether a text that ends in "}" has just closed its answer: a box with something in it, none open, no thoughts.

    >>> closes_box(r"so \boxed{\frac{1}{2}}"), closes_box(r"\boxed{\frac{1}"), closes_box(r"<think>\boxed{1}")
    (True, False, False)
    """
    if "<think>" in text and "</think>" not in text:
        return False
    answer = after_thinking(text)
    depth, outer = 0, None
    for match in _BRACES.finditer(answer):
        brace = match.group()
        if brace == "}":
            depth = max(0, depth - 1)
            if depth == 0 and outer is not None and match.end() > outer + 1 and answer[outer : match.start()].strip():
                return True
        elif brace == "{" or brace.startswith("\\boxed"):
            if depth == 0:
                outer = match.end() if brace.startswith("\\boxed") else None
            depth += 1
    return False


def after_thinking(text: str) -> str:
    """What a model said after its last ``</think>``, stripped; everything when it did not think aloud."""
    return text.rpartition("</think>")[2].strip()


_STYLED = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textrm)\s?\{([^{}]*+)\}")


def letter(text: str, labels: Sequence[str] = ()) -> str | None:
    """The option that an answer names, as the label spells it; None when it names none.

    An answer is the letter alone, or says "answer is B" (the last time counts), or begins with "B.", "B)", "(B)" or
    "B:", or has it in a box. A letter somewhere in a sentence is no answer.

    Args:
        text: The whole answer.
        labels: The labels of the row's options; A to E when empty.

    >>> letter("Answer: C"), letter("A dog is an animal.")
    ('C', None)
    """
    spelled = {label.upper(): label for label in labels or LETTERS}
    inside = boxed(text)
    text = _STYLED.sub(r"\1", text if inside is None else inside).strip()
    one = "|".join(re.escape(label) for label in sorted(spelled, key=len, reverse=True))
    alone = re.fullmatch(rf"[\W_]*+({one})[\W_]*+", text, re.IGNORECASE)
    found = alone or _last_said(one, text) or _leading(one, text)
    return spelled[found.group(1).upper()] if found else None


def _leading(one: str, text: str) -> re.Match[str] | None:
    """A letter that heads the answer; none when other lines have other letters, for that is the list of options."""
    heads = [*re.finditer(rf"^[^\w\n]{{0,8}}({one})[*_)\]]{{0,4}}[.):](?=[\s*_]|$)", text, re.MULTILINE)]
    if not heads or heads[0].start() > 0 or len({head.group(1) for head in heads}) > 1:
        return None
    return heads[0]


def _last_said(one: str, text: str) -> re.Match[str] | None:
    """The last "answer is B". What follows must not make the letter a word of a sentence: "answer is A dog"."""
    said = (
        r"\b(?i:answer|option|choice)(?:\s{1,3}(?i:is|would\sbe|should\sbe)\b|\s{0,3}[:=])"
        rf"[\W_]{{0,8}}(?:(?i:the\s)?(?i:option|choice|letter)[\W_]{{1,8}})?({one})\b"
        r"(?![-'\u2019]\w)(?=[ \t]*+(?:[^\w \t]|$)|[ \t]++(?:because|since|as|which)\b)"
    )
    return next(iter(deque(re.finditer(said, text), maxlen=1)), None)


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
    return _STYLED.sub(r"\1", text)


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

r"""Find the answer in what a model said: in a box, or as the letter of an option.

A model may say anything, a megabyte of brackets too. Every pattern here takes time in proportion to the text:
repeats are possessive (``++``), bounded, or cannot overlap what follows them.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence

LETTERS = ("A", "B", "C", "D", "E")
"""What counts as a letter when a row does not name its own."""

NUMBERS = ("1", "2", "3", "4", "5")
"""The same for a row whose options are numbered."""

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


def unstyled(text: str) -> str:
    """A text without LaTeX's commands for the style of words around them."""
    return _STYLED.sub(r"\1", text)


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
    text = unstyled(text if inside is None else inside).strip()
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

"""Whether two expressions are the same, by math-verify: for answers that no rule of our own settles.

An expression of a model is data: it is read by a grammar of LaTeX (ANTLR), never by ``eval``. What could take for ever
is cut off twice: long or deep texts are not read at all, and each step has LIMIT_S seconds. That limit is an alarm
signal, which only the main thread of a process gets, so this runs in a worker's main thread and nowhere else.

Source: https://github.com/huggingface/Math-Verify, 0.9.0.
"""

from __future__ import annotations

import re
import threading
from typing import Any, Literal

from workbench.engine.evaluate import numbers

Verdict = Literal["same", "different", "unread"]

LONGEST = 300
"""Characters of an answer; the longest golds of MATH-500 have about 100."""
DEEPEST = 12
"""Brackets within brackets; reading takes time that grows fast with them."""
LIMIT_S = 2
"""Seconds for reading an expression, and for comparing two."""
MOST_DECIMALS = 6
"""Places to which math-verify rounds a decimal number before it compares, unless the gold has fewer."""

_ENDLESS = re.compile(r"\^\s*\{?\s*-?\d+\s*\^|\^\s*\{?\s*-?\d{5,}|\d{5,}\s*!|!\s*!")
"""Towers of powers and large factorials. Where gmpy2 is installed sympy has them computed in one call, which no alarm
interrupts."""

_OPENING, _CLOSING = "([{", ")]}"


def compare(gold: str, said: str, constant: bool) -> Verdict:
    r"""Whether an answer is the expression that is right, in whatever form.

    Args:
        gold: What is right; one that cannot be read is met by nothing.
        said: The answer, without its box.
        constant: Whether an answer with variables in it is no answer, as where a number is asked for: to a grammar
            every prose is a product of one-letter variables.

    Returns:
        "unread" for what is no expression, too long or too deep, or takes too long.

    Raises:
        RuntimeError: This is no main thread; there the limit of time would not hold.

    >>> compare(r"\frac{\sqrt3}{2}", r"\sqrt{3}/2", False), compare("4", "I do not know", True)
    ('same', 'unread')
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("Expressions are compared in a worker's main thread alone.")
    answer = _read(said)
    if answer is None or (constant and _has_variables(answer)):
        return "unread"
    right = _read(gold)
    if right is None:
        return "different"
    return _verify(right, answer, decimals=_decimals(gold))


def readable(text: str) -> bool:
    r"""Whether a text is short, flat and tame enough to be read at all.

    >>> readable(r"\sqrt{2}"), readable("(" * 50 + "1" + ")" * 50), readable("9^{9^9}"), readable(" ")
    (True, False, False, False)
    """
    depth = deepest = 0
    for sign in text[: LONGEST + 1]:
        depth += (sign in _OPENING) - (sign in _CLOSING)
        deepest = max(deepest, depth)
    return bool(text.strip()) and len(text) <= LONGEST and deepest <= DEEPEST and not _ENDLESS.search(text)


def _read(text: str) -> Any | None:
    """A text as sympy has it. Only LaTeX is read: what reads plain expressions in math-verify is sympy's ``eval``."""
    from math_verify import LatexExtractionConfig
    from math_verify import parse as parse_latex

    text = " ".join(text.replace("\\$", "").replace("$", "").split())
    if not readable(text):
        return None
    found = parse_latex(f"${text}$", [LatexExtractionConfig()], fallback_mode="no_fallback", parsing_timeout=LIMIT_S)
    return found[0] if found else None


def _has_variables(expression: Any) -> bool:
    """Whether something in it is no number: "x = 4" stands for its right side."""
    return bool(getattr(expression, "free_symbols", None))


def _verify(right: Any, answer: Any, decimals: int) -> Verdict:
    from math_verify import verify
    from math_verify.errors import TimeoutException

    try:
        same = verify(right, answer, float_rounding=decimals, timeout_seconds=LIMIT_S, raise_on_error=True)
    except TimeoutException:
        return "unread"
    except Exception:  # noqa: BLE001 - sympy raises anything on what it cannot compare, and then they are not equal
        return "different"
    return "same" if same else "different"


def _decimals(gold: str) -> int:
    """Places that a gold is rounded to, as in ``scoring.same_number``: those written, from two on."""
    written = re.search(r"\.(\d{2,})", numbers.clean(gold))
    return min(len(written[1]), MOST_DECIMALS) if written else MOST_DECIMALS

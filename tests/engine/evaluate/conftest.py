"""Texts that try a pattern's patience."""

import pytest

HOSTILE = {
    "digits": "1" * 10**6,
    "groups": "111," * 250_000 + "1111",
    "equals": "=1" * 300_000,
    "answers": "answer is " * 100_000,
    "boxes": "\\boxed{" * 140_000,
    "nested": "\\boxed{" * 100_000 + "5" + "}" * 100_000,
    "braces": "{" * 500_000 + "}" * 500_000,
    "spaces": "5" + " " * 10**6 + "!",
    "gap": "answer" + " " * 10**6 + "B",
    "lines": "B." + "\n" * 10**6 + "x",
    "styled": "\\text{" * 150_000,
    "fractions": "\\frac{1" * 140_000,
    "dots": "1." * 500_000,
    "exponents": "1e" * 500_000,
    "power": "9^" + "9" * 10**6,
    "punctuation": "(" * 10**6 + "B",
    "units": "5 " + "a" * 10**6,
}


@pytest.fixture(params=HOSTILE)
def hostile_text(request):
    """A megabyte that a pattern might take long to give up on."""
    return HOSTILE[request.param]

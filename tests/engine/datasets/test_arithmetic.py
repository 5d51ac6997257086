import random
import re
from decimal import Decimal
from itertools import islice
from string import Formatter

import pytest

from workbench.engine.datasets import arithmetic
from workbench.engine.datasets.arithmetic import HARD, ONE_STEP, groups

SOLUTIONS = {
    "add": lambda a, b: a + b,
    "take_away": lambda a, b: a - b,
    "still_needed": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "share": lambda a, b: a / b,
    "times_as_many": lambda a, times: a * {"twice": 2, "three times": 3, "four times": 4}[times],
    "change": lambda a, b, c: c - a * b,
    "gather": lambda a, b, c: a + b * c,
    "sell_the_good": lambda a, b, c, d: (a * b - c) * d,
    "share_the_rest": lambda a, b, c: (a - b) / c,
    "both": lambda a, b: a + a + b,
    "lengths": lambda a, b, c: a + b + c,
    "price": lambda a, b: a * b,
    "average": lambda a, b, c: (a + b + c) / 3,
    "fence": lambda a, b: a + b + a + b,
    "percent": lambda a, b: a * (100 - b) / 100,
    "speed": lambda a, b, c: a * b + c,
}
"""What each kind asks for, worked out from the numbers in its text."""


def value(number):
    return number if number in ("twice", "three times", "four times") else Decimal(str(number))


@pytest.mark.parametrize("kind", SOLUTIONS)
def test_the_answer_follows_from_the_numbers_of_the_text(kind):
    generator = random.Random(7)
    for _ in range(300):
        numbers = {**ONE_STEP, **HARD}[kind](generator)
        answer = numbers.pop("answer")
        assert SOLUTIONS[kind](**{slot: value(number) for slot, number in numbers.items()}) == Decimal(str(answer))
        assert Decimal(str(answer)) >= 0
        assert all(value(n) >= 2 for slot, n in numbers.items() if slot != "times" and kind not in ("lengths", "price"))


def test_every_text_shows_every_number_of_its_kind():
    texts = arithmetic._texts()
    for part, kinds in (("one_step", ONE_STEP), ("hard", HARD)):
        assert set(texts[part]) == set(kinds)
        for kind, draw in kinds.items():
            numbers = set(draw(random.Random(0))) - {"answer"}
            for text in texts[part][kind]:
                slots = {name for _, name, _, _ in Formatter().parse(text) if name}
                assert numbers <= slots, text


def test_problems_are_short_varied_and_whole():
    asked = [row for (row,) in islice(groups(random.Random(1)), 1000)]
    words = [len(row.question.split()) for row in asked]
    assert min(words) >= 19
    assert max(words) <= 54
    assert len({row.question for row in asked}) > 990
    shapes = {re.sub(r"[\d.]+", "#", row.question) for row in asked}
    assert len(shapes) > 900  # not the same text with other numbers
    assert all(row.question.endswith("?") and not set("{}") & set(row.question) for row in asked)
    assert all(re.fullmatch(r"\d+(\.\d*[1-9])?", row.answers[0]) for row in asked)

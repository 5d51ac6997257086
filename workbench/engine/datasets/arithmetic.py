"""Arithmetic word problems with one, two or three operations; the answer is a number.

A problem is a scene (who, what, where), an opening sentence and one of several texts of its kind. The texts are in
arithmetic.toml and have slots for words and numbers, so that few problems are alike but for their numbers.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from workbench.choices.rows import Row
from workbench.engine.datasets.words import BAKED, DAYS, FRUIT, NAMES, SMALL_THINGS

ONE_STEP_FRACTION = 0.6
PLACES = ("market", "fair", "library", "workshop", "garden centre", "shop", "school", "harbour", "station", "museum")
CONTAINERS = (("box", "boxes"), ("bag", "bags"), ("basket", "baskets"), ("tray", "trays"), ("crate", "crates"))

Numbers = dict[str, object]
"""The numbers of a problem by slot, the answer among them as ``answer``."""


def groups(generator: random.Random) -> Iterator[list[Row]]:
    """One problem a group: six of ten with one operation and small numbers, the rest longer."""
    while True:
        kinds, name = (ONE_STEP, "one_step") if generator.random() < ONE_STEP_FRACTION else (HARD, "hard")
        kind = generator.choice(list(kinds))
        numbers = kinds[kind](generator)
        opening, text = generator.choice(_texts()["openings"]), generator.choice(_texts()[name][kind])
        told = f"{opening} {text}".format(**_scene(generator), **numbers)
        yield [Row("", "math", told, (str(numbers["answer"]),))]


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("arithmetic.toml").read_text(encoding="utf-8"))


def _scene(generator: random.Random) -> dict[str, str]:
    name, other = generator.sample(NAMES, 2)
    box, boxes = generator.choice(CONTAINERS)
    return {
        "name": name,
        "other": other,
        "things": generator.choice(FRUIT + SMALL_THINGS + BAKED),
        "place": generator.choice(PLACES),
        "day": generator.choice(DAYS),
        "box": box,
        "boxes": boxes,
    }


def _add(generator: random.Random) -> Numbers:
    a, b = generator.randint(2, 20), generator.randint(2, 20)
    return {"a": a, "b": b, "answer": a + b}


def _take_away(generator: random.Random) -> Numbers:
    left, gone = generator.randint(2, 20), generator.randint(2, 12)
    return {"a": left + gone, "b": gone, "answer": left}


def _multiply(generator: random.Random) -> Numbers:
    a, b = generator.randint(2, 10), generator.randint(2, 10)
    return {"a": a, "b": b, "answer": a * b}


def _share(generator: random.Random) -> Numbers:
    each, friends = generator.randint(2, 10), generator.randint(2, 9)
    return {"a": each * friends, "b": friends, "answer": each}


def _times_as_many(generator: random.Random) -> Numbers:
    a, times = generator.randint(2, 12), generator.choice([("twice", 2), ("three times", 3), ("four times", 4)])
    return {"a": a, "times": times[0], "answer": a * times[1]}


def _change(generator: random.Random) -> Numbers:
    price, count = generator.randint(2, 12), generator.randint(2, 9)
    left = generator.randint(2, 40)
    return {"a": count, "b": price, "c": price * count + left, "answer": left}


def _gather(generator: random.Random) -> Numbers:
    start, days, a_day = generator.randint(5, 60), generator.randint(2, 9), generator.randint(3, 12)
    return {"a": start, "b": days, "c": a_day, "answer": start + days * a_day}


def _sell_the_good(generator: random.Random) -> Numbers:
    count, each, price = generator.randint(3, 12), generator.randint(5, 20), generator.randint(2, 6)
    bad = generator.randint(2, 10)
    return {"a": count, "b": each, "c": bad, "d": price, "answer": (count * each - bad) * price}


def _share_the_rest(generator: random.Random) -> Numbers:
    each, friends, kept = generator.randint(2, 12), generator.randint(2, 8), generator.randint(2, 15)
    return {"a": each * friends + kept, "b": kept, "c": friends, "answer": each}


def _both(generator: random.Random) -> Numbers:
    a, more = generator.randint(5, 60), generator.randint(2, 30)
    return {"a": a, "b": more, "answer": 2 * a + more}


def _sum_of_lengths(generator: random.Random) -> Numbers:
    tenths = [generator.randint(11, 89) for _ in range(3)]
    a, b, c = (decimal(tenth, 1) for tenth in tenths)
    return {"a": a, "b": b, "c": c, "answer": decimal(sum(tenths), 1)}


def _price(generator: random.Random) -> Numbers:
    cents, count = 5 * generator.randint(5, 80), generator.randint(2, 9)
    shown = f"{cents // 100}.{cents % 100:02d}"
    return {"a": count, "b": shown, "answer": decimal(cents * count, 2)}


def _average(generator: random.Random) -> Numbers:
    mean, first, second = generator.randint(20, 60), generator.randint(-8, 8), generator.randint(-8, 8)
    return {"a": mean + first, "b": mean + second, "c": mean - first - second, "answer": mean}


def _fence(generator: random.Random) -> Numbers:
    wide, more = generator.randint(3, 30), generator.randint(1, 30)
    return {"a": wide + more, "b": wide, "answer": 2 * (2 * wide + more)}


def _percent(generator: random.Random) -> Numbers:
    rate, hundredths = generator.choice([10, 20, 25, 50, 75]), generator.randint(1, 12)
    whole = 20 * hundredths
    return {"a": whole, "b": rate, "answer": whole - whole * rate // 100}


def _speed(generator: random.Random) -> Numbers:
    speed, hours, rest = 5 * generator.randint(2, 20), generator.randint(2, 8), generator.randint(5, 90)
    return {"a": speed, "b": hours, "c": rest, "answer": speed * hours + rest}


def decimal(number: int, places: int) -> str:
    """A whole number of tenths or hundredths as text, without needless zeros.

    >>> decimal(375, 2), decimal(120, 1), decimal(250, 2)
    ('3.75', '12', '2.5')
    """
    text = f"{Decimal(number).scaleb(-places):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


ONE_STEP: dict[str, Callable[[random.Random], Numbers]] = {
    "add": _add,
    "take_away": _take_away,
    "still_needed": _take_away,
    "multiply": _multiply,
    "share": _share,
    "times_as_many": _times_as_many,
}
"""Kinds of problems, under the names of their texts in arithmetic.toml."""
HARD: dict[str, Callable[[random.Random], Numbers]] = {
    "change": _change,
    "gather": _gather,
    "sell_the_good": _sell_the_good,
    "share_the_rest": _share_the_rest,
    "both": _both,
    "lengths": _sum_of_lengths,
    "price": _price,
    "average": _average,
    "fence": _fence,
    "percent": _percent,
    "speed": _speed,
}

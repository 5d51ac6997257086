"""Arithmetic word problems with one, two or three operations; the answer is a number."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from workbench.choices.rows import Row

NAMES = ["Ada", "Ben", "Cleo", "Dana", "Emil", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Leo", "Mona", "Nils", "Olga", "Paula", "Quinn", "Rosa", "Sami", "Tara"]
THINGS = ["apples", "pens", "stickers", "marbles", "books", "shells", "coins", "cards", "buttons", "stamps", "pears", "candles", "ribbons", "bottles"]
PLACES = ["market", "fair", "library", "workshop", "garden", "shop", "school", "harbour", "station", "bakery"]

Problem = tuple[str, str]
"""The question and its answer."""


def groups(generator: random.Random) -> Iterator[list[Row]]:
    """One problem a group: six of ten with one operation and small numbers, the rest longer."""
    while True:
        makers = EASY if generator.random() < 0.6 else HARD
        question, answer = generator.choice(makers)(generator)
        yield [Row("", "math", question, (answer,))]


def _cast(generator: random.Random) -> tuple[str, str, str]:
    first, second = generator.sample(NAMES, 2)
    return first, second, generator.choice(THINGS)


def _add(generator: random.Random) -> Problem:
    name, other, things = _cast(generator)
    have, more = generator.randint(2, 20), generator.randint(2, 20)
    question = generator.choice(
        [
            f"{name} has {have} {things} and {other} gives {name} {more} more. How many {things} does {name} have now?",
            f"There are {have} {things} in a box and {more} {things} on the table. How many {things} are there in all?",
            f"{name} buys {have} {things} on Monday and {more} on Friday. How many {things} does {name} buy altogether?",
        ]
    )
    return question, str(have + more)


def _subtract(generator: random.Random) -> Problem:
    name, other, things = _cast(generator)
    left, gone = generator.randint(1, 20), generator.randint(2, 15)
    have = left + gone
    question = generator.choice(
        [
            f"{name} has {have} {things} and gives {gone} of them to {other}. How many {things} does {name} have left?",
            f"A shop has {have} {things} and sells {gone}. How many {things} remain in the shop?",
            f"{name} needs {have} {things} and has {left}. How many more {things} does {name} need?",
        ]
    )
    return question, str(gone if "needs" in question else left)


def _multiply(generator: random.Random) -> Problem:
    name, _, things = _cast(generator)
    each, count = generator.randint(2, 10), generator.randint(2, 10)
    question = generator.choice(
        [
            f"{name} fills {count} bags with {each} {things} each. How many {things} are that in total?",
            f"One box holds {each} {things}. How many {things} do {count} boxes hold?",
        ]
    )
    return question, str(each * count)


def _divide(generator: random.Random) -> Problem:
    name, _, things = _cast(generator)
    each, friends = generator.randint(2, 10), generator.randint(2, 8)
    question = (
        f"{name} shares {each * friends} {things} equally among {friends} friends. How many does each friend get?"
    )
    return question, str(each)


def _buy(generator: random.Random) -> Problem:
    name, _, things = _cast(generator)
    price, count = generator.randint(2, 12), generator.randint(2, 9)
    paid = price * count + generator.randint(1, 30)
    place = generator.choice(PLACES)
    question = (
        f"At the {place}, {name} buys {count} {things} at {price} dollars each and pays with {paid} dollars. "
        "How many dollars does the seller give back?"
    )
    return question, str(paid - price * count)


def _gather(generator: random.Random) -> Problem:
    first, second, things = _cast(generator)
    start, days, a_day = generator.randint(10, 60), generator.randint(2, 9), generator.randint(3, 12)
    question = (
        f"{first} starts with {start} {things} and finds {a_day} more on each of {days} days. {second} has "
        f"{generator.randint(2, 9)} {things}. How many {things} does {first} have in the end?"
    )
    return question, str(start + days * a_day)


def _lengths(generator: random.Random) -> Problem:
    name, _, _ = _cast(generator)
    tenths = [generator.randint(11, 89) for _ in range(3)]
    walked = ", ".join(f"{tenth / 10:.1f}" for tenth in tenths[:2])
    total = sum(tenths)
    answer = f"{total / 10:.1f}".removesuffix(".0")
    question = f"{name} walks {walked} and {tenths[2] / 10:.1f} kilometres on three days. How many kilometres is that?"
    return question, answer


def _crates(generator: random.Random) -> Problem:
    _, _, things = _cast(generator)
    crates, each, broken, price = (generator.randint(low, high) for low, high in ((3, 12), (5, 20), (2, 10), (2, 6)))
    question = (
        f"A truck brings {crates} crates of {each} {things} to the {generator.choice(PLACES)}. {broken} of the {things} "
        f"are broken; the others are sold for {price} dollars each. How many dollars do they bring?"
    )
    return question, str((crates * each - broken) * price)


EASY: list[Callable[[random.Random], Problem]] = [_add, _subtract, _multiply, _divide]
HARD: list[Callable[[random.Random], Problem]] = [_buy, _gather, _lengths, _crates]

"""Four-way multiple choice that can be answered from the question and common words alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from workbench.choices.rows import Row

LETTERS = ("A", "B", "C", "D")
KINDS = {
    "animal": ["dog", "cat", "horse", "lion", "mouse", "rabbit", "eagle", "shark", "frog", "wolf", "bear", "goat", "duck", "whale", "snake", "tiger"],
    "fruit": ["apple", "banana", "cherry", "grape", "lemon", "mango", "orange", "peach", "pear", "plum", "melon", "kiwi"],
    "colour": ["red", "blue", "green", "yellow", "purple", "brown", "black", "white", "pink", "grey"],
    "tool": ["hammer", "saw", "drill", "wrench", "chisel", "pliers", "screwdriver", "shovel", "rake", "axe"],
    "vehicle": ["car", "bus", "train", "bicycle", "ship", "truck", "plane", "tram", "boat", "motorcycle"],
    "piece of clothing": ["shirt", "hat", "coat", "sock", "glove", "scarf", "jacket", "dress", "belt", "shoe"],
    "musical instrument": ["piano", "violin", "flute", "guitar", "drum", "trumpet", "harp", "cello", "clarinet", "banjo"],
    "part of the body": ["hand", "foot", "knee", "elbow", "nose", "ear", "shoulder", "finger", "ankle", "chin"],
}
OPPOSITES = (
    "hot cold,big small,fast slow,old young,light dark,open closed,full empty,hard soft,high low,early late,"
    "wet dry,loud quiet,rich poor,strong weak,near far,happy sad,clean dirty,thick thin,deep shallow,true false"
)
PAIRS = [tuple(pair.split()) for pair in OPPOSITES.split(",")]
Quiz = tuple[str, str, list[str]]
"""The question, the right option and three wrong ones."""


def groups(generator: random.Random) -> Iterator[list[Row]]:
    """One question a group; of each four in a row, the right option stands once at each place."""
    while True:
        for place in generator.sample(range(4), 4):
            question, right, wrong = generator.choice(MAKERS)(generator)
            options = list(wrong)
            options.insert(place, right)
            yield [Row("", "arc", question, (LETTERS[place],), tuple(options), LETTERS)]


def _category(generator: random.Random) -> Quiz:
    kind, *others = generator.sample(sorted(KINDS), 4)
    article = "an" if kind[0] in "aeiou" else "a"
    return f"Which of these is {article} {kind}?", generator.choice(KINDS[kind]), _one_of_each(generator, others)


def _one_of_each(generator: random.Random, kinds: list[str]) -> list[str]:
    return [generator.choice(KINDS[kind]) for kind in kinds]


def _odd_one_out(generator: random.Random) -> Quiz:
    kind, other = generator.sample(sorted(KINDS), 2)
    first, *rest = generator.sample(KINDS[kind], 4)
    article = "an" if first[0] in "aeiou" else "a"
    return f"Which of these is not like {article} {first}?", generator.choice(KINDS[other]), rest


def _opposite(generator: random.Random) -> Quiz:
    pair, *others = generator.sample(PAIRS, 4)
    asked, right = generator.sample(pair, 2)
    return f'Which word is the opposite of "{asked}"?', right, [generator.choice(other) for other in others]


def _largest(generator: random.Random) -> Quiz:
    numbers = generator.sample(range(10, 1000), 4)
    word, best = generator.choice([("largest", max), ("smallest", min)])
    right = best(numbers)
    return f"Which number is the {word}?", str(right), [str(number) for number in numbers if number != right]


def _sequence(generator: random.Random) -> Quiz:
    start, step = generator.randint(1, 30), generator.randint(2, 10)
    shown = ", ".join(str(start + step * place) for place in range(4))
    right = start + 4 * step
    near = {right - 1, right + 1, right + 2, right + step, right + 2 * step, right - step // 2} - {right}
    return f"Which number comes next: {shown}?", str(right), [str(n) for n in generator.sample(sorted(near), 3)]


def _first_letter(generator: random.Random) -> Quiz:
    words = sorted({word for kind in KINDS.values() for word in kind})
    right = generator.choice(words)
    wrong = generator.sample([word for word in words if word[0] != right[0]], 3)
    return f'Which word begins with the letter "{right[0]}"?', right, wrong


MAKERS: list[Callable[[random.Random], Quiz]] = [
    _category,
    _category,
    _odd_one_out,
    _opposite,
    _largest,
    _sequence,
    _first_letter,
]

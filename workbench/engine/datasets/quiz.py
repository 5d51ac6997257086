"""Four-way multiple choice that can be answered from the question, common words and small numbers alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from workbench.choices.rows import Row
from workbench.engine.datasets.quiz_words import KINDS, OPPOSITES, SAME, STEPS, USES, YOUNG
from workbench.engine.datasets.words import DAYS, MONTHS

LETTERS = ("A", "B", "C", "D")

Quiz = tuple[str, str, list[str]]
"""The question, the right option and three wrong ones."""


def groups(generator: random.Random) -> Iterator[list[Row]]:
    """Four questions a group; their right options stand once at each place."""
    while True:
        rows = []
        for place in generator.sample(range(4), 4):
            question, right, wrong = generator.choice(MAKERS)(generator)
            options = list(wrong)
            options.insert(place, right)
            rows.append(Row("", "arc", question, (LETTERS[place],), tuple(options), LETTERS))
        yield rows


def _category(generator: random.Random) -> Quiz:
    kind, *others = generator.sample(sorted(KINDS), 4)
    question = generator.choice(
        [f"Which of these is {_a(kind)}?", f"Which word names {_a(kind)}?", f"Find the {kind} among these words."]
    )
    return question, generator.choice(KINDS[kind]), [generator.choice(KINDS[other]) for other in others]


def _odd_one_out(generator: random.Random) -> Quiz:
    kind, other = generator.sample(sorted(KINDS), 2)
    question = generator.choice(
        [
            "Which word does not belong with the other three?",
            f"Three of these words name the same kind of thing: {_a(kind)}. Which one does not?",
            f"Which of these is not {_a(kind)}?",
        ]
    )
    return question, generator.choice(KINDS[other]), generator.sample(KINDS[kind], 3)


def _same_kind(generator: random.Random) -> Quiz:
    kind, *others = generator.sample(sorted(KINDS), 4)
    first, second, right = generator.sample(KINDS[kind], 3)
    question = f"Which word belongs to the same group as {first} and {second}?"
    return question, right, [generator.choice(KINDS[other]) for other in others]


def _opposite(generator: random.Random) -> Quiz:
    pair, *others = generator.sample(OPPOSITES, 4)
    asked, right = generator.sample(pair, 2)
    question = generator.choice(
        [f'Which word is the opposite of "{asked}"?', f'Which word means the contrary of "{asked}"?']
    )
    return question, right, [generator.choice(other) for other in others]


def _same_meaning(generator: random.Random) -> Quiz:
    pair, *others = generator.sample(SAME, 4)
    asked, right = generator.sample(pair, 2)
    question = f'Which word means nearly the same as "{asked}"?'
    return question, right, [generator.choice(other) for other in others]


def _use(generator: random.Random) -> Quiz:
    (use, right), *others = generator.sample(USES, 4)
    question = generator.choice([f"What would you use to {use}?", f"Which of these helps you to {use}?"])
    return question, right, [thing for _, thing in others]


def _young(generator: random.Random) -> Quiz:
    (child, right), *others = generator.sample(YOUNG, 4)
    return f"Which animal does {_a(child)} grow up to be?", right, [animal for _, animal in others]


def _calendar(generator: random.Random) -> Quiz:
    cycle, what = generator.choice([(DAYS, "day"), (MONTHS, "month")])
    place, (word, step) = generator.randrange(len(cycle)), generator.choice(sorted(STEPS.items()))
    right = cycle[(place + step) % len(cycle)]
    wrong = [name for name in cycle if name not in (right, cycle[place])]
    return f"Which {what} comes {word.format(what=what)} {cycle[place]}?", right, generator.sample(wrong, 3)


def _extreme(generator: random.Random) -> Quiz:
    top = generator.choice([100, 1000])
    numbers = generator.sample(range(top // 10, top), 4)
    word, best = generator.choice([("largest", max), ("smallest", min), ("highest", max), ("lowest", min)])
    right = best(numbers)
    return f"Which number is the {word}?", str(right), [str(number) for number in numbers if number != right]


def _closest(generator: random.Random) -> Quiz:
    target = generator.randint(100, 900)
    distances = sorted(generator.sample(range(1, 90), 4))  # all different, so that one option alone is closest
    options = [str(target + generator.choice([-1, 1]) * distance) for distance in distances]
    return f"Which number is closest to {target}?", options[0], options[1:]


def _sequence(generator: random.Random) -> Quiz:
    start, step = generator.randint(1, 60), generator.choice([2, 3, 4, 5, 6, 7, 8, 9, 10, -2, -3, -5])
    start += 4 * max(0, -step)
    shown = ", ".join(str(start + step * place) for place in range(4))
    right = start + 4 * step
    near = {right - 1, right + 1, right + 2, right + step, right + 2 * step, right - step} - {right}
    return f"Which number comes next: {shown}?", str(right), [str(n) for n in generator.sample(sorted(near), 3)]


def _sum(generator: random.Random) -> Quiz:
    a, b = generator.randint(2, 20), generator.randint(2, 20)
    plus = generator.random() < 0.5
    right = a + b if plus else a
    near = [number for number in range(right - 4, right + 5) if number >= 0 and number != right]
    question = f"How much is {a} plus {b}?" if plus else f"How much is {a + b} minus {b}?"
    return question, str(right), [str(number) for number in generator.sample(near, 3)]


def _parity(generator: random.Random) -> Quiz:
    rest, word = generator.choice([(0, "even"), (1, "odd")])
    right = 2 * generator.randint(2, 49) + rest
    wrong = [2 * half + 1 - rest for half in generator.sample(range(2, 50), 3)]
    return f"Which number is {word}?", str(right), [str(number) for number in wrong]


def _letter(generator: random.Random) -> Quiz:
    words = sorted({word for kind in KINDS.values() for word in kind})
    right = generator.choice(words)
    place, verb = generator.choice([(0, "begins"), (-1, "ends")])
    wrong = [word for word in words if word[place] != right[place]]
    return f'Which word {verb} with the letter "{right[place]}"?', right, generator.sample(wrong, 3)


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


MAKERS: list[Callable[[random.Random], Quiz]] = [
    _category,
    _category,
    _category,
    _odd_one_out,
    _odd_one_out,
    _same_kind,
    _same_kind,
    _opposite,
    _opposite,
    _same_meaning,
    _use,
    _use,
    _young,
    _calendar,
    _extreme,
    _closest,
    _sequence,
    _sum,
    _parity,
    _letter,
]
"""Equally likely; what common words answer stands here more than once."""

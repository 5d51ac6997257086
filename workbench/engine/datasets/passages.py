"""Short passages of invented facts, with questions that they answer and questions that they do not.

A passage is about one subject: a building, a scholar, a voyage, a workshop, a festival. It opens with one fact,
tells most of the others and leaves some out. A question on a fact that is left out has no answer there, though the
passage holds other names, dates and amounts that look like one. The facts are in passages.toml.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench.choices.rows import Row
from workbench.engine.datasets.words import FIRST_NAMES, LAST_NAMES, MONTHS, TOWNS

TOLD = (6, 7)
"""Fewest and most facts of a passage after the opening."""
ANSWERED = 2
"""Of the three questions on a passage."""
FEWEST_WORDS = 60
MOST_WORDS = 110

Toml = dict[str, Any]
"""A subject or a fact, as passages.toml has it."""


@dataclass(frozen=True)
class Told:
    """A fact with its slots filled: a sentence, a question that it answers, and the answer, word for word."""

    sentence: str
    question: str
    answer: str


def groups(generator: random.Random) -> Iterator[list[Row]]:
    """The questions on one passage: two that it answers, one that it does not."""
    while True:
        subject = generator.choice(_subjects())
        slots = _slots(generator, subject)
        facts = [_tell(generator, fact, slots) for fact in generator.sample(subject["facts"], len(subject["facts"]))]
        count = generator.randint(*TOLD)
        told = [_tell(generator, subject["opening"], slots), *facts[:count]]
        context = " ".join(fact.sentence for fact in told)
        left_out = [fact for fact in facts[count:] if not holds(context, fact.answer)]
        clear = [fact for fact in told if len(re.findall(rf"\b{re.escape(fact.answer)}\b", context)) == 1]
        if not left_out or len(clear) < ANSWERED or not FEWEST_WORDS <= len(context.split()) <= MOST_WORDS:
            continue
        rows = [
            Row("", "squad", fact.question, (fact.answer,), context=context)
            for fact in generator.sample(clear, ANSWERED)
        ]
        rows.append(Row("", "squad", _unanswered(generator, subject, slots, left_out), (), context=context))
        generator.shuffle(rows)
        yield rows


def holds(context: str, answer: str) -> bool:
    """Whether the answer stands in the context as words of its own."""
    return re.search(rf"\b{re.escape(answer)}\b", context) is not None


@cache
def _subjects() -> list[Toml]:
    return list(tomllib.loads(Path(__file__).with_name("passages.toml").read_text(encoding="utf-8")).values())


def _tell(generator: random.Random, fact: Toml, slots: dict[str, str]) -> Told:
    sentence, question = generator.choice(fact["says"]), generator.choice(fact["asks"])
    return Told(sentence.format(**slots), question.format(**slots), fact["answer"].format(**slots))


def _unanswered(generator: random.Random, subject: Toml, slots: dict[str, str], left_out: list[Told]) -> str:
    """A question on a fact that was left out, or the opening's question about another place of the same kind."""
    if generator.random() < subject["elsewhere"]:
        asked: str = generator.choice(subject["opening"]["asks"])
        return asked.format(**{**slots, "subject": slots["other_subject"]})
    return generator.choice(left_out).question


def _slots(generator: random.Random, subject: Toml) -> dict[str, str]:
    """Words for every slot of every fact; no name and no number stands for two things."""
    firsts, lasts = generator.sample(FIRST_NAMES, 5), generator.sample(LAST_NAMES, 5)
    towns = generator.sample(TOWNS, 5)
    year = generator.randint(1702, 1949)
    years = sorted(generator.sample(range(year + 1, year + 40), 3))
    small, middle = generator.sample(range(3, 60), 3), generator.sample(range(61, 980), 3)
    slots = {f"person{place}": f"{first} {last}" for place, (first, last) in enumerate(zip(firsts, lasts, strict=True))}
    slots |= {f"town{place}": town for place, town in enumerate(towns)}
    slots |= {"year0": str(year)} | {f"year{place}": str(year) for place, year in enumerate(years, start=1)}
    slots |= {f"small{place}": str(number) for place, number in enumerate(small)}
    slots |= {f"middle{place}": str(number) for place, number in enumerate(middle)}
    slots["date"] = f"{generator.randint(1, 28)} {generator.choice(MONTHS)}"
    slots["crowns"] = f"{generator.randint(11, 990) * 100:,}"
    slots |= {name: generator.choice(choices) for name, choices in subject["words"].items()}
    slots["kind"] = generator.choice(subject["kind"])
    return {**slots, **{name: subject[name].format(**slots) for name in ("subject", "other_subject")}}

"""Short passages of invented facts, with questions that they answer and questions that they do not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.choices.rows import Row

FIRST = ["Alma", "Boris", "Celia", "Dorian", "Edda", "Felix", "Gilda", "Henrik", "Irma", "Jasper", "Katya", "Lorenz", "Mirta", "Nestor", "Odile", "Piet"]
LAST = ["Arden", "Brandt", "Corvin", "Dahl", "Ekdal", "Falk", "Grove", "Holm", "Ister", "Jansen", "Kestrel", "Lund", "Marek", "Norling", "Oster", "Prior"]
TOWNS = (
    ["Aldermoor", "Brennick", "Caldstone", "Dunvale", "Eastmere", "Fenwick", "Grayport", "Hollin", "Irondale", "Jorrvik", "Kestwick", "Lowmarsh"]
)
TRADES = ["clockmaker", "botanist", "engineer", "painter", "surveyor", "printer", "baker", "sailor", "teacher", "astronomer", "weaver", "mason"]
WORKS = ["bridge", "mill", "theatre", "lighthouse", "library", "canal", "museum", "market hall", "observatory"]
STUFF = ["granite", "oak", "brick", "iron", "slate", "limestone", "copper", "pine", "sandstone", "glass"]
SEASONS = ["spring", "summer", "autumn", "winter"]
MONTHS = ["January", "March", "April", "May", "June", "August", "September", "October", "November"]


@dataclass(frozen=True)
class Fact:
    """One sentence of a passage, and what it answers.

    Args:
        sentence: As it stands in the passage.
        question: That the sentence answers.
        answer: A span of the sentence, word for word.
    """

    sentence: str
    question: str
    answer: str


def groups(generator: random.Random) -> Iterator[list[Row]]:
    """The questions on one passage: two that it answers, one that it does not."""
    while True:
        facts = _facts(generator)
        told, untold = facts[:-2], facts[-2:]
        generator.shuffle(told)
        context = " ".join(fact.sentence for fact in sorted(told, key=facts.index))
        asked = generator.sample(told, 2)
        rows = [Row("", "squad", fact.question, (fact.answer,), context=context) for fact in asked]
        rows.append(Row("", "squad", generator.choice(untold).question, (), context=context))
        generator.shuffle(rows)
        yield rows


def _facts(generator: random.Random) -> list[Fact]:
    """Seven facts about one building; which two the passage leaves out is up to chance."""
    person = f"{generator.choice(FIRST)} {generator.choice(LAST)}"
    payer = f"{generator.choice(FIRST)} {generator.choice(LAST)}"
    town, neighbour = generator.sample(TOWNS, 2)
    work, trade, stuff = generator.choice(WORKS), generator.choice(TRADES), generator.choice(STUFF)
    year, years = generator.randint(1702, 1949), generator.randint(2, 14)
    date = f"{generator.randint(1, 28)} {generator.choice(MONTHS)} {year + years}"
    workers, cost = generator.randint(12, 480), generator.randint(3, 95) * 1000
    opening = Fact(
        f"The {work} of {town} was designed by the {trade} {person}.",
        generator.choice([f"Who designed the {work} of {town}?", f"By whom was the {work} of {town} designed?"]),
        person,
    )
    others = [
        Fact(f"Work on it began in {year}.", f"In which year did work on the {work} begin?", str(year)),
        Fact(f"Its walls are made of {stuff}.", f"What are the walls of the {work} made of?", stuff),
        Fact(f"It took {workers} workers to build it.", f"How many workers built the {work}?", str(workers)),
        Fact(f"It was opened on {date}.", f"On which date was the {work} opened?", date),
        Fact(f"The cost of {cost:,} crowns was paid by {payer}.", f"Who paid for the {work}?", payer),
        Fact(f"{person} was born in {neighbour}.", f"Where was {person} born?", neighbour),
        Fact(
            f"Every {(season := generator.choice(SEASONS))} a festival is held there.",
            f"In which season is a festival held at the {work}?",
            season,
        ),
        Fact(
            f"The building has {(rooms := generator.randint(3, 60))} rooms.",
            f"How many rooms does the {work} have?",
            str(rooms),
        ),
    ]
    return [opening, *generator.sample(others, len(others))]

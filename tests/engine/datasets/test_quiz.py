import random
import re
from itertools import combinations, islice

import pytest

from workbench.engine.datasets import quiz
from workbench.engine.datasets.quiz_words import KINDS, OPPOSITES, SAME

PARITY = {"even": 0, "odd": 1}


@pytest.fixture(scope="module")
def rows():
    return [row for group in islice(quiz.groups(random.Random(1)), 500) for row in group]


def right(row):
    return row.options[row.labels.index(row.answers[0])]


def right_ones(question, options):
    """The options that are right, worked out from the question alone; None for questions about words and uses."""
    numbers = [int(option) for option in options if re.fullmatch(r"-?\d+", option)]
    found = None
    if match := re.search(r"number is the (\w+)\?", question):
        found = [(max if match[1] in ("largest", "highest") else min)(numbers)]
    elif match := re.search(r"number is (even|odd)\?", question):
        found = [number for number in numbers if number % 2 == PARITY[match[1]]]
    elif match := re.search(r"closest to (\d+)\?", question):
        nearest = min(abs(number - int(match[1])) for number in numbers)
        found = [number for number in numbers if abs(number - int(match[1])) == nearest]
    elif match := re.search(r"(\d+) (plus|minus) (\d+)\?", question):
        found = [int(match[1]) + int(match[3]) * (1 if match[2] == "plus" else -1)]
    elif match := re.search(r"comes next: (\d+), (\d+), \d+, (\d+)\?", question):
        found = [int(match[3]) + int(match[2]) - int(match[1])]
    elif match := re.search(r'(begins|ends) with the letter "(.)"', question):
        place = 0 if match[1] == "begins" else -1
        found = [option for option in options if option[place] == match[2]]
    return found


def test_one_option_alone_is_right(rows):
    checked = 0
    for row in rows:
        assert len(set(row.options)) == 4
        found = right_ones(row.question, row.options)
        if found is not None:
            assert [str(one) for one in found] == [right(row)], row
            checked += 1
    assert checked > 400


def test_no_word_is_of_two_kinds():
    for one, other in combinations(KINDS, 2):
        assert not set(KINDS[one]) & set(KINDS[other])


@pytest.mark.parametrize("pairs", [OPPOSITES, SAME])
def test_no_word_is_in_two_pairs(pairs):
    words = [word for pair in pairs for word in pair]
    assert all(len(pair) == 2 for pair in pairs)
    assert len(words) == len(set(words))


def test_a_question_about_kinds_has_one_right_option(rows):
    kind_of = {word: kind for kind, words in KINDS.items() for word in words}
    for row in rows:
        if match := re.match(r"Which (?:of these is|word names) an? (.+)\?", row.question):
            assert [option for option in row.options if kind_of[option] == match[1]] == [right(row)]
        if "belong with the other" in row.question or "is not a" in row.question:
            kinds = [kind_of[option] for option in row.options]
            assert kinds.count(kind_of[right(row)]) == 1
            assert len(set(kinds)) == 2


def test_right_options_are_spread_evenly_and_articles_fit(rows):
    counts = {letter: sum(row.answers[0] == letter for row in rows) for letter in "ABCD"}
    assert set(counts.values()) == {500}
    assert not any(re.search(r"\ba [aeiou]", row.question) for row in rows)
    assert not any("{" in row.question for row in rows)

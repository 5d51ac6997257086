"""The official rules: lower case, no string.punctuation, no whole-word a/an/the, split at white space."""

import pytest

from workbench.engine.evaluate.squad import best, normalise

F = 2 / 3

# said, gold, exact, f1; worked out by hand from the rules
STRINGS = [
    ("Paris", "Paris", 1, 1),
    ("PARIS", "paris", 1, 1),
    ("The Paris", "paris", 1, 1),
    ("the", "a", 1, 1),
    ("the", "", 1, 1),
    ("", "", 1, 1),
    ("...", "", 1, 1),
    ("", "Paris", 0, 0),
    ("Paris", "", 0, 0),
    ("Paris.", "Paris", 1, 1),
    ('"Paris"', "Paris", 1, 1),
    ("“Paris”", "Paris", 0, 0),
    ("Paris,France", "Paris, France", 0, 0),
    ("Paris, France", "Paris France", 1, 1),
    ("Paris France", "France Paris", 0, 1),
    ("Paris", "Paris France", 0, F),
    ("Paris Paris", "Paris", 0, F),
    ("Paris Paris", "Paris France", 0, 0.5),
    ("a b c", "b c d", 0, 0.8),
    ("state-of-the-art", "stateoftheart", 1, 1),
    ("state—of—the—art", "state—of— —art", 1, 1),
    ("state — the art", "state — art", 1, 1),
    ("and/or", "andor", 1, 1),
    ("and / or", "and or", 1, 1),
    ("the2nd", "2nd", 0, 0),
    ("the 2nd", "2nd", 1, 1),
    ("an-other", "another", 1, 1),
    ("theater", "ater", 0, 0),
    ("the_end", "theend", 1, 1),
    ("can't", "cant", 1, 1),
    ("can\u2019t", "cant", 0, 0),
    ("a\u2019b", "\u2019b", 1, 1),
    ("1,000", "1000", 1, 1),
    ("$5.00", "500", 1, 1),
    ("-5", "5", 1, 1),
    ("New\u00a0York", "New York", 1, 1),
    ("New\u200bYork", "New York", 0, 0),
    ("\u200b", "", 0, 0),
    ("New\n\tYork ", " new york", 1, 1),
    ("Café", "Cafe\u0301", 0, 0),
    ("İstanbul", "i\u0307stanbul", 1, 1),
    ("A AN THE", "x", 0, 0),
    ("the A team", "team", 1, 1),
    ("C++", "C", 1, 1),
]


@pytest.mark.parametrize(("said", "gold", "exact", "f1"), STRINGS)
def test_adversarial_strings(said, gold, exact, f1):
    assert best([gold], said) == pytest.approx((exact, f1))


def test_the_em_dash_is_no_punctuation_but_parts_words_for_articles():
    assert normalise("state—of—the—art") == "state—of— —art"


def test_the_best_gold_counts():
    assert best(["Rome", "Paris France"], "Paris") == (0.0, pytest.approx(F))
    assert best(["Paris France", "Paris"], "Paris") == (1.0, 1.0)


def test_golds_that_normalise_to_nothing_do_not_count_beside_others():
    assert best(["the", "Paris"], "") == (0.0, 0.0)
    assert best([], "") == (1.0, 1.0)
    assert best([], "Paris") == (0.0, 0.0)

"""Against stored values worked out by hand, and against a second, slower writing of the published rules."""

import random
import string

import pytest

from workbench.engine.evaluate.squad import best
from workbench.engine.evaluate.squad_official import Answer, figures, oracle

WORDS = [
    "the",
    "a",
    "an",
    "The",
    "x",
    "y",
    "z",
    "x.",
    "the2",
    "a-b",
    "—",
    "'",
    "“x”",
    "é",
    "\u00a0",
    "1,0",
    "an.",
    "\u200b",
]


def text(generator, most=5):
    return generator.choice([" ", "  ", "-", "\t"]).join(generator.choices(WORDS, k=generator.randrange(most + 1)))


def words(answer):
    """The rules letter by letter: no ASCII punctuation, no article between word borders, split at white space."""
    kept = "".join(sign for sign in answer.lower() if sign not in string.punctuation)
    out, word = [], ""
    for sign in f"{kept} ":
        if sign.isalnum() or sign == "_":
            word += sign
            continue
        out.append(" " if word in {"a", "an", "the"} else word)
        out.append(sign)
        word = ""
    return "".join(out).split()


def reference(gold, said):
    """Exact match and F1 of one pair."""
    wanted, given = words(gold), words(said)
    if not wanted or not given:
        return float(wanted == given), float(wanted == given)
    left, common = list(wanted), 0
    for word in given:
        if word in left:
            left.remove(word)
            common += 1
    share = (
        0.0
        if common == 0
        else 2 * (common / len(given)) * (common / len(wanted)) / (common / len(given) + common / len(wanted))
    )
    return float(wanted == given), share


def reference_of(golds, said):
    usable = [gold for gold in golds if words(gold)] or [""]
    pairs = [reference(gold, said) for gold in usable]
    return max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)


def reference_oracle(answers, which):
    """Every cut of the questions, sorted by their probability, is tried; the first of the best counts."""
    ordered = sorted(range(len(answers)), key=lambda place: (answers[place].na_prob, place))
    totals = []
    for answered in range(len(answers) + 1):
        total = 0.0
        for rank, place in enumerate(ordered):
            golds, said = answers[place].golds, answers[place].said
            if golds:
                total += reference_of(golds, said)[which] if rank < answered else 0.0
            else:
                total += 0.0 if rank < answered and said else 1.0
        totals.append(total)
    top = max(totals)
    cut = next(place for place, total in enumerate(totals) if total > top - 1e-9)
    return top / len(answers), answers[ordered[cut - 1]].na_prob if cut else 0.0


def test_two_hundred_thousand_pairs():
    generator = random.Random(20)
    mismatches = 0
    for _ in range(200_000):
        gold, said = text(generator), text(generator)
        exact, f1 = best([gold], said)
        wanted = reference_of([gold], said)
        mismatches += exact != wanted[0] or abs(f1 - wanted[1]) > 1e-12
    assert mismatches == 0


def made(generator, n):
    answers = []
    for _ in range(n):
        golds = [text(generator, 3) for _ in range(generator.randrange(4))]
        said = generator.choice(golds) if golds and generator.random() < 0.5 else text(generator, 3)
        answers.append(Answer(golds, said, generator.choice([0.0, 0.1, 0.5, 0.5, 0.9, generator.random()])))
    return answers


@pytest.mark.parametrize("seed", range(60))
def test_whole_sets_with_their_thresholds(seed):
    generator = random.Random(seed)
    answers = made(generator, generator.randrange(1, 40))
    scores = [reference_of(answer.golds, answer.said) for answer in answers]
    found = figures(answers)
    for prefix, kinds in (("", (True, False)), ("HasAns_", (True,)), ("NoAns_", (False,))):
        own = [score for answer, score in zip(answers, scores, strict=True) if bool(answer.golds) in kinds]
        for place, name in enumerate(("exact", "f1")):
            expected = sum(score[place] for score in own) / len(own) if own else None
            assert found.get(f"{prefix}{name}") == (None if expected is None else pytest.approx(expected, abs=1e-12))
    for place, name in enumerate(("best_exact", "best_f1")):
        best_score, threshold = reference_oracle(answers, place)
        assert oracle(answers)[name] == pytest.approx(best_score, abs=1e-9)
        assert oracle(answers)[f"{name}_threshold"] == threshold


SIX = [
    Answer(["Paris"], "Paris", 0.1),  # right
    Answer(["red house"], "house", 0.2),  # F1 2/3
    Answer(["1990"], "", 0.9),  # wrongly given up
    Answer([], "", 0.8),  # rightly given up
    Answer([], "Rome", 0.3),  # should have been given up
    Answer(["blue"], "green", 0.6),  # wrong
]


def test_six_questions_worked_out_by_hand():
    assert figures(SIX) == pytest.approx(
        {
            "exact": 2 / 6,
            "f1": (1 + 2 / 3 + 1) / 6,
            "total": 6,
            "HasAns_exact": 1 / 4,
            "HasAns_f1": (1 + 2 / 3) / 4,
            "HasAns_total": 4,
            "NoAns_exact": 1 / 2,
            "NoAns_f1": 1 / 2,
            "NoAns_total": 2,
        }
    )
    # abstaining everywhere scores 2; answering the first adds 1, the second 2/3, the fifth takes 1 away
    assert oracle(SIX) == pytest.approx(
        {"best_exact": 3 / 6, "best_exact_threshold": 0.1, "best_f1": (3 + 2 / 3) / 6, "best_f1_threshold": 0.2}
    )


def test_an_answer_of_articles_alone_is_still_an_answer_to_the_threshold():
    answer = Answer([], "the", 0.5)
    assert figures([answer])["NoAns_exact"] == 1.0  # it normalises to nothing
    assert oracle([answer]) == {
        "best_exact": 1.0,
        "best_exact_threshold": 0.0,
        "best_f1": 1.0,
        "best_f1_threshold": 0.0,
    }


def test_without_answers_there_is_nothing():
    assert (figures([]), oracle([])) == ({}, {})

import random

import numpy as np
import pytest

from workbench.engine.evaluate import macro_f1


def answers(seed, n=200, skill=0.7):
    generator = random.Random(seed)
    golds = [generator.choice("ABCD") for _ in range(n)]
    said = [gold if generator.random() < skill else generator.choice(["A", "B", "C", "D", "none"]) for gold in golds]
    return golds, said


@pytest.mark.parametrize("seed", range(5))
def test_counts_say_the_same_as_scikit_learn(seed):
    golds, said = answers(seed)
    assert macro_f1.value(golds, said) == pytest.approx(macro_f1.macro_f1(golds, said))


def test_an_unread_answer_is_a_miss_of_its_class():
    assert macro_f1.macro_f1(["A", "B"], ["A", "none"]) == pytest.approx(0.5)
    assert macro_f1.macro_f1(["A", "A", "B"], ["A", "none", "B"]) == pytest.approx((2 / 3 + 1) / 2)
    assert macro_f1.macro_f1(["A", "B"], ["none", "none"]) == 0.0


def test_the_interval_holds_the_value_and_is_the_same_twice():
    golds, said = answers(1)
    low, high = macro_f1.interval(golds, said)
    assert low < macro_f1.value(golds, said) < high
    assert (low, high) == macro_f1.interval(golds, said)


@pytest.mark.parametrize("letter", ["A", "none"])
def test_without_spread_the_interval_is_not_a_point(letter):
    low, high = macro_f1.interval(["A"] * 20, [letter] * 20)
    assert high - low > 0.1


def test_a_table_drawn_is_as_the_items_resampled():
    golds, said = answers(2, n=60)
    generator = np.random.default_rng(0)
    draws = [generator.integers(0, 60, 60) for _ in range(2000)]
    plain = [macro_f1.value([golds[i] for i in draw], [said[i] for i in draw]) for draw in draws]
    assert macro_f1.interval(golds, said) == pytest.approx(tuple(np.quantile(plain, [0.025, 0.975])), abs=0.02)


def test_the_swap_test_sees_what_differs_and_nothing_else():
    golds, good = answers(3, skill=0.9)
    _, bad = answers(3, skill=0.3)
    assert macro_f1.swap_test(golds, good, bad) < 0.001
    assert macro_f1.swap_test(golds, good, good) == 1.0
    assert macro_f1.swap_test(golds, good, bad) == macro_f1.swap_test(golds, bad, good)


def test_the_difference_has_the_sign_of_the_better():
    golds, good = answers(3, skill=0.9)
    _, bad = answers(3, skill=0.3)
    low, high = macro_f1.difference_interval(macro_f1.difference_replicates(golds, good, bad), len(golds))
    assert 0 < low < macro_f1.value(golds, good) - macro_f1.value(golds, bad) < high


def test_no_difference_seen_is_not_none():
    golds, said = answers(4, n=20)
    low, high = macro_f1.difference_interval(macro_f1.difference_replicates(golds, said, said), 20)
    assert low < -0.1
    assert high > 0.1


def test_the_swap_test_keeps_its_level_and_the_interval_covers():
    """Two models that are equally good: the second answers as the first on half of the items, anew on the others."""
    generator = np.random.default_rng(7)
    share = np.array([[0.20, 0.02, 0.02], [0.05, 0.25, 0.04], [0.02, 0.06, 0.34]])
    true = np.mean([2 * share[k, k] / (share[k].sum() + share[:, k].sum()) for k in range(3)])
    rejected, covered, trials, n = 0, 0, 500, 90
    for _ in range(trials):
        gold = generator.choice(3, n, p=share.sum(axis=1))
        one, other = (np.array([generator.choice(3, p=share[g] / share[g].sum()) for g in gold]) for _ in range(2))
        two = np.where(generator.random(n) < 0.5, one, other)
        letters = [["ABC"[k] for k in said] for said in (gold, one, two)]
        rejected += macro_f1.swap_test(*letters, swaps=400) < 0.05
        low, high = macro_f1.interval(*letters[:2])
        covered += low <= true <= high
    assert 0.03 < rejected / trials < 0.06
    assert covered / trials > 0.93

import numpy as np
import pytest

from workbench.engine.statistics import fisher, newcombe, wilson
from workbench.engine.unpaired import difference


def count(right, n):
    low, high = wilson(right, n)
    return {"value": right / n, "low": low, "high": high, "n": n, "right": right}


def mean(value, half, n=100):
    return {"value": value, "low": value - half, "high": value + half, "n": n}


def test_counts_are_tested_exactly():
    found = difference(count(11, 50), count(20, 50))
    assert found.delta == pytest.approx(0.18)
    assert (found.low, found.high) == pytest.approx(newcombe(20, 50, 11, 50))
    assert (found.low_90, found.high_90) == pytest.approx(newcombe(20, 50, 11, 50, 0.9))
    assert found.p == fisher(11, 50, 20, 50)
    assert (found.paired, found.n) == (False, 50)


def test_means_have_their_intervals_put_together():
    found = difference(mean(0.4, 0.03), mean(0.5, 0.04))
    assert (found.low, found.high) == pytest.approx((0.05, 0.15))
    assert found.high_90 - found.low_90 == pytest.approx(0.1 * 1.645 / 1.96, abs=1e-4)
    assert found.p == pytest.approx(8.9e-5, rel=0.05)  # z = 0.1 / (0.05 / 1.96) = 3.92


def test_without_n_nothing_is_said():
    assert difference(count(5, 10), {"value": 0.5, "low": None, "high": None, "n": None}) is None


def test_more_questions_are_needed_for_less():
    found = difference(count(30, 60), count(31, 60))
    assert found.needed(0.01) > found.needed(0.05) > 60
    assert found.needed(found.detectable) == pytest.approx(60, abs=1)


def test_independent_samples_keep_their_level():
    generator = np.random.default_rng(0)
    pairs = generator.binomial(120, 0.7, (800, 2))
    found = [difference(count(int(a), 120), count(int(b), 120)) for a, b in pairs]
    assert np.mean([one.p < 0.05 for one in found]) < 0.06
    assert np.mean([one.low <= 0 <= one.high for one in found]) > 0.93

import math
import random

import numpy as np
import pytest
from scipy.stats import binomtest

from workbench.engine import statistics as st


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 50), (45, 50), (50, 50), (3, 7), (500, 1000)])
def test_wilson_is_that_of_scipy(k, n):
    for level in (0.9, 0.95):
        expected = binomtest(k, n).proportion_ci(level, method="wilson")
        assert st.wilson(k, n, level) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_without_data_and_of_a_mean():
    assert st.wilson(0, 0) == (0.0, 1.0)
    low, high = st.wilson(2.5, 10)
    assert st.wilson(2, 10)[0] < low < 0.25 < high < st.wilson(3, 10)[1]


def test_wilson_covers():
    generator = np.random.default_rng(1)
    for share in (0.3, 0.5, 0.9):
        right = generator.binomial(200, share, 4000)
        limits = {k: st.wilson(int(k), 200) for k in np.unique(right)}
        covered = np.mean([limits[k][0] <= share <= limits[k][1] for k in right])
        assert covered > 0.93


@pytest.mark.parametrize(
    ("b", "c", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (1, 0, 1.0),  # up to nine discordant pairs the exact test: binomtest(1, 1)
        (0, 5, 0.0625),
        (0, 6, 0.03125),
        (1, 8, 0.0390625),
        (1, 9, 0.01171875),  # from ten on mid-p
        (10, 2, 0.0224609375),
    ],
)
def test_mcnemar(b, c, p):
    assert st.mcnemar(b, c) == pytest.approx(p)
    assert st.mcnemar(c, b) == pytest.approx(p)


def test_mcnemar_keeps_its_level():
    generator = np.random.default_rng(2)
    discordant = generator.binomial(300, 0.3, 6000)
    gained = generator.binomial(discordant, 0.5)
    p = {(b, n): st.mcnemar(int(b), int(n - b)) for b, n in set(zip(gained, discordant, strict=True))}
    rejected = np.mean([p[pair] < 0.05 for pair in zip(gained, discordant, strict=True)])
    assert 0.03 < rejected < 0.06


def test_holm():
    assert st.holm([]) == []
    assert st.holm([0.2]) == [0.2]
    assert st.holm([0.04, 0.01, 0.03, 0.5]) == pytest.approx([0.09, 0.04, 0.09, 0.5])
    assert st.holm([0.9, 0.8]) == [1.0, 1.0]


def test_mcnemar_on_few_pairs_never_rejects_more_often_than_it_says():
    for discordant in range(1, 10):
        p = np.array([st.mcnemar(b, discordant - b) for b in range(discordant + 1)])
        chance = np.array([math.comb(discordant, b) for b in range(discordant + 1)]) / 2**discordant
        assert chance[p < 0.05].sum() <= 0.05


def test_fisher():
    # Fisher's tea: 3 of 4 against 1 of 4
    assert st.fisher(3, 4, 1, 4) == pytest.approx(0.4857142857)
    assert st.fisher(20, 50, 11, 50) == pytest.approx(0.0828, abs=1e-4)
    assert st.fisher(0, 0, 1, 2) == 1.0


def test_fisher_keeps_its_level():
    generator = np.random.default_rng(6)
    k = generator.binomial(80, 0.6, (1500, 2))
    p = {pair: st.fisher(pair[0], 80, pair[1], 80) for pair in {(int(a), int(b)) for a, b in k}}
    assert np.mean([p[int(a), int(b)] < 0.05 for a, b in k]) < 0.06


def test_benjamini_hochberg():
    assert st.benjamini_hochberg([]) == []
    # worked by hand: 4 * 0.01 / 1, 4 * 0.02 / 2, 4 * 0.03 / 3, 0.5
    assert st.benjamini_hochberg([0.5, 0.01, 0.03, 0.02]) == pytest.approx([0.5, 0.04, 0.04, 0.04])
    assert all(
        b <= h for b, h in zip(st.benjamini_hochberg([0.2, 0.001, 0.04]), st.holm([0.2, 0.001, 0.04]), strict=True)
    )


def test_newcombe_of_independent_samples():
    # Newcombe 1998 (17:873), table II: 56/70 - 48/80
    assert st.newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert st.newcombe(0, 0, 1, 2) == (-1.0, 1.0)
    low, high = st.newcombe(10, 10, 10, 10)
    assert low == -high
    assert high > 0.2


def test_newcombe_of_pairs():
    # Newcombe 1998 (17:2635), table III, method 10: 36, 12, 2, 0
    assert st.newcombe_paired(36, 12, 2, 0) == pytest.approx((0.0569, 0.3404), abs=1e-4)
    assert st.newcombe_paired(0, 0, 0, 0) == (-1.0, 1.0)


@pytest.mark.parametrize("table", [(45, 0, 0, 5), (50, 0, 0, 0), (0, 0, 0, 50)])
def test_pairs_that_all_agree_do_not_prove_equality(table):
    low, high = st.newcombe_paired(*table)
    assert low < 0 < high
    assert high - low > 0.02


def test_newcombe_of_pairs_covers():
    generator = np.random.default_rng(3)
    shares = [0.55, 0.15, 0.10, 0.20]
    tables = generator.multinomial(150, shares, 3000)
    limits = {tuple(table): st.newcombe_paired(*map(int, table)) for table in tables}
    covered = np.mean([limits[tuple(table)][0] <= 0.05 <= limits[tuple(table)][1] for table in tables])
    assert covered > 0.93


def test_what_is_detectable_is_found_four_times_in_five():
    n, discordance = 400, 0.2
    effect = st.minimum_detectable_effect(n, discordance)
    assert st.n_needed(effect, discordance) == pytest.approx(n, abs=1)
    generator = np.random.default_rng(4)
    gained = (discordance + effect) / 2
    tables = generator.multinomial(n, [gained, discordance - gained, 1 - discordance], 3000)
    found = np.mean([st.mcnemar(int(b), int(c)) < 0.05 for b, c, _ in tables])
    assert found == pytest.approx(0.8, abs=0.04)


def test_more_questions_show_less():
    effects = [st.minimum_detectable_effect(n, 0.1) for n in (50, 200, 1000, 10_000)]
    assert effects == sorted(effects, reverse=True)
    assert effects[-1] < 0.01


def test_rows_that_agree_on_few_questions_are_not_powerful():
    assert st.minimum_detectable_effect(0, 0.0) == 1.0
    assert st.minimum_detectable_effect(1, 0.0) == 1.0
    assert st.minimum_detectable_effect(50, 0.0) > 0.1
    assert not math.isnan(st.minimum_detectable_effect(3, 1.0))


def test_the_smallest_effect_by_standard_error():
    assert st.detectable_by(0.01) == pytest.approx(0.028, abs=1e-4)


def test_order_does_not_matter_to_holm():
    generator = random.Random(5)
    p = [generator.random() / 10 for _ in range(20)]
    order = generator.sample(range(20), 20)
    assert [st.holm(p)[i] for i in order] == pytest.approx(st.holm([p[i] for i in order]))

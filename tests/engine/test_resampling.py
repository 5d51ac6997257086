import itertools

import numpy as np
import pytest

from workbench.engine import resampling as rs


def test_the_mean_lies_in_its_interval_and_twice_is_the_same():
    values = np.random.default_rng(0).random(100)
    low, high = rs.mean_interval(values)
    assert low < values.mean() < high
    assert (low, high) == rs.mean_interval(values)
    assert rs.mean_interval(values, level=0.9)[0] > low


def test_clusters_widen_what_they_share():
    generator = np.random.default_rng(1)
    shared = np.repeat(generator.random(20), 10)
    clusters = [str(place // 10) for place in range(200)]
    low, high = rs.mean_interval(shared, clusters)
    narrow_low, narrow_high = rs.mean_interval(shared)
    assert high - low > 2 * (narrow_high - narrow_low)


@pytest.mark.parametrize(
    ("values", "clusters"),
    [([0.0] * 10, None), ([1.0] * 10, None), ([0.5] * 10, None), ([0.0, 1.0, 1.0], ["x"] * 3)],
)
def test_without_spread_there_is_still_doubt(values, clusters):
    low, high = rs.mean_interval(values, clusters)
    assert low <= np.mean(values) <= high
    assert high - low > 0.2
    low, high = rs.difference_interval(values, clusters)
    assert low < np.mean(values)
    assert -1 <= low <= high <= 1


def test_without_data_everything_is_possible():
    assert rs.mean_interval([]) == (0.0, 1.0)
    assert rs.difference_interval([]) == (-1.0, 1.0)
    assert rs.sign_flip([]) == 1.0


@pytest.mark.parametrize(("groups", "size"), [(120, 1), (30, 1), (40, 3), (15, 6)])
def test_the_bootstrap_of_means_covers(groups, size):
    generator = np.random.default_rng(groups)
    covered = 0
    for _ in range(500):
        shared = np.repeat(generator.beta(2, 1, groups), size)
        values = (shared + generator.beta(2, 1, groups * size)) / 2
        sums, sizes = rs.by_cluster(values, [str(place // size) for place in range(groups * size)])
        low, high = rs.percentiles(rs.replicates(sums, sizes, resamples=400), 0.95, groups)
        covered += low <= 2 / 3 <= high
    assert covered / 500 > 0.93


def test_few_units_widen_an_interval_and_many_leave_it():
    values = np.linspace(0, 1, 10_001)
    assert rs.percentiles(values, 0.95, 100_000) == pytest.approx((0.025, 0.975), abs=1e-4)
    # worked out: t(19; 0.025) = -2.0930, times sqrt(20 / 19) = -2.1474, of which the normal tail is 0.01588
    assert rs.percentiles(values, 0.95, 20) == pytest.approx((0.01588, 0.98412), abs=1e-4)
    assert rs.percentiles(values, 0.95, 1) == pytest.approx((0.025, 0.975))


def test_few_differences_are_counted_out():
    differences = [0.5, 0.25, -0.1, 0.0, 0.7, 0.0]
    moving = [0.5, 0.25, -0.1, 0.7]
    signs = itertools.product((-1, 1), repeat=4)
    sums = [abs(sum(s * d for s, d in zip(sign, moving, strict=True))) for sign in signs]
    assert rs.sign_flip(differences) == np.mean([total >= sum(moving) - 1e-9 for total in sums])
    assert rs.sign_flip([0.3]) == 1.0
    assert rs.sign_flip([0.0] * 30) == 1.0


def test_flips_are_of_clusters():
    differences = [0.5] * 8
    assert rs.sign_flip(differences) == 2 / 2**8
    assert rs.sign_flip(differences, ["x"] * 8) == 1.0


def test_drawn_flips_agree_with_counted_ones():
    generator = np.random.default_rng(4)
    differences = generator.normal(0.25, 0.5, 12)
    exact = rs.sign_flip(differences)
    many = np.concatenate([differences, [1e-6]])  # one more than is counted
    assert rs.sign_flip(many) == pytest.approx(exact, abs=0.02)


def test_sign_flips_keep_their_level():
    generator = np.random.default_rng(5)
    rejected = [rs.sign_flip(generator.normal(0, 1, 40), flips=500, seed=seed) < 0.05 for seed in range(2500)]
    assert 0.03 < np.mean(rejected) < 0.06


def test_sign_flips_of_clusters_keep_their_level():
    generator = np.random.default_rng(6)
    clusters = [str(place // 4) for place in range(120)]
    rejected = []
    for seed in range(2500):
        differences = np.repeat(generator.normal(0, 1, 30), 4) + generator.normal(0, 0.5, 120)
        rejected.append(rs.sign_flip(differences, clusters, flips=400, seed=seed) < 0.05)
    assert 0.03 < np.mean(rejected) < 0.06


def test_large_samples_are_drawn_in_blocks(monkeypatch):
    values = np.random.default_rng(7).random(300)
    whole = rs.mean_interval(values)
    monkeypatch.setattr(rs, "CELLS_AT_ONCE", 3000)
    assert rs.mean_interval(values) == whole

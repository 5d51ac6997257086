import numpy as np
import pytest

from workbench.engine import seeds
from workbench.engine.resampling import by_cluster, replicates


def answers(rights, letters=None):
    """Samples by doc_hash, one a right-or-wrong value; with letters also what was answered."""
    made = {}
    for place, right in enumerate(rights):
        gold = "AB"[place % 2]
        made[str(place)] = {
            "cluster": str(place),
            "status": "ok",
            "gold": [gold],
            "parsed": gold if right else "AB"[1 - place % 2],
            "scores": {"accuracy": float(right)},
        }
    return made


def simulated(generator, n, seed_sd, effect=0.0, count=3, base=0.6):
    """Right or wrong of ``count`` trained models and their base, on items of different difficulty."""
    ease = generator.normal(0, 0.12, n)
    shares = base + effect + generator.normal(0, seed_sd, count)
    runs = [answers(generator.random(n) < np.clip(share + ease, 0, 1)) for share in shares]
    return runs, answers(generator.random(n) < np.clip(base + ease, 0, 1))


def test_seeds_widen_what_one_run_claims():
    generator = np.random.default_rng(0)
    runs, base = simulated(generator, 200, seed_sd=0.15, effect=0.1)
    alike = seeds.difference([runs[0]] * 3, base, "accuracy")
    apart = seeds.difference(runs, base, "accuracy")
    assert apart.high - apart.low > alike.high - alike.low
    assert alike.seed_deviation == 0.0
    assert apart.seed_deviation > 0.02
    assert apart.low < apart.value < apart.high


@pytest.mark.parametrize(("count", "seed_sd"), [(3, 0.05), (5, 0.05), (3, 0.0)])
def test_intervals_cover_and_tests_keep_their_level(count, seed_sd):
    generator = np.random.default_rng(count)
    covered, rejected, trials, n = 0, 0, 300, 100
    for _ in range(trials):
        ease = generator.normal(0, 0.12, n)
        shares = 0.6 + generator.normal(0, seed_sd, count)
        rights = generator.random((count, n)) < (shares[:, None] + ease)
        differences = rights.astype(float) - (generator.random(n) < 0.6 + ease)
        points = differences.mean(axis=1)
        drawn = np.stack([replicates(*by_cluster(row, None), 200) for row in differences], axis=1)
        low, high, p = seeds.hierarchical(points, drawn, n)
        covered += low <= 0.0 <= high
        rejected += p < 0.05
    assert covered / trials > 0.93
    assert rejected / trials < 0.06


def test_a_large_gain_of_three_seeds_shows():
    generator = np.random.default_rng(4)
    runs, base = simulated(generator, 300, seed_sd=0.02, effect=0.25)
    found = seeds.difference(runs, base, "accuracy")
    assert found.p < 0.05
    assert found.low > 0
    macro = seeds.difference(runs, base, "macro_f1")
    assert macro.low > 0
    assert macro.value == pytest.approx(found.value, abs=0.03)


def test_scores_are_means_within_bounds():
    perfect = answers([1] * 20)
    found = seeds.score([perfect] * 3, "accuracy")
    assert (found.value, found.high, found.n) == (1.0, 1.0, 20)
    assert found.low < 0.9
    same = seeds.difference([perfect] * 3, perfect, "accuracy")
    assert same.low < 0 < same.high
    generator = np.random.default_rng(5)
    runs, _ = simulated(generator, 12, seed_sd=0.1, base=0.9)
    found = seeds.score(runs, "accuracy")
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_other_questions_are_not_summed_up():
    one = answers([1] * 20)
    other = {f"x{key}": sample for key, sample in one.items()}
    assert seeds.score([one, one, other], "accuracy") is None
    assert seeds.difference([one] * 3, other, "accuracy") is None
    assert seeds.score([one] * 3, "no_ans_accuracy") is None

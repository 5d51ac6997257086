import pytest

from workbench.engine.evaluate import latency
from workbench.engine.evaluate.latency import Timing


def test_prompts_are_spread_over_their_lengths():
    lengths = [(7 * n) % 101 for n in range(101)]
    places = latency.chosen(lengths, 5)
    assert [lengths[place] for place in places] == [0, 25, 50, 75, 100]
    assert len(latency.chosen([3, 1, 2], 32)) == 3


def test_warm_ups_do_not_count():
    asked = []

    def answer(prompt):
        asked.append(prompt)
        return Timing(float(len(asked)), 0.1)

    timings = latency.measure(answer, [[1], [2], [3]])
    assert len(asked) == latency.WARM_UPS + 3
    assert [timing.ttft_s for timing in timings] == [4.0, 5.0, 6.0]


def test_median_and_p95_have_intervals():
    found = latency.summary([0.01 * n for n in range(1, 101)])
    assert found["median"] == pytest.approx(0.505)
    assert found["p95"] == pytest.approx(0.9505)
    assert found["low"] < found["median"] < found["high"] < found["p95_low"] < found["p95"] <= found["p95_high"]
    assert latency.summary([2.0]) == dict.fromkeys(found, 2.0)


def test_repeats_are_put_together():
    record = latency.record([[Timing(1.0, 0.1)], [Timing(3.0, 0.3)]], 64, {}, {"device": "x"}, ["other"])
    assert (record["prompts"], record["repeats"], record["new_tokens"]) == (1, 2, 64)
    assert record["ttft_s"]["median"] == 2.0
    assert record["interleaved_with"] == ["other"]


def test_natural_lengths_are_told_apart():
    lengths = iter([3, 5])
    found = latency.natural(lambda _: next(lengths), [[1], [2]])
    assert found["new_tokens_mean"] == 4
    assert latency.natural(lambda _: 1, [])["seconds_median"] is None

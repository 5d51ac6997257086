import math

import pytest

from workbench.engine.evaluate.heldout import summarize


def row(nll, tokens):
    return {"nll": nll, "n_loss_tokens": tokens, "status": "ok" if tokens else "empty"}


def test_the_mean_is_over_tokens_and_not_over_rows():
    found = summarize([row(2.0, 1), row(8.0, 9)])["metrics"]
    assert found["loss"]["value"] == pytest.approx(1.0)
    assert found["perplexity"]["value"] == pytest.approx(math.e)
    assert found["loss"]["low"] <= 1.0 <= found["loss"]["high"]
    assert (found["loss"]["n"], found["loss"]["n_tokens"]) == (2, 10)


def test_a_row_without_a_trained_token_is_left_out_and_counted():
    found = summarize([row(3.0, 3), row(0.0, 0)])
    assert found["metrics"]["loss"]["value"] == pytest.approx(1.0)
    assert (found["health"]["coverage"], found["health"]["empty"]) == (0.5, 0.5)


def test_nothing_that_counts_is_no_score():
    assert summarize([row(0.0, 0)])["metrics"] == {}

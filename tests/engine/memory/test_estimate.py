import itertools
import json

import pytest

from workbench.choices.adapters import ADAPTERS
from workbench.choices.quantizers import QUANTIZERS
from workbench.engine.memory.cards import Card
from workbench.engine.memory.estimate import SAFE_MARGIN, Prediction, judge, safe_margin
from workbench.engine.memory.workload import Workload


@pytest.mark.parametrize(
    ("total", "used", "word"),
    [(2000, 0, "fits"), (1135, 0, "fits"), (1120, 0, "tight"), (1100, 0, "tight"), (1099, 0, "does not fit")],
)
def test_the_verdict_is_about_allocated_memory_and_the_context(estimated, total, used, word):
    verdict = judge(estimated(allocated=1000, context=100), Card("c", total, used))
    assert (verdict.word, verdict.need_bytes, verdict.total_bytes) == (word, 1100, total)
    assert verdict.margin == pytest.approx(1 - 1100 / total)


def test_what_others_hold_of_the_card_counts(estimated):
    assert judge(estimated(), Card("c", 2000)).word == "fits"
    verdict = judge(estimated(), Card("c", 2000, used_bytes=950))
    assert (verdict.word, verdict.need_bytes, verdict.run_bytes) == ("does not fit", 2050, 1100)
    assert verdict.margin < 0


def test_cached_blocks_do_not_count_against_a_run(estimated):
    assert judge(estimated(reserved_bytes=9000), Card("c", 2000)).word == "fits"


def test_a_paged_state_counts_against_no_run(estimated):
    assert judge(estimated(paged_bytes=9000), Card("c", 2000)).word == "fits"


def test_the_line_between_fits_and_tight(estimated):
    card = Card("c", 100_000)
    at = round(card.total_bytes * (1 - SAFE_MARGIN))
    assert judge(estimated(allocated=at - 1, context=0), card).word == "fits"
    assert judge(estimated(allocated=at + 1, context=0), card).word == "tight"


def test_the_peak_is_the_larger_of_training_and_one_answer(predicted):
    assert predicted(1000, 500).peak.stage == "train"
    assert predicted(1000, 1500).peak.stage == "evaluate"
    assert predicted(1000, 900).peak.stage == "train"  # batches of answers are halved until they fit
    assert predicted(trains=False).peak.allocated_bytes == 500


def test_evaluation_counts_only_where_there_is_one(predicted):
    assert [one.stage for one in predicted(1000, 1500).needed] == ["train", "evaluate"]
    alone = predicted(1000, 1500, evaluates=False)
    assert alone.needed == (alone.train,)
    assert alone.peak is alone.train
    assert predicted(trains=False, evaluates=False).peak.stage == "evaluate"  # there is nothing else to say


@pytest.mark.parametrize("trains", [True, False])
def test_a_prediction_survives_being_written(predicted, trains):
    found = predicted(trains=trains, evaluates=trains)
    assert Prediction.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize("damage", [{"evaluate": None}, {"train": {}}, {"workload": {}}])
def test_what_is_no_prediction_is_an_error(predicted, damage):
    with pytest.raises((KeyError, TypeError)):
        Prediction.from_json({**predicted().to_json(), **damage})


def test_a_verdict_is_json(estimated):
    assert json.loads(json.dumps(judge(estimated(), Card("c", 2000)).to_json()))["word"] == "fits"


@pytest.mark.parametrize(
    ("varied", "adapter", "quant", "fits_at"),
    [
        (False, "lora", "none", 0.97),
        (True, "lora", "nf4", 0.94),
        (False, "full", "none", 0.88),
        (True, "full", "none", 0.88),
        (False, "lora", "int8", 0.94),
        (False, "dora", "nf4", 0.97),
    ],
)
def test_more_must_stay_free_where_predictions_are_rougher(estimated, a_profile, varied, adapter, quant, fits_at):
    profile = a_profile(adapter=f'method = "{adapter}"', quant=f'method = "{quant}"')
    margin = safe_margin(Workload(2, 64, 100, 2, varied, ""), profile)
    card = Card("c", 100_000)
    at = round(card.total_bytes * fits_at)
    assert judge(estimated(allocated=at - 1, context=0, safe_margin=margin), card).word == "fits"
    assert judge(estimated(allocated=at + 1, context=0, safe_margin=margin), card).word == "tight"


TRAINABLE = [pair for pair in itertools.product(ADAPTERS, QUANTIZERS) if pair[0] != "full" or pair[1] == "none"]


@pytest.mark.parametrize(("adapter", "quant"), TRAINABLE)
def test_every_row_of_the_tables_says_its_margin(a_profile, adapter, quant):
    """More is kept free for INT8 and where every weight is trained; for no other."""
    profile = a_profile(adapter=f'method = "{adapter}"', quant=f'method = "{quant}"')
    more = {"full": 0.12}.get(adapter, 0.06 if quant == "int8" else 0.0)
    margins = [safe_margin(Workload(2, 64, 100, 2, varied, ""), profile) for varied in (False, True)]
    assert margins == [more or 0.03, more or 0.06]


def test_what_values_may_take_must_be_free_as_well(estimated):
    card = Card("c", 1000)
    at = {"allocated": 900, "context": 0, "safe_margin": 0.05}
    assert judge(estimated(**at, spare_bytes=49), card).word == "fits"
    assert judge(estimated(**at, spare_bytes=51), card).word == "tight"

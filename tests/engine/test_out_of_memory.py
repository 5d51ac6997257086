import pytest

from workbench import profile as profiles
from workbench.engine.out_of_memory import fixes
from workbench.engine.run import create
from workbench.paths import Workspace

PROFILE = '[model]\nname = "m"\n[data]\ndataset = "d"\n'


@pytest.fixture
def said(tmp_path):
    def call(*changes, training=True):
        return fixes(create(Workspace(tmp_path), profiles.parse(PROFILE, "p", "p", changes)), training)

    return call


def test_what_costs_nothing_comes_first(said):
    text = said("train.gradient_checkpointing=false", "train.use_liger_kernel=false")
    order = ["use_liger_kernel", "gradient_checkpointing", "paged_adamw_8bit", "nf4", "max_length", "smaller model"]
    places = [text.index(word) for word in order]
    assert places == sorted(places)


def test_what_the_profile_does_already_is_left_out(said):
    text = said("train.optim=paged_adamw_8bit", "quant.method=nf4")
    for word in ("gradient_checkpointing", "use_liger_kernel", "paged_adamw_8bit", "nf4", "eager", 'method = "lora"'):
        assert word not in text
    assert "max_length" in text


def test_full_fine_tuning_has_an_adapter_left(said):
    text = said("adapter.method=full")
    assert 'adapter.method = "lora"' in text
    assert "nf4" not in text


def test_an_evaluation_is_not_helped_by_what_only_training_needs(said):
    text = said("eval.max_new_tokens=500", training=False)
    assert "eval.max_new_tokens" in text
    assert "optim" not in text
    assert "workbench resume" in text

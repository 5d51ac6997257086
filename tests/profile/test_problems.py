import pytest

from workbench.errors import ProblemsError
from workbench.profile import parse

SMALL = '[model]\nname = "m"\n[data]\ndataset = "d"\n'


def problems(text, *overrides):
    with pytest.raises(ProblemsError) as caught:
        parse(text, "p", "p.toml", overrides)
    return [str(problem) for problem in caught.value.problems]


def test_the_model_s_name_has_no_default():
    assert problems("[data]\n") == ["p.toml: model: this key is missing."]


def test_all_problems_are_told_with_file_key_and_nearest_name():
    found = problems(SMALL + "[train]\nlerning_rate = 1\nmax_steps = 1.5\noptim = 'adamw_torh'\n[evil]\nx = 1\n")
    assert len(found) == 4
    assert any('train.lerning_rate: this key is unknown. Did you mean "learning_rate"?' in one for one in found)
    assert any("train.max_steps" in one and "(it is 1.5)" in one for one in found)
    assert any('there is no optimizer "adamw_torh". Did you mean "adamw_torch"?' in one for one in found)
    assert any('p.toml: evil: this key is unknown. Did you mean "eval"?' in one for one in found)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("adapter.r=0", "adapter.r: this must be greater than or equal to 1 (it is 0)."),
        ("adapter.method=lroa", 'adapter.method: there is no method "lroa". Did you mean "lora"?'),
        ("adapter.r=true", "adapter.r: this must be a valid integer"),
        ("train.learning_rate=nan", "train.learning_rate"),
        ("data.train_rows=some", "data.train_rows: this must be a valid integer or"),
    ],
)
def test_wrong_values_are_named(override, said):
    overrides = [override] if override.startswith("adapter.method") else ["adapter.method=lora", override]
    (found,) = problems(SMALL, *overrides)
    assert said in found


def test_a_key_of_another_method_is_unknown():
    (found,) = problems(SMALL, "adapter.method=vera", "adapter.lora_alpha=8")
    assert "adapter.lora_alpha: this key is unknown." in found


def test_full_fine_tuning_of_quantized_weights_is_refused():
    (found,) = problems(SMALL, "adapter.method=full", "quant.method=nf4")
    assert "quant.method: nf4 holds the weights in a form that full fine-tuning cannot train." in found


def test_a_name_in_the_file_is_refused():
    assert "a profile is named by its file" in problems(f'name = "x"\n{SMALL}')[0]

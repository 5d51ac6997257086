from pathlib import Path

import pytest

from workbench import profile as profiles
from workbench.errors import InputError, ProblemsError
from workbench.profile import Profile, dump, load, parse, split_override

SMALL = '[model]\nname = "m"\n[data]\ndataset = "d"\n'


def problems(text, *overrides):
    with pytest.raises(ProblemsError) as caught:
        parse(text, "p", "p.toml", overrides)
    return [str(problem) for problem in caught.value.problems]


def test_what_is_dumped_is_loaded_again():
    profile = parse(SMALL, "p", "here", ["adapter.method=vera", "quant.method=int8", "data.train_rows=7"])
    assert parse(dump(profile), "p", "here") == profile


def test_every_key_has_a_default_but_the_model_s_name():
    profile = parse(SMALL, "p", "here")
    assert (profile.adapter.method, profile.quant.method, profile.train.optim) == ("lora", "none", "adamw_torch_fused")
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


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("adapter.r=32", ("adapter", "r", 32)),
        ("data.dataset=quiz", ("data", "dataset", "quiz")),
        ("data.dataset=", ("data", "dataset", "")),
        ("train.learning_rate = 1e-5", ("train", "learning_rate", 1e-5)),
        ('adapter.target_modules=["q_proj"]', ("adapter", "target_modules", ["q_proj"])),
    ],
)
def test_overrides_are_read_as_toml(override, expected):
    assert split_override(override) == expected


@pytest.mark.parametrize("override", ["r=3", "adapter.r", "=", ".r=1", "adapter.=1"])
def test_an_override_that_names_no_key_is_refused(override):
    with pytest.raises(InputError, match="must look like --set"):
        split_override(override)


def test_files_that_are_no_profile_are_named(tmp_path):
    (tmp_path / "quickstart.toml").write_text("[")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    for name, said in (
        ("quickstrat", 'There is no profile .*Did you mean "quickstart"'),
        ("quickstart", "this is no TOML"),
        ("binary", "not UTF-8"),
    ):
        with pytest.raises(InputError, match=said):
            load(tmp_path / f"{name}.toml")
    with pytest.raises(InputError, match="is a folder"):
        load(tmp_path)


def test_a_profile_does_not_change():
    profile = parse(SMALL, "p", "here")
    with pytest.raises(ValueError, match="frozen"):
        profile.train.seed = 3


def test_every_key_of_every_section_is_used_somewhere():
    """A key that is validated, documented and then read by nothing must not come in."""
    package = Path(profiles.__file__).parent
    paths = [path for path in package.rglob("*.py") if path.name != "profile.py"]
    sources = [path.read_text(encoding="utf-8") for path in paths]
    for section, field in Profile.model_fields.items():
        keys = getattr(field.annotation, "model_fields", {})
        for key in keys:
            assert any(f".{key}" in text or f'"{key}"' in text for text in sources), f"{section}.{key}"


def test_a_section_that_does_not_name_its_method_means_the_default():
    made = parse('[model]\nname = "m"\n[adapter]\nr = 4\n[quant]\n[data]\ndataset = "d"\n', "p", "p")
    assert (made.adapter.method, made.adapter.r, made.quant.method) == ("lora", 4, "none")

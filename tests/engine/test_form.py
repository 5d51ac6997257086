import pytest

from workbench.choices.adapters import ADAPTERS
from workbench.choices.optimizers import OPTIMIZERS
from workbench.engine.form import SECTIONS, about, fields, known_names, section_fields, value_text
from workbench.paths import Workspace
from workbench.profile import Profile, dump, parse


def field(path, tree=None):
    return next(one for one in fields(tree or {}) if one.path == path)


@pytest.mark.parametrize("method", ADAPTERS)
def test_a_form_has_every_key_of_the_profile_and_no_other(method):
    tree = {"adapter": {"method": method}, "quant": {"method": "nf4" if method != "full" else "none"}}
    text = f'[model]\nname="m"\n[data]\ndataset="d"\n[adapter]\nmethod="{method}"\n'
    if method != "full":
        text += '[quant]\nmethod="nf4"\n'
    sections = parse(text, "p", "p").model_dump()
    assert {f"{section}.{key}" for section in sections for key in sections[section]} == {
        one.path for one in fields(tree)
    }


def test_defaults_are_the_profiles_own():
    sections = parse('[model]\nname="m"\n[data]\ndataset=""\n', "p", "p").model_dump()
    for one in fields({}):
        if not one.required:
            assert one.default == sections[one.section][one.key], one.path
    assert [one.path for one in fields({}) if one.required] == ["model.name"]


def test_every_key_says_what_it_is_for_and_what_it_takes():
    for method in ADAPTERS:
        for one in fields({"adapter": {"method": method}, "quant": {"method": "int8"}}):
            assert one.help, one.path
            assert one.allowed, one.path
    assert all(about(section, "lora" if section == "adapter" else "nf4") for section in SECTIONS)


def test_a_key_that_names_a_row_lists_the_table():
    assert [choice.value for choice in field("train.optim").choices] == list(OPTIMIZERS)
    assert field("train.optim").choices[0].label == "AdamW"
    assert field("data.task").choices[0].value == "auto"


def test_the_method_lists_the_methods_and_decides_on_the_other_keys():
    assert [choice.value for choice in field("adapter.method").choices] == list(ADAPTERS)
    assert [one.key for one in section_fields("adapter", "vera")][:3] == ["method", "r", "vera_dropout"]
    assert [one.key for one in section_fields("adapter", "full")] == ["method"]
    assert [one.key for one in section_fields("adapter", "lorra")] == ["method"]
    assert field("adapter.r", {"adapter": {"method": "vera"}}).default == 256


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("adapter.r", "a whole number, at least 1 and at most 8192"),
        ("adapter.lora_dropout", "a number, at least 0 and below 1"),
        ("data.train_rows", 'a whole number, at least 1 or "all"'),
        ("train.use_liger_kernel", "one of auto, true, false"),
        ("train.gradient_checkpointing", "true or false"),
        ("adapter.target_modules", 'names with commas between them or "all-linear"'),
        ("model.dtype", "one of auto, bfloat16, float16, float32"),
    ],
)
def test_what_a_key_takes_in_words(path, allowed):
    assert field(path).allowed == allowed


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("adapter.r", " 32 ", 32),
        ("adapter.r", "x", "x"),
        ("train.learning_rate", "1e-5", 1e-5),
        ("data.train_rows", "all", "all"),
        ("adapter.target_modules", "all-linear", "all-linear"),
        ("adapter.target_modules", "q_proj, v_proj", ["q_proj", "v_proj"]),
        ("eval.datasets", '["arc"]', ["arc"]),
        ("eval.datasets", "", []),
        ("data.system", 'Say "32".', 'Say "32".'),
        ("data.system", "32", "32"),
    ],
)
def test_a_typed_text_is_read_as_its_key_means_it(path, text, value):
    assert field(path).read(text) == value


def test_what_is_shown_is_read_back_as_the_same_value():
    profile = parse('[model]\nname="m"\n[data]\ndataset="arc"\n[eval]\ndatasets=["arc", "quiz"]\n', "p", "p")
    sections = profile.model_dump()
    for one in fields({}):
        value = sections[one.section][one.key]
        assert one.read(value_text(value)) == value, one.path
    assert dump(profile)


def test_known_names_are_those_of_the_tables_and_of_the_workspace(tmp_path):
    (tmp_path / "models" / "mine").mkdir(parents=True)
    (tmp_path / "models" / "mine" / "source.json").touch()
    place = Workspace(tmp_path)
    assert {"mine", "qwen3-8b"} <= set(known_names(place, "model.name"))
    assert "quiz" in known_names(place, "data.dataset")
    assert known_names(place, "data.format")[0] == "auto"
    assert known_names(place, "train.seed") == []
    assert set(SECTIONS) == set(Profile.model_fields) - {"name"}

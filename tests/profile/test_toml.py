import pytest

from workbench.errors import InputError
from workbench.profile import dump, load, parse, split_override

SMALL = '[model]\nname = "m"\n[data]\ndataset = "d"\n'


def test_what_is_dumped_is_loaded_again():
    profile = parse(SMALL, "p", "here", ["adapter.method=vera", "quant.method=int8", "data.train_rows=7"])
    assert parse(dump(profile), "p", "here") == profile


def test_a_section_that_does_not_name_its_method_means_the_default():
    made = parse('[model]\nname = "m"\n[adapter]\nr = 4\n[quant]\n[data]\ndataset = "d"\n', "p", "p")
    assert (made.adapter.method, made.adapter.r, made.quant.method) == ("lora", 4, "none")


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

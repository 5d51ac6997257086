import pytest

from workbench.engine.edit import set_values, write_new
from workbench.errors import InputError, ProblemsError
from workbench.paths import Workspace
from workbench.profile import load

HAND_WRITTEN = """\
# What this is about.

[train]           # first, on purpose
max_steps = 40    # long enough
optim = "sgd"

[model]
# the small one
name = "smollm2-135m"

[data]
dataset = "quiz"
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.toml"
    path.write_text(HAND_WRITTEN)
    return path


def test_an_edit_changes_one_value_and_nothing_else(source):
    set_values(source, ["train.max_steps=7"])
    assert source.read_text() == HAND_WRITTEN.replace("max_steps = 40", "max_steps = 7")


def test_new_keys_and_sections_are_added(source):
    set_values(source, ["train.seed=3", "adapter.method=vera", "adapter.r=512"])
    text = source.read_text()
    profile = load(source)
    assert (profile.train.seed, profile.adapter.r) == (3, 512)
    for line in HAND_WRITTEN.splitlines():
        assert line in text.splitlines()
    assert text.index("seed = 3") < text.index("[model]")


@pytest.mark.parametrize("change", ["train.max_stps=7", "train.max_steps=x", "adapter.r=0", "nonsense"])
def test_a_change_that_would_not_be_valid_leaves_the_file(source, change):
    with pytest.raises(InputError):
        set_values(source, [change])
    assert source.read_text() == HAND_WRITTEN


def test_all_kinds_of_values_come_back(source):
    changes = [
        'eval.datasets=["arc", "squad_v2"]',
        "train.learning_rate=1e-5",
        "quant.method=nf4",
        "data.system=Be brief.",
    ]
    set_values(source, changes)
    profile = load(source)
    assert profile.eval.datasets == ["arc", "squad_v2"]
    assert profile.train.learning_rate == 1e-5
    assert profile.quant.method == "nf4"
    assert profile.data.system == "Be brief."


def test_a_new_profile_begins_as_its_source(source, tmp_path):
    place = Workspace(tmp_path)
    path = write_new(place, "mine", source, ["train.max_steps=7"])
    assert path == place.profile("mine")
    assert path.read_text() == HAND_WRITTEN.replace("max_steps = 40", "max_steps = 7")
    assert source.read_text() == HAND_WRITTEN


def test_a_name_that_is_taken_or_no_name_is_refused(source, tmp_path):
    place = Workspace(tmp_path)
    write_new(place, "mine", source, [])
    with pytest.raises(InputError, match="There is a profile"):
        write_new(place, "mine", source, [])
    write_new(place, "mine", source, ["train.seed=1"], force=True)
    for name in ("../out", "a/b", "", ".hidden", "a b"):
        with pytest.raises(InputError, match="cannot name a profile"):
            write_new(place, name, source, [])


def test_nothing_is_written_when_the_source_is_wrong(source, tmp_path):
    place = Workspace(tmp_path)
    with pytest.raises(InputError, match="There is no profile"):
        write_new(place, "mine", tmp_path / "nowhere.toml", [])
    with pytest.raises(ProblemsError, match=r"train\.sed"):
        write_new(place, "mine", source, ["train.sed=1"])
    assert not place.profiles.exists()

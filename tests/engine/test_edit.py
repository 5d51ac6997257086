import pytest

from workbench.engine.check import check
from workbench.engine.edit import parent_of, set_key, set_values, switch_method, unset_key, write_new
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
    changed = HAND_WRITTEN.replace("max_steps = 40", "max_steps = 7")
    assert path.read_text() == changed.replace("about.\n", "about.\n# From:    source\n")
    assert parent_of(path.read_text()) == "source"
    assert source.read_text() == HAND_WRITTEN


def test_a_clone_of_a_clone_names_its_own_parent_alone(source, tmp_path):
    place = Workspace(tmp_path)
    write_new(place, "grandchild", write_new(place, "child", source, []), [])
    assert place.profile("grandchild").read_text().count("From:") == 1
    assert parent_of(place.profile("grandchild").read_text()) == "child"


def test_a_blank_profile_is_always_there_and_has_no_parent(tmp_path):
    place = Workspace(tmp_path)
    path = write_new(place, "mine", place.profile("blank"), ["adapter.r=4"])
    assert load(path).adapter.r == 4
    assert parent_of(path.read_text()) == ""
    assert check(load(path), place, "mine") == []


def test_a_profile_written_over_itself_gets_no_parent(source, tmp_path):
    place = Workspace(tmp_path)
    write_new(place, "mine", write_new(place, "mine", source, []), ["train.seed=1"], force=True)
    assert parent_of(place.profile("mine").read_text()) == "source"


def test_a_key_can_be_taken_out_again(source):
    text = unset_key(HAND_WRITTEN, "train", "optim")
    assert text == HAND_WRITTEN.replace('optim = "sgd"\n', "")
    with pytest.raises(InputError, match=r"train\.optim is not set"):
        unset_key(text, "train", "optim")
    assert unset_key("stray = 1\n[model]\n", "", "stray") == "[model]\n"


def test_another_method_takes_its_predecessors_keys_away_and_no_others():
    text = "[adapter]\nmethod = 'lora'\nr = 8\nlora_alpha = 16\nrnak = 4\n"
    changed, lost = switch_method(text, "adapter", "vera")
    assert lost == ["lora_alpha"]
    assert changed == text.replace("'lora'", '"vera"').replace("lora_alpha = 16\n", "")


def test_a_plain_value_in_the_place_of_a_section_is_not_overwritten():
    with pytest.raises(InputError, match="train is no section"):
        set_key("train = 3\n", "train", "seed", 1)
    with pytest.raises(InputError, match="no TOML"):
        set_key("[train\n", "train", "seed", 1)


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

import pytest

from workbench.engine.diff import NO_KEY
from workbench.engine.differences import Difference, differences
from workbench.engine.draft import Draft, new_draft, open_draft
from workbench.engine.run import create
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import load

TEXT = "[model]\nname = 'smollm2-135m'\n[data]\ndataset = 'quiz'\n[train]\nlearning_rate = 1e-3\n"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "mine.toml").write_text(TEXT)
    return Workspace(tmp_path)


def test_a_clone_differs_from_its_parent_in_values_not_in_spelling(place):
    new, _ = new_draft(place, "other", "mine", adapter="vera")
    new = new.with_text(new.text.replace("1e-3", "0.001"))
    what, rows = differences(new)
    assert what == "mine"
    assert Difference("adapter.method", "lora", "vera") in rows
    assert Difference("adapter.r", "16", "256") in rows
    assert Difference("adapter.lora_alpha", "16", NO_KEY) in rows
    assert not [row for row in rows if not row.path.startswith("adapter.")]


def test_without_a_parent_it_is_compared_with_its_file(place):
    draft = open_draft(place, "mine")
    assert differences(draft) == ("its file mine.toml", [])
    assert differences(draft.with_text(TEXT + "seed = 1\n"))[1] == [Difference("train.seed", "42", "1")]


def test_a_run_can_be_a_parent(place):
    run = create(place, load(place.profile("mine")))
    text = f"# From: {run.id}\n{TEXT}seed = 7\n"
    what, rows = differences(Draft(place, "again", text))
    assert (what, rows) == (run.id, [Difference("train.seed", "42", "7")])


def test_what_is_not_there_is_said(place):
    with pytest.raises(InputError, match="no parent and no file"):
        differences(Draft(place, "x", TEXT))
    with pytest.raises(InputError, match="There is no run"):
        differences(Draft(place, "x", f"# From: gone\n{TEXT}"))
    with pytest.raises(InputError, match="x is no TOML at the moment"):
        differences(Draft(place, "x", "[model", TEXT))

import os

import pytest

from workbench.choices.rows import Row
from workbench.engine.datasets import store
from workbench.engine.datasets.store import existing, prepared, rows, write
from workbench.errors import InputError
from workbench.paths import Workspace

FACTS = {"source": "here", "licence": "Apache-2.0", "format": "workbench", "seed": 1, "notes": []}
TRAIN = [Row(str(n), "math", f"What is {n} + 1?\u2028", (str(n + 1),)) for n in range(4)]
TEST = [Row("t", "math", "What is 9 + 9?", ("18",))]


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def test_rows_come_back_as_they_were_written(workspace):
    made = write(workspace, "mine", TRAIN, TEST, FACTS)
    assert rows(made, "train", "all", 0) == TRAIN
    assert rows(made, "test", "all", 0) == TEST
    assert [one.id for one in prepared(workspace)] == ["mine"]
    assert made.folder.stat().st_mode & 0o777 == 0o755


def test_a_write_that_is_interrupted_leaves_nothing(workspace, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "overlap", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(workspace, "mine", TRAIN, TEST, FACTS)
    assert not list(workspace.data.iterdir())


def test_what_a_killed_process_left_is_no_data_set_and_goes_later(workspace):
    left = workspace.data / ".unfinished-abc"
    left.mkdir(parents=True)
    (left / "manifest.json").write_text("{}")
    assert prepared(workspace) == []
    write(workspace, "first", TRAIN, TEST, FACTS)
    assert left.exists()  # young: another process may be writing it
    os.utime(left, (0, 0))
    write(workspace, "second", TRAIN, TEST, FACTS)
    assert not left.exists()


def test_somebody_elses_folder_is_not_touched(workspace):
    mine = workspace.dataset("mine")
    mine.mkdir(parents=True)
    (mine / "notes.txt").write_text("keep me")
    with pytest.raises(InputError, match="is there already and is not this data set"):
        write(workspace, "mine", TRAIN, TEST, FACTS)
    assert (mine / "notes.txt").read_text() == "keep me"
    assert [path.name for path in workspace.data.iterdir()] == ["mine"]


def test_two_that_write_the_same_rows_at_once_both_get_them(workspace):
    first = write(workspace, "mine", TRAIN, TEST, FACTS)
    assert write(workspace, "mine", TRAIN, TEST, FACTS).manifest == first.manifest
    with pytest.raises(InputError, match="is not this data set"):
        write(workspace, "mine", TRAIN[:2], TEST, FACTS)


@pytest.mark.parametrize(("text", "says"), [("{", "is damaged"), ("[1]", "lacks"), ('{"task": "math"}', "lacks")])
def test_a_damaged_manifest_is_a_sentence(workspace, text, says):
    folder = workspace.dataset("mine")
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=says):
        existing(workspace, "mine")

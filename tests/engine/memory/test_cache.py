from dataclasses import replace

import pytest

from workbench.engine.memory import cache
from workbench.engine.memory.estimate import Machine
from workbench.paths import Workspace
from workbench.profile import parse

MACHINE = Machine(100, 10)


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n' * 3)
    return path


@pytest.fixture
def key(tmp_path, rows, llama):
    """The key of a profile on a file of rows; with other lines, config, machine."""

    def make(train="", config=None, machine=MACHINE, quick=False, model=""):
        text = (
            f'[model]\nname = "no-one/tiny"\n{model}\n[data]\ntrain_file = "{rows}"\ntest_file = "{rows}"\n'
            f'task = "math"\n[train]\n{train}\n'
        )
        return cache.key(Workspace(tmp_path), parse(text, "p", "p"), config or llama(), machine, quick)

    return make


def test_a_prediction_that_was_kept_is_found(key, predicted):
    assert cache.find(key()) is None
    cache.keep(key(), predicted())
    assert cache.find(key()) == predicted()


def test_a_damaged_file_is_no_hit(key, predicted):
    cache.keep(key(), predicted())
    for text in ("{", "[]", "{}", "null"):
        cache._file(key()).write_text(text)
        assert cache.find(key()) is None


@pytest.mark.parametrize(
    "change",
    [
        {"train": "max_length = 99"},
        {"train": 'optim = "sgd"'},
        {"model": 'dtype = "float32"'},
        {"config": {"model_type": "llama"}},
        {"machine": replace(MACHINE, context_bytes=101)},
        {"quick": True},
    ],
)
def test_what_changes_memory_changes_the_key(key, change):
    assert key(**change) != key()


@pytest.mark.parametrize("train", ["learning_rate = 0.5", "seed = 9", "weight_decay = 0.5", "save_steps = 7"])
def test_what_changes_no_byte_does_not(key, train):
    assert key(train=train) == key()


def test_another_version_of_a_library_invalidates(key, monkeypatch):
    before = key()
    monkeypatch.setattr(cache, "versions", lambda: {"torch": "99"})
    assert key() != before


def test_other_code_of_this_package_invalidates(key, monkeypatch):
    before = key()
    monkeypatch.setattr(cache, "_code", lambda: "other")
    assert key() != before


def test_other_rows_invalidate(key, rows):
    before = key()
    rows.write_text('{"prompt": "a", "completion": "a much longer one"}\n' * 3)
    assert key() != before


def test_a_model_that_has_come_invalidates(key, monkeypatch):
    before = key()
    monkeypatch.setattr(cache, "model_folder", lambda *_: "here")
    assert key() != before

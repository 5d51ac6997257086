"""The hub's data sets, from a hub that is played."""

import sys
import types

import httpx
import huggingface_hub
import pytest

from workbench.engine.datasets import prepare, prepare_named, rows
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import DataOptions


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def hub(monkeypatch):
    """Call with the rows of each split."""
    asked = []

    def plays(**splits):
        def load_dataset(hub_id, config, split, streaming):
            asked.append((hub_id, config, split, streaming))
            return iter(splits[split])

        module = types.ModuleType("datasets")
        module.load_dataset = load_dataset
        monkeypatch.setitem(sys.modules, "datasets", module)
        monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", lambda *_, **__: None)
        return asked

    return plays


def arc(row_id, labels, key):
    return {"id": row_id, "question": "q?", "choices": {"text": ["x"] * len(labels), "label": labels}, "answerKey": key}


def test_a_split_is_streamed_and_read(workspace, hub):
    train = [arc("a", list("ABC"), "C"), arc("b", list("1234"), "2"), arc("c", list("ABCDE"), "E")]
    asked = hub(train=train, test=[arc("d", list("ABCD"), "A")])
    made = prepare(workspace, DataOptions(dataset="allenai/ai2_arc"))
    assert made.id == "arc"
    assert asked[0] == ("allenai/ai2_arc", "ARC-Challenge", "train", True)
    assert made.manifest["licence"] == "CC-BY-SA-4.0"
    read = rows(made, "train", "all", 0)
    assert [(row.id, row.answers[0], len(row.labels)) for row in read] == [("a", "C", 3), ("b", "B", 4), ("c", "E", 5)]


def test_of_many_solutions_of_a_problem_one_is_taken_and_test_rows_are_held_out(workspace, hub, monkeypatch):
    from workbench.choices.sources import SOURCES, Source

    small = Source(**{**vars(SOURCES["openmath"]), "train_rows": 30, "test_rows": 10})
    monkeypatch.setitem(SOURCES._rows, "openmath", small)
    records = (
        {"problem": f"What is {n // 3} + 1?", "expected_answer": f"{n // 3 + 1}", "generated_solution": str(n)}
        for n in range(10_000)
    )
    made_of = [{"problem": "Solve it.", "expected_answer": "x + 1"}]
    hub(train_1M=iter([*made_of, *(record for record, _ in zip(records, range(600), strict=False))]))
    made = prepare_named(workspace, "openmath")
    assert made.manifest["counts"] == {"train": 30, "test": 10}
    assert made.manifest["overlap"] == {"exact": 0, "normalised": 0}
    assert any("left out" in note for note in made.manifest["notes"])
    assert any("held out, seed 42" in note for note in made.manifest["notes"])


def test_without_a_hub_there_is_one_sentence_and_nothing_is_left(workspace, monkeypatch):
    def unreachable(*_, **__):
        raise httpx.ConnectError("[Errno -2] Name or service not known")

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", unreachable)
    with pytest.raises(InputError) as caught:
        prepare(workspace, DataOptions(dataset="squad_v2"))
    assert "the hub cannot be reached" in str(caught.value)
    assert "data.train_file, or use an own set: arithmetic, passages, quiz." in str(caught.value)
    assert not workspace.data.exists()


def test_a_hub_that_fails_while_it_streams_is_the_same_sentence(workspace, hub):
    def breaks():
        yield arc("a", list("ABCD"), "A")
        raise httpx.ReadTimeout("timed out")

    hub(train=breaks(), test=[])
    with pytest.raises(InputError, match="the hub cannot be reached: timed out"):
        prepare_named(workspace, "arc")
    assert not workspace.data.exists()


def test_an_unknown_name_gets_the_nearest(workspace):
    with pytest.raises(InputError, match=r'there is no data set "quizz"\. Did you mean "quiz"\?'):
        prepare_named(workspace, "quizz")

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from workbench.engine.datasets import check, prepare, prepare_named, reduce, resolve, rows
from workbench.engine.datasets.read import number_text
from workbench.engine.datasets.sample import sample
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import DataOptions

ROOT = Path(__file__).parents[3]
OWN = ("arithmetic", "passages", "quiz")


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def jsonl(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


@pytest.mark.parametrize("name", OWN)
def test_the_own_sets_come_out_of_their_seed_byte_for_byte(workspace, name):
    made = prepare_named(workspace, name)
    assert made.manifest["counts"]["train"] >= 400
    assert made.manifest["counts"]["test"] >= 200
    assert made.manifest["overlap"] == {"exact": 0, "normalised": 0}
    for file in ("train.jsonl", "test.jsonl", "manifest.json"):
        assert (made.folder / file).read_bytes() == (ROOT / "data" / name / file).read_bytes()


def test_the_quiz_stands_its_right_option_everywhere(workspace):
    letters = Counter(row.answers[0] for row in rows(prepare_named(workspace, "quiz"), "test", "all", 0))
    assert set(letters) == {"A", "B", "C", "D"}
    assert max(letters.values()) - min(letters.values()) <= 10


def test_the_passages_hold_what_they_answer(workspace):
    asked = rows(prepare_named(workspace, "passages"), "test", "all", 0)
    assert all(row.answers[0] in row.context for row in asked if row.answers)
    assert 0.25 < sum(not row.answers for row in asked) / len(asked) < 0.4


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv"])
def test_files_of_every_kind_hold_the_same_rows(workspace, tmp_path, ending):
    records = [{"question": f"How many are {n}?", "answer": f"{n}"} for n in range(30)]
    path = tmp_path / f"train-x.{ending}"
    if ending == "jsonl":
        jsonl(path, records)
    elif ending == "json":
        path.write_text(json.dumps({"data": records}))
    else:
        path.write_text("question,answer\n" + "".join(f"{r['question']},{r['answer']}\n" for r in records))
    made = prepare(workspace, DataOptions(train_file=str(path)))
    assert made.manifest["counts"] == {"train": 27, "test": 3}
    assert made.manifest["task"] == "math"
    both = rows(made, "train", "all", 0) + rows(made, "test", "all", 0)
    assert {row.answers for row in both} == {(str(n),) for n in range(30)}


def test_the_second_time_nothing_is_done_and_other_content_is_another_set(workspace, tmp_path):
    data = DataOptions(
        train_file=jsonl(tmp_path / "a.jsonl", [{"prompt": f"{n}?", "completion": "y"} for n in range(9)])
    )
    first = prepare(workspace, data)
    before = (first.folder / "manifest.json").stat().st_mtime_ns
    assert prepare(workspace, data) == first
    assert (first.folder / "manifest.json").stat().st_mtime_ns == before
    jsonl(tmp_path / "a.jsonl", [{"prompt": f"{n}?", "completion": "z"} for n in range(9)])
    assert resolve(workspace, data) != first.id


def test_rows_that_both_parts_share_are_counted(workspace, tmp_path):
    train = [{"question": f"How many are {n}?", "answer": n} for n in range(10)]
    test = [{"question": "How many are 3?", "answer": 3}, {"question": "how MANY are 4 ?!", "answer": 4}]
    test.append({"question": "Something else?", "answer": 5})
    data = DataOptions(
        train_file=jsonl(tmp_path / "train.jsonl", train), test_file=jsonl(tmp_path / "test.jsonl", test)
    )
    assert prepare(workspace, data).manifest["overlap"] == {"exact": 1, "normalised": 2}


@pytest.mark.parametrize(
    ("number", "text"), [(68.0, "68"), (0.25, "0.25"), (1e-07, "0.0000001"), (-3.0, "-3"), (1e22, "1" + "0" * 22)]
)
def test_a_number_is_written_as_a_person_writes_it(number, text):
    assert number_text(number) == text


def test_a_sample_is_seeded_and_keeps_the_proportions(workspace):
    asked = rows(prepare_named(workspace, "passages"), "test", "all", 0)
    chosen = sample(asked, 90, seed=1)
    assert chosen == sample(asked, 90, seed=1)
    assert chosen != sample(asked, 90, seed=2)
    assert chosen != asked[:90]
    share = sum(not row.answers for row in asked) / len(asked)
    assert sum(not row.answers for row in chosen) == pytest.approx(90 * share, abs=1)
    places = [asked.index(row) for row in chosen]
    assert places == sorted(places)
    assert sample(asked, 10_000, 0) == asked


def test_a_reduced_set_is_a_set_of_its_own(workspace):
    small = reduce(workspace, "quiz", "small", 40, 20, seed=3)
    assert small.manifest["counts"] == {"train": 40, "test": 20}
    assert prepare_named(workspace, "small").manifest == small.manifest
    with pytest.raises(InputError):
        reduce(workspace, "quiz", "small", 4, 2, seed=3)


def test_a_file_changed_after_it_was_prepared_is_noticed(workspace):
    made = prepare_named(workspace, "quiz")
    with (made.folder / "test.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(InputError, match=r"test\.jsonl"):
        rows(made, "test", "all", 0)


WRONG = {
    "missing.jsonl": (None, "there is no file"),
    "empty.jsonl": ("", "is empty"),
    "blank.jsonl": ("\n\n", "no rows"),
    "torn.jsonl": ('{"prompt": "a"', "cannot be read as jsonl"),
    "columns.jsonl": ('{"a": 1}\n', "fit no known format"),
    "rows.json": ('{"a": 1}', "cannot be read as json"),
    "rows.txt": ("hello", "unknown ending"),
    "rows.parquet": ("hello", "cannot be read as parquet"),
    "nan.jsonl": ('{"question": "q", "answer": null}\n' * 3, "row"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_a_sentence_and_leaves_nothing(workspace, tmp_path, name):
    content, says = WRONG[name]
    if content is not None:
        (tmp_path / name).write_text(content)
    data = DataOptions(train_file=str(tmp_path / name))
    with pytest.raises(InputError, match=says) as caught:
        prepare(workspace, data)
    assert str(caught.value).startswith("data.train_file: ")
    (problem,) = check(workspace, data)
    assert problem.where == "data.train_file"
    assert not workspace.data.exists() or not list(workspace.data.iterdir())


def test_a_full_disk_leaves_nothing(workspace, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="is full"):
        prepare_named(workspace, "quiz")
    assert not list(workspace.data.iterdir())


def test_neither_and_both_sources_are_refused(workspace):
    for data in (DataOptions(), DataOptions(dataset="quiz", train_file="x.jsonl")):
        with pytest.raises(InputError, match="data"):
            prepare(workspace, data)


def test_the_real_rows_of_the_three_tasks_are_read(workspace, real_rows):
    for name, task in (("ai2_arc", "arc"), ("squad_v2", "squad"), ("OpenMathInstruct-2", "math")):
        data = DataOptions(
            train_file=str(real_rows / f"train-{name}.parquet"), test_file=str(real_rows / f"test-{name}.parquet")
        )
        made = prepare(workspace, data)
        assert made.manifest["task"] == task
        assert made.manifest["counts"] == {"train": 1000, "test": 200}
        assert all(isinstance(answer, str) for row in rows(made, "train", "all", 0) for answer in row.answers)

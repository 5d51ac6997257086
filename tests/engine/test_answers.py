"""Answers read while they grow, scored as the result will score them, and found beside the base model's."""

import json
import os

import pytest

from workbench import profile as profiles
from workbench.choices.rows import Row
from workbench.engine import answers as module
from workbench.engine.answers import AnswerReader, answers_of, base_of, belongs, score_so_far
from workbench.engine.evaluate.scoring import score
from workbench.engine.evaluate.summary import summarize
from workbench.engine.events import EventLog
from workbench.engine.run import Run, create
from workbench.paths import Workspace

PROFILE = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "quiz"\n', "mine", "here")


def sample(number, right=True, task="arc"):
    gold = "A" if task == "arc" else "a red cat"
    said = gold if right else ("B" if task == "arc" else "a red dog")
    scored = score(Row(str(number), task, "q", (gold,), context="c"), said, "stop", "bare")
    return {
        "dataset": "quiz",
        "task": task,
        "doc_id": str(number),
        "doc_hash": f"hash-{number}",
        "cluster": f"passage-{number // 2}",
        "gold": [gold],
        "raw": said,
        "parsed": scored.parsed,
        "status": scored.status,
        "scores": scored.scores,
        "n_new_tokens": 1,
    }


def lines(samples):
    return "".join(json.dumps(one) + "\n" for one in samples)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "samples.jsonl"


def ids(portion):
    return [one["doc_id"] for one in portion.samples]


def test_answers_come_as_they_are_written_and_a_torn_line_waits(file):
    reader = AnswerReader(file)
    assert reader.read().samples == []
    file.write_text(lines([sample(1)]) + json.dumps(sample(2))[:30])
    assert ids(reader.read()) == ["1"]
    file.write_text(lines([sample(1), sample(2)]))
    portion = reader.read()
    assert (ids(portion), portion.anew, portion.more) == (["2"], False, False)
    assert ids(reader.read()) == []


def test_a_file_written_anew_is_read_from_its_beginning(file, tmp_path):
    file.write_text(lines([sample(1), sample(2)]))
    reader = AnswerReader(file)
    reader.read()
    other = tmp_path / "other"
    other.write_text(lines([sample(3)]))
    os.replace(other, file)
    portion = reader.read()
    assert (ids(portion), portion.anew) == (["3"], True)


def test_a_long_file_comes_in_portions_and_a_line_longer_than_one_comes_whole(file, monkeypatch):
    monkeypatch.setattr(module, "PORTION_BYTES", 1000)
    long = {**sample(2), "raw": "x" * 5000}
    file.write_text(lines([sample(0), sample(1), long, sample(3)]))
    reader, got, portions = AnswerReader(file), [], 0
    while True:
        portion = reader.read()
        got += ids(portion)
        portions += 1
        if not portion.more:
            break
    assert got == ["0", "1", "2", "3"]
    assert portions > 1


def test_lines_that_are_no_answers_are_counted_and_passed_over(file):
    file.write_text(lines([sample(1)]) + 'no json\n[]\n{"dataset": "quiz"}\n\xff\n' + lines([sample(2)]))
    portion = AnswerReader(file).read()
    assert (ids(portion), portion.damaged) == (["1", "2"], 4)


@pytest.mark.parametrize("task", ["arc", "squad"])
def test_the_score_so_far_is_the_results_own(task):
    samples = [sample(number, right=number % 3 > 0, task=task) for number in range(30)]
    found = score_so_far(samples)
    entry = summarize(task, samples)["metrics"][found.metric]
    assert (found.value, found.low, found.high, found.n) == tuple(entry[key] for key in ("value", "low", "high", "n"))


def test_nothing_to_score_is_no_score():
    assert score_so_far([]) is None
    assert score_so_far([{**sample(1), "scores": {}}]) is None
    assert score_so_far([{**sample(1), "scores": {"loss": 1.5, "perplexity": 4.5}}]) is None


def test_an_entry_is_named_by_its_data_set_and_what_sets_it_apart():
    one = {**sample(1), "protocol": "arc_ll@1", "answer_format": "boxed"}
    assert all(belongs(name, one) for name in ("quiz", "quiz/arc_ll@1", "quiz/boxed", "quiz/arc_ll@1/boxed"))
    assert not any(belongs(name, one) for name in ("passages", "quiz/arc_gen@1", "quiz/bare", "qui"))


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def test_the_base_model_is_found_in_the_result_or_by_the_run_that_asked_it(workspace):
    run = create(workspace, PROFILE)
    assert base_of(run)[0] is None
    assert "once the run is finished" in base_of(run)[1]
    base = Run(workspace, "base-m-1")
    log = EventLog(base.events_file)
    log.append("started", verb="base", within=run.id)
    log.close()
    assert base_of(run) == (base, "")
    assert base_of(base)[0] is None
    run.result_file.write_text(json.dumps({"base_run_id": "base-m-1"}))
    assert "is not there" in base_of(run)[1]
    base.samples_file.touch()
    assert base_of(run) == (base, "")
    run.result_file.write_text(json.dumps({"base_run_id": None}))
    assert "eval.base = false" in base_of(run)[1]
    run.result_file.write_text("{")
    assert "is damaged" in base_of(run)[1]


def test_a_models_evaluation_has_its_answers_in_the_base_run(workspace):
    trains = create(workspace, PROFILE)
    assert answers_of(trains) == trains
    only_asks = create(workspace, profiles.parse(profiles.dump(PROFILE), "e", "e", ["train.max_steps=0"]))
    assert answers_of(only_asks) == only_asks
    base = Run(workspace, "base-m-1")
    base.folder.mkdir()
    base.samples_file.touch()
    only_asks.result_file.write_text(json.dumps({"base_run_id": base.id}))
    assert answers_of(only_asks) == base
    only_asks.profile_file.unlink()
    assert answers_of(only_asks) == only_asks

import json

import pytest

from workbench import profile as profiles
from workbench.engine.answer_records import VERDICTS, answer_records, base_answers, verdict
from workbench.engine.run import Run, create
from workbench.errors import InputError
from workbench.paths import Workspace

from .test_answers import lines, sample

PROFILE = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "quiz"\n', "mine", "here")


@pytest.fixture
def run(tmp_path):
    made = create(Workspace(tmp_path), PROFILE)
    made.samples_file.write_text(lines([sample(0), sample(1, right=False), {**sample(2), "dataset": "other"}]))
    base = Run(made.workspace, "base-m-1")
    base.folder.mkdir()
    base.samples_file.write_text(lines([sample(1)]))
    made.result_file.write_text(json.dumps({"base_run_id": base.id}))
    return made


@pytest.mark.parametrize("status", ["unparsed", "empty", "truncated", "error", "from the future"])
def test_an_answer_that_is_not_complete_and_readable_says_why(status):
    found = verdict({**sample(1), "status": status})
    assert found == (status if status in VERDICTS else "error")


def test_partly_right_answers_and_losses_are_told_apart():
    assert verdict(sample(1, right=False, task="squad")) == "partly"
    assert verdict({**sample(1), "scores": {}}) == "error"
    assert verdict({**sample(1), "scores": {"loss": 1.5}}) == "measured"


def test_answers_stand_beside_the_base_models(run):
    first, second = answer_records(run, "quiz")
    assert (first["verdict"], first["answer"], first["gold"], first["base"]) == ("right", "A", "A", None)
    assert (second["verdict"], second["base"], second["base_answer"]) == ("wrong", "right", "A")
    assert base_answers(run, "nothing") == ({}, "base-m-1 was not asked nothing")


def test_the_entries_of_one_data_set_are_told_apart(run):
    boxed = [{**sample(number), "answer_format": "boxed", "key": "k2"} for number in range(2)]
    with run.samples_file.open("a") as file:
        file.write(lines(boxed))
    assert [record["doc_id"] for record in answer_records(run, "quiz")] == ["0", "1"]
    assert [record["verdict"] for record in answer_records(run, "quiz/boxed")] == ["right", "right"]


def test_no_accepted_answer_and_an_abstention_have_a_word():
    from workbench.engine.answer_records import answer_record

    record = answer_record({**sample(1, task="squad"), "gold": [], "parsed": ""}, (), None)
    assert (record["gold"], record["parsed"]) == ("unanswerable", "unanswerable")
    assert answer_record({**sample(1), "gold": ["A", "B"], "parsed": None}, (), None)["gold"] == "A | B"


def test_a_base_models_answers_do_not_stand_beside_themselves(run):
    only_asks = create(run.workspace, profiles.parse(profiles.dump(PROFILE), "e", "e", ["train.max_steps=0"]))
    only_asks.result_file.write_text(json.dumps({"base_run_id": "base-m-1"}))
    (record,) = answer_records(only_asks, "quiz")
    assert (record["doc_id"], record["base"]) == ("1", None)


def test_a_data_set_must_be_named_where_there_are_several(run):
    with pytest.raises(InputError, match=r"name one with --on: quiz, other"):
        answer_records(run)
    with pytest.raises(InputError, match=r'was not asked "quizz"\. Did you mean "quiz"'):
        answer_records(run, "quizz")
    assert len(answer_records(run, "other")) == 1
    run.samples_file.unlink()
    with pytest.raises(InputError, match="has no answers"):
        answer_records(run)

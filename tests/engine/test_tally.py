from workbench.engine.tally import Tally

from .test_answers import lines, sample


def test_scores_follow_a_file_that_grows_and_another_file_begins_anew(tmp_path):
    file, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    tally = Tally()
    tally.read(file)
    assert tally.score("quiz") is None
    file.write_text(lines([sample(0), sample(1, right=False)]))
    tally.read(file)
    assert (tally.score("quiz").value, tally.score("quiz").n) == (0.5, 2)
    with file.open("a") as growing:
        growing.write(lines([sample(2), sample(3)]))
    tally.read(file)
    assert tally.score("quiz").value == 0.75
    other.write_text(lines([sample(0)]))
    tally.read(other)
    assert (tally.score("quiz").value, tally.score("quiz").n) == (1.0, 1)
    assert tally.score("passages") is None


def test_entries_are_kept_apart_and_answers_that_nobody_knows_have_no_score(tmp_path):
    file = tmp_path / "samples.jsonl"
    boxed = {**sample(0, right=False), "key": "k2", "answer_format": "boxed"}
    odd = {**sample(0), "key": "k3", "dataset": "odd", "scores": {"accuracy": "high"}}
    file.write_text(lines([{**sample(0), "key": "k1"}, boxed, odd]))
    tally = Tally()
    tally.read(file)
    assert tally.score("quiz").value == 1.0
    assert tally.score("quiz/boxed").value == 0.0
    assert tally.score("odd") is None

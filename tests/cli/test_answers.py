"""samples and list evaluations."""

import csv
import io
import json

import pytest

from .conftest import FINISHED, STARTED


def sample(number, right):
    gold = "A"
    return {
        "dataset": "quiz",
        "task": "arc",
        "doc_id": str(number),
        "doc_hash": str(number),
        "gold": [gold],
        "raw": "A" if right else "B \x1b[31mred",
        "parsed": "A" if right else "B",
        "status": "ok",
        "scores": {"accuracy": float(right)},
        "prompt": f"Question {number}?",
    }


@pytest.fixture
def answered(make_run):
    metric = {"value": 0.5, "low": 0.15, "high": 0.85, "n": 4}
    result = {"evaluation": {"quiz": {"n": 4, "metrics": {"accuracy": metric}}}, "base_run_id": None}
    run = make_run(STARTED, FINISHED, result=result)
    run.samples_file.write_text("".join(json.dumps(sample(n, n % 2 == 0)) + "\n" for n in range(4)))
    return run


def test_answers_are_shown_and_the_failures_alone(cli, answered):
    done = cli("samples", "last")
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["verdict", "parsed", "gold", "answer"]
    assert "\x1b" not in done.out
    assert "4 of 4 answers" in done.err
    failures = cli("samples", "last", "--failures", "--json").json()
    assert [one["doc_id"] for one in failures] == ["1", "3"]
    assert cli("samples", "last", "--where", "doc_id=3", "--json").json() == failures[1:]


def test_answers_are_exported(cli, answered):
    rows = list(csv.DictReader(io.StringIO(cli("samples", "last", "--csv").out)))
    assert [row["prompt"] for row in rows] == [f"Question {n}?" for n in range(4)]
    assert cli("samples", "last", "--markdown").out.startswith("| verdict | score | ")
    assert cli("samples", "last", "--csv", "--json").code == 2
    assert cli("samples", "last", "--on", "quizz").code == 2


def test_evaluations_are_listed(cli, answered):
    (record,) = cli("list", "evaluations", "--json").json()
    assert (record["run_id"], record["dataset"], record["score"], record["n"]) == (answered.id, "quiz", 0.5, 4)
    line = cli("list", "evaluations").out.splitlines()[1]
    assert "0.500 [0.150, 0.850]" in line
    assert cli("list", "evaluations", "--where", "score>0.6").err.startswith("None of the 1 evaluations matches.")
    assert len(cli("list", "evaluations", "--csv").out.splitlines()) == 2

import pytest

from workbench.engine import evaluations

from .conftest import FINISHED, STARTED

NOTHING_SCORED = {"evaluation": {}, "base_run_id": None}


def test_eval_of_a_run_follows_it(cli, make_run, worker):
    run = make_run(STARTED, FINISHED)
    run.adapter.mkdir(parents=True)
    started = worker(("started", {"verb": "eval"}), FINISHED, result=NOTHING_SCORED)
    done = cli("eval", "last", "--set", "eval.rows=5")
    assert done.code == 0
    assert started == [(run.id, "eval")]
    assert run.profile().eval.rows == 5


def test_eval_of_a_model_asks_what_the_profile_asks(cli, worker, workspace):
    worker(STARTED, FINISHED, result=NOTHING_SCORED)
    done = cli("eval", "./tiny", "--profile", "mine")
    assert done.code == 0, done.err
    (listed,) = cli("list", "--json").json()
    assert (listed["method"], listed["model"]) == ("none", "./tiny")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Name a run or a model, or give --pending."),
        (["--pending", "last"], "--pending takes no name"),
        (["nobody"], 'There is no run "nobody"'),
        (["last", "--profile", "mine"], "--profile says what a model is asked"),
        (["./tiny", "--set", "eval.rows=0"], "eval.rows"),
        (["no/such/folder"], "there is no folder"),
    ],
)
def test_bad_eval_arguments_leave_nothing(cli, files, arguments, said):
    before = files()
    done = cli("eval", *arguments)
    assert done.code == 2
    assert said in done.err
    assert files() == before


def test_pending_runs_one_after_the_other_and_ends_with_the_worst(cli, make_run, worker, monkeypatch):
    runs = [make_run(STARTED, FINISHED), make_run(STARTED, FINISHED)]
    monkeypatch.setattr(evaluations, "pending", lambda workspace: runs)
    started = worker(STARTED, ("ended", {"status": "failed", "reason": "no"}))
    assert cli("eval", "--pending").code == 3
    assert started == [(run.id, "eval") for run in runs]


def test_compare_without_runs_says_how_to_get_one(cli):
    done = cli("compare")
    assert done.code == 2
    assert "has no finished run yet" in done.err


def test_compare_takes_one_form(cli):
    assert cli("compare", "--csv", "--json").code == 2
    assert cli("compare", "--csv", "--png", "x.png").code == 2


def test_nothing_is_drawn_without_a_score(cli, make_run, workspace):
    make_run(STARTED, FINISHED, result=NOTHING_SCORED)
    done = cli("compare", "--png", "plane.png")
    assert (done.code, done.err) == (2, "No run has a score yet, so there is nothing to draw.\n")
    assert not (workspace.root / "plane.png").exists()


def test_the_published_rows_can_be_shown_alone(cli):
    assert len(cli("compare", "--reference", "--json").json()["reference"]) == 12
    assert "8B QLoRA r256" in cli("compare", "--reference").out
    assert cli("compare", "--reference", "--csv").out.startswith("task,kind,name")
    assert "| 8B VeRA r512 |" in cli("compare", "--reference", "--markdown").out


def test_diff_tells_the_keys_that_differ(cli, make_run, workspace):
    runs = [make_run(STARTED, FINISHED), make_run(STARTED, FINISHED)]
    text = runs[1].profile_file.read_text()
    runs[1].profile_file.write_text(text.replace("r = 8", "r = 32"))
    done = cli("diff", runs[0].id, runs[1].id)
    assert done.code == 0, done.err
    header, row = done.out.split("\n")[:2]
    assert header.split() == ["key", runs[0].id, runs[1].id]
    assert row.split() == ["adapter.r", "8", "32"]
    assert "has no result" in done.err
    assert cli("diff", runs[0].id, runs[1].id, "--json").json()["keys"] == [{"key": "adapter.r", "values": ["8", "32"]}]


def test_diff_takes_two_runs(cli, make_run):
    run = make_run(STARTED, FINISHED)
    done = cli("diff", run.id, "last")
    assert (done.code, done.err) == (2, "A difference takes two runs or more.\n")


def test_compare_where_names_the_nearest_column(cli, make_run):
    make_run(STARTED, FINISHED, result=NOTHING_SCORED)
    done = cli("compare", "--where", "acc>0.5", "--reference")
    assert done.code == 2
    assert 'there is no column "acc"' in done.err

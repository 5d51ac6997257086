import pytest

from workbench.cli.lists import KINDS

from .conftest import FINISHED, STARTED


def step(number, loss):
    return ("step", {"step": number, "total_steps": 4, "loss": loss})


def test_runs_are_listed_with_their_state_newest_first(cli, make_run):
    make_run(STARTED, step(4, 1.25), FINISHED)
    make_run(STARTED, step(1, float("nan")), ("ended", {"status": "failed", "reason": "no"}))
    make_run(STARTED, step(2, 0.5))
    listed = cli("list", "--json").json()
    assert [run["status"] for run in listed] == ["lost", "failed", "finished"]
    assert [run["loss"] for run in listed] == [0.5, None, 1.25]
    lines = cli("list").out.splitlines()
    assert lines[0].split() == ["status", "run", "model", "method", "quant", "step", "loss", "age"]
    assert lines[1].split()[:2] == ["?", "lost"]
    assert lines[2].split()[-2] == "n/a"
    assert lines[3].split()[4:8] == ["lora", "none", "100%", "1.2500"]


def test_an_unreadable_run_does_not_hide_the_others(cli, make_run):
    make_run(STARTED, FINISHED).profile_file.write_text("[old]\n")
    make_run(STARTED, FINISHED)
    listed = cli("list", "--json").json()
    assert [run["model"] for run in listed] == ["tiny", None]


def test_a_torn_last_line_is_not_there_yet(cli, make_run):
    run = make_run(STARTED, step(1, 2.0))
    with run.events_file.open("a") as file:
        file.write('{"time_s": 1, "kind": "step", "st')
    assert cli("list", "--json").json()[0]["step"] == 1


def test_no_runs_is_a_sentence_and_an_empty_list(cli):
    done = cli("list")
    assert (done.code, done.out) == (0, "")
    assert "There are no runs here yet." in done.err
    assert cli("list", "--json").json() == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("runs", "evaluations")])
def test_every_table_is_listed(cli, kind):
    records = cli("list", kind, "--json").json()
    lines = cli("list", kind).out.splitlines()
    assert len(lines) == len(records) + 1
    assert all(record["name"] in line for record, line in zip(records, lines[1:], strict=True))


def test_a_profile_is_listed_by_its_first_comment_and_a_broken_one_too(cli, workspace):
    workspace.profile("broken").write_text("[model\n")
    broken, mine = cli("list", "profiles", "--json").json()
    assert mine["shows"] == "Mine: sums."
    assert "this is no TOML" in broken["shows"]


def test_an_unknown_kind_is_named_with_the_nearest(cli):
    done = cli("list", "modles")
    assert done.code == 2
    assert 'Did you mean "models"?' in done.err


def test_where_keeps_the_rows_that_match(cli, make_run):
    make_run(STARTED, step(4, 1.25), FINISHED)
    make_run(STARTED, step(2, 0.5))
    assert [run["loss"] for run in cli("list", "--where", "tiny loss>1 age<1d", "--json").json()] == [1.25]
    assert cli("list", "--where", "loss>7").err == "None of the 2 runs matches.\n"
    assert "qwen3-0.6b" in [
        one["name"] for one in cli("list", "models", "--where", "qwen parameters<1B", "--json").json()
    ]
    wrong = cli("list", "--where", "los>1")
    assert (wrong.code, wrong.err) == (2, 'los>1: there is no column "los". Did you mean "loss"?\n')


def test_archived_runs_are_left_out_until_all_are_asked_for_and_tags_get_a_column(cli, make_run):
    kept, hidden = make_run(STARTED, FINISHED), make_run(STARTED, FINISHED)
    assert cli("archive", hidden.id).code == 0
    done = cli("list", "--json")
    assert [run["run"] for run in done.json()] == [kept.id]
    assert "1 archived left out" in done.err
    assert {run["run"] for run in cli("list", "--all", "--json").json()} == {kept.id, hidden.id}
    assert "tags" not in cli("list").out.splitlines()[0]
    cli("tag", kept.id, "good", "seed-7")
    assert cli("list").out.splitlines()[0].split()[-1] == "tags"
    assert [run["run"] for run in cli("list", "--where", "seed-7", "--json").json()] == [kept.id]

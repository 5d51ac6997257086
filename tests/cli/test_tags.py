from workbench.engine import tags

from .conftest import FINISHED, STARTED


def test_tags_are_given_shown_and_taken_away(cli, make_run):
    run = make_run(STARTED, FINISHED)
    assert cli("tag", "last", "good", "seed-7").out == "good, seed-7\n"
    assert cli("tag", run.id, "--json").json() == {"run_id": run.id, "tags": ["good", "seed-7"]}
    assert cli("tag", "mine", "good", "--remove").out == "seed-7\n"
    assert cli("tag", "mine", "seed-7", "--remove").err == f"{run.id} has no tags\n"


def test_a_wrong_tag_is_refused(cli, make_run):
    make_run(STARTED, FINISHED)
    done = cli("tag", "last", "two words")
    assert done.code == 2
    assert '"two words" is no tag' in done.err


def test_several_runs_are_archived_and_restored(cli, make_run):
    runs = [make_run(STARTED, FINISHED), make_run(STARTED, FINISHED)]
    assert cli("archive", *(run.id for run in runs)).code == 0
    assert all(tags.read(run).archived for run in runs)
    done = cli("archive", runs[0].id, "--restore", "--json").json()
    assert done == {"run_ids": [runs[0].id], "archived": False}
    assert not tags.read(runs[0]).archived


def test_an_unknown_run_archives_none(cli, make_run):
    run = make_run(STARTED, FINISHED)
    assert cli("archive", run.id, "nobody").code == 2
    assert not tags.read(run).archived


def test_a_waiting_run_is_not_archived(cli, make_run):
    make_run()
    done = cli("archive", "last")
    assert done.code == 2
    assert "is waiting; stop it first" in done.err

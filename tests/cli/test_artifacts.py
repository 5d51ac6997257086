from workbench.cli.artifacts import plain_progress
from workbench.engine import export as exporting
from workbench.engine import fetch as fetching
from workbench.errors import InputError

from .conftest import FINISHED, STARTED


def test_plain_progress_says_each_tenth_once(capsys):
    tell = plain_progress()
    for done in range(0, 101, 5):
        tell("m", done * 2**20, 100 * 2**20)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[-1] == "m: 100.00 MiB of 100.00 MiB"


def test_plain_progress_of_an_unknown_size(capsys):
    tell = plain_progress()
    for done in range(0, 301, 50):
        tell("m", done * 2**20, None)
    assert capsys.readouterr().err.splitlines() == ["m: 0 B", "m: 100.00 MiB", "m: 200.00 MiB", "m: 300.00 MiB"]


def test_fetch_prints_the_folder(cli, workspace, monkeypatch):
    asked = []

    def fetch(place, name, on_progress, revision):
        asked.append((place, name, revision))
        on_progress(name, 1, 1)
        return place.model(name)

    monkeypatch.setattr(fetching, "fetch", fetch)
    done = cli("fetch", "smollm2-135m", "--revision", "v1")
    assert (done.code, done.out) == (0, f"{workspace.model('smollm2-135m')}\n")
    assert asked == [(workspace, "smollm2-135m", "v1")]


def test_a_model_that_cannot_be_had_leaves_no_run(cli, files, monkeypatch):
    def fetch(place, name, on_progress, revision):
        raise InputError("model.name: there is no model no/such on the hub.")

    monkeypatch.setattr(fetching, "fetch", fetch)
    before = files()
    done = cli("run", "mine", "--set", "model.name=no/such")
    assert done.code == 2
    assert "there is no model no/such on the hub." in done.err
    assert files() == before


def test_export_says_what_the_check_found(cli, make_run, monkeypatch):
    run = make_run(STARTED, FINISHED)

    def export(exported, out, on_event):
        assert exported == run
        on_event({"stage": "merging"})
        return {"folder": str(out), "check": {"asked": 4, "same": 3, "dtype": "float32"}}

    monkeypatch.setattr(exporting, "export", export)
    done = cli("export", "last", "out")
    assert (done.code, done.out) == (0, "out\n")
    assert "merging" in done.err
    assert "3 of 4 recorded answers again" in done.err
    assert cli("export", "last", "out", "--json").json()["check"]["same"] == 3

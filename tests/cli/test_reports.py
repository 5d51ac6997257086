import json

import pytest

TABLE = "name,metric,value,n\na,accuracy,45/50,\nb,accuracy,30/50,\n"


@pytest.fixture
def table(workspace):
    (workspace.root / "mine.csv").write_text(TABLE)
    return "mine.csv"


def test_import_prints_the_runs_and_says_what_they_cannot_claim(cli, table):
    done = cli("import", table)
    assert done.code == 0, done.err
    assert [name.rpartition("-")[2] for name in done.out.splitlines()] == ["a", "b"]
    assert "note: typed in by somebody" in done.err
    assert "CSV mine.csv" in done.err
    again = cli("import", table, "--json")
    assert [one["new"] for one in again.json()] == [False, False]


def test_imported_rows_are_compared_with_their_origin(cli, table):
    cli("import", table)
    done = cli("compare", "--baseline", "a")
    assert "▼ worse u" in done.out
    assert "CSV mine.csv" in done.out
    assert "compared as independent samples" in done.err
    assert json.loads(cli("compare", "--baseline", "a", "--json").out)["blocks"][0]["lines"][1]["cells"]["accuracy"][
        "unpaired"
    ]


def test_import_of_nothing_that_can_be_read_leaves_nothing(cli, files, workspace):
    before = files()
    done = cli("import", "nowhere.json")
    assert done.code == 2
    assert "There is no file nowhere.json." in done.err
    assert files() == before


def test_a_wrong_correction_is_named(cli, table):
    cli("import", table)
    done = cli("compare", "--correction", "bonferroni")
    assert done.code == 2
    assert "holm" in done.err

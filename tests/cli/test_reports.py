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


def test_results_go_out_as_lm_eval_s_files_and_come_back(cli, table, workspace):
    cli("import", table)
    done = cli("export-results", "a", "-o", "out")
    assert done.code == 0, done.err
    (results,) = [workspace.root / line for line in done.out.splitlines()]
    assert results.parent.name == "a"
    assert json.loads(results.read_text())["results"]["mine"]["acc,none"] == 0.9
    assert "no task is written" in done.err
    refused = cli("export-results", "a", "-o", "rows", "--rows")
    assert refused.code == 2
    assert "was imported" in refused.err
    back = cli("import", "out")
    assert back.code == 0, back.err
    refused = cli("export-results", "a", "-o", "out", "--format", "lm_evl")
    assert refused.code == 2
    assert "lm-eval" in refused.err


def test_a_report_is_one_file_or_a_file_with_its_pictures(cli, table, workspace):
    cli("import", table)
    assert cli("report", "-o", "report.html").out == "report.html\n"
    assert "<!doctype html>" in (workspace.root / "report.html").read_text()
    assert cli("report", "a", "b", "--baseline", "a", "-o", "report.md").out.splitlines()[0] == "report.md"
    wrong = cli("report", "-o", "report.pdf")
    assert wrong.code == 2
    assert not (workspace.root / "report.pdf").exists()


def test_a_report_on_nothing_says_how_to_get_something(cli):
    done = cli("report", "-o", "report.html")
    assert done.code == 2
    assert "has no finished run yet" in done.err

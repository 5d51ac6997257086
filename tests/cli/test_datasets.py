from workbench.engine import launch

AUDIT = {"rows": 40, "tokens": 800, "trained_tokens": 80, "problems": []}


def test_prepare_by_profile_and_by_name(cli, workspace):
    done = cli("data", "prepare", "mine")
    assert done.code == 0
    assert "40 training and 12 test rows, task math" in done.err
    assert done.out.strip().startswith(str(workspace.data))
    assert cli("data", "prepare", "quiz", "--json").json()["task"] == "arc"


def test_unknown_names_and_stray_changes_are_refused(cli, files):
    before = files()
    assert 'Did you mean "quiz"?' in cli("data", "prepare", "quizz").err
    assert "changes a profile" in cli("data", "prepare", "quiz", "--set", "data.seed=1").err
    assert files() == before


def test_reduce_takes_a_sample(cli):
    made = cli("data", "reduce", "quiz", "few", "--train-rows", "20", "--test-rows", "8", "--json").json()
    assert made["counts"] == {"train": 20, "test": 8}
    again = cli("data", "reduce", "quiz", "few")
    assert again.code == 2
    listed = {row["name"]: row for row in cli("data", "list", "--json").json()}
    assert listed["few"]["train"] == 20


def test_preview_marks_what_is_trained(cli, monkeypatch):
    asked = []

    def call(verb, arguments):
        asked.append((verb, arguments["count"]))
        return {"rows": [{"id": "1", "pieces": [["[bold]1+1?\x1b[2J", False], ["2", True]]}], "audit": AUDIT}

    monkeypatch.setattr(launch, "call", call)
    done = cli("data", "preview", "mine", "--rows", "1")
    assert asked == [("preview", 1)]
    assert "[bold]1+1?\\x1b[2J[[2]]" in done.out
    assert "80 of them trained" in done.err
    assert cli("data", "preview", "mine", "--json").json()["audit"] == AUDIT


def test_a_preview_of_rows_that_teach_nothing_ends_with_2(cli, monkeypatch):
    problem = {"text": "40 of 40 rows have an empty answer.", "fatal": True}
    monkeypatch.setattr(launch, "call", lambda *_: {"rows": [], "audit": {**AUDIT, "problems": [problem]}})
    done = cli("data", "preview", "mine")
    assert done.code == 2
    assert "40 of 40 rows have an empty answer." in done.err

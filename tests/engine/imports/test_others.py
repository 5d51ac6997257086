"""lighteval, PEFT's method_comparison, CSV, and what all imports have in common."""

import json

import pytest

from workbench.cli.tables import show_comparison
from workbench.engine.compare import compare
from workbench.engine.imports import import_results
from workbench.engine.run import Run, find
from workbench.engine.run_state import state
from workbench.engine.statistics import wilson
from workbench.errors import InputError, ProblemsError
from workbench.paths import Workspace

LIGHTEVAL = {
    "config_general": {
        "lighteval_sha": "017581f7eb0e61ac",
        "model_name": "org/model-7B",
        "model_dtype": "torch.bfloat16",
    },
    "results": {
        "leaderboard|arc:challenge|25": {"acc": 0.56, "acc_stderr": 0.0145},
        "extended|mt_bench|0": {"single_turn": 7.7, "single_turn_stderr": 0.25},
        "leaderboard|gsm8k|5": {"qem": 0.4, "qem_stderr": 0.05, "loss": 0.3},
        "leaderboard|mmlu:_average|5": {"acc": 0.6},
        "all": {"acc": 0.5},
    },
    "versions": {"leaderboard|arc:challenge|25": 0},
    "config_tasks": {
        "leaderboard|arc:challenge": {"effective_num_docs": 1172},
        "leaderboard|gsm8k|5": {
            "effective_num_docs": -1,
            "metrics": [{"metric_name": "loss", "higher_is_better": False}],
        },
    },
}
PEFT = {
    "run_info": {
        "created_at": "2026-01-02T03:04:05+00:00",
        "experiment_name": "lora/small-rank8",
        "train_config": {"model_id": "org/small", "dtype": "bfloat16"},
        "peft_config": {"peft_type": "LORA", "r": 8, "use_dora": True},
    },
    "train_info": {
        "accelerator_memory_max": 2**31,
        "train_time": 12.5,
        "num_trainable_params": 1000,
        "status": "success",
        "metrics": [
            {"step": 5, "valid accuracy": 0.9},
            {"step": 10, "test accuracy": 0.3684609552691433, "test tokens": 7.0},
        ],
    },
    "meta_info": {
        "dataset_info": {"metamath": {"sha": "a"}, "gsm8k": {"sha": "e53f0488"}},
        "package_info": {"peft-version": "0.21.0", "peft-commit-hash": None},
        "system_info": {"gpu": "some GPU"},
    },
}


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def put(tmp_path, name, content):
    file = tmp_path / name
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def entries(one):
    return one.run.result()["evaluation"]


def test_lighteval(workspace, tmp_path):
    (one,) = import_results(workspace, [put(tmp_path, "results.json", LIGHTEVAL)])
    found = entries(one)
    assert [*found] == ["leaderboard|arc:challenge|25", "leaderboard|gsm8k|5"]
    arc = found["leaderboard|arc:challenge|25"]["metrics"]["acc"]
    assert (arc["value"], arc["n"]) == (0.56, 1172)
    assert arc["low"] < 0.56 < arc["high"]
    gsm8k = found["leaderboard|gsm8k|5"]
    assert gsm8k["metrics"]["qem"]["low"] == pytest.approx(0.4 - 1.96 * 0.05, abs=1e-3)
    assert gsm8k["metrics"]["qem"]["n"] is None
    assert gsm8k["legacy"] == {"loss": 0.3}
    assert one.origin == "lighteval 017581f7eb0e"
    assert any("mt_bench" in caveat for caveat in one.caveats)


def test_peft_s_method_comparison(workspace, tmp_path):
    (one,) = import_results(workspace, [put(tmp_path, "lora.json", PEFT)])
    found = entries(one)["gsm8k"]
    assert found["metrics"]["accuracy"]["right"] == 486  # 486 / 1319
    assert (found["legacy"]["train_memory_gib"], found["legacy"]["test tokens"]) == (2.0, 7.0)
    assert one.run.result()["method"] == "DoRA r8"
    assert one.run.result()["versions"] == {"peft": "0.21.0"}
    assert any("1319" in caveat for caveat in one.caveats)


def test_a_failed_run_of_method_comparison_has_no_result(workspace, tmp_path):
    failed = {**PEFT, "train_info": {**PEFT["train_info"], "status": "failed"}}
    with pytest.raises(ProblemsError, match="ended with failed"):
        import_results(workspace, [put(tmp_path, "lora.json", failed)])


TABLE = """name,metric,value,n,dataset
a,accuracy,45/50,,quiz
b,accuracy,0.88,50,quiz
b,f1,61.5%,50,quiz
c,accuracy,0.9,,quiz
"""


def test_a_csv(workspace, tmp_path):
    made = import_results(workspace, [put(tmp_path, "mine.csv", TABLE)])
    assert [one.run.result()["name"] for one in made] == ["a", "b", "c"]
    a, b, c = (entries(one)["quiz"]["metrics"] for one in made)
    assert (a["accuracy"]["right"], a["accuracy"]["low"]) == (45, wilson(45, 50)[0])
    assert (b["accuracy"]["right"], b["f1"]["value"], "right" in b["f1"]) == (44, 0.615, False)
    assert (c["accuracy"]["low"], c["accuracy"]["n"]) == (None, None)
    comparison = compare(workspace, [one.run for one in made], baseline="a")
    rows = {line.name: line.cells["accuracy"] for line in comparison.blocks[0].lines}
    assert (rows["b"].mark, rows["b"].unpaired) == ("tie", True)
    assert rows["c"].delta is None
    assert any("does not say on how many answers" in note for note in comparison.notes)


def test_all_wrong_rows_of_a_csv_are_named_at_once(workspace, tmp_path):
    text = "name,metric,value,n\na,acc,51/50,\nb,acc,nan,5\n,acc,0.5,5\nd,acc,17,5\ne,acc,1/2,3\nf,acc,0.5,many\n"
    with pytest.raises(ProblemsError) as error:
        import_results(workspace, [put(tmp_path, "mine.csv", text)])
    assert len(error.value.problems) == 6
    assert "mine.csv: line 2: 51/50 is no share." in str(error.value)
    assert not workspace.metrics.exists()


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "name,metric\nx,y\n"])
def test_a_table_without_its_columns_is_refused(workspace, tmp_path, text):
    with pytest.raises(ProblemsError, match="columns"):
        import_results(workspace, [put(tmp_path, "mine.csv", text)])


@pytest.mark.parametrize("text", ["", "[]", "{", '{"results": 3}', '{"results": {}, "n-shot": {}}', "[" * 100_000])
def test_what_is_no_result_is_refused(workspace, tmp_path, text):
    with pytest.raises(InputError):
        import_results(workspace, [put(tmp_path, "x.json", text)])
    assert not workspace.metrics.exists()


def test_what_is_not_there_is_refused_with_the_rest(workspace, tmp_path):
    good = put(tmp_path, "mine.csv", TABLE)
    with pytest.raises(ProblemsError, match=r"nowhere\.json") as error:
        import_results(workspace, [good, tmp_path / "nowhere.json", tmp_path])
    assert len(error.value.problems) == 2  # the folder has no JSON that is a result
    assert not workspace.metrics.exists()


def test_an_import_is_a_finished_run_that_every_reader_can_read(workspace, tmp_path):
    (one,) = import_results(workspace, [put(tmp_path, "results.json", LIGHTEVAL)])
    run = find(workspace, one.run.id)
    assert state(run).status == "finished"
    assert run.profile().train.max_steps == 0
    assert run.profile().model.name == "org/model-7B"
    assert run.result()["kind"] == "imported"


def test_the_same_file_is_imported_once(workspace, tmp_path):
    file = put(tmp_path, "mine.csv", TABLE)
    first = import_results(workspace, [file])
    again = import_results(workspace, [file])
    assert [one.new for one in first] == [True, True, True]
    assert [(one.new, one.run) for one in again] == [(False, one.run) for one in first]
    file.write_text(TABLE.replace("45/50", "46/50"))
    assert all(one.new for one in import_results(workspace, [file]))


def test_hostile_names_stay_names(workspace, tmp_path, capsys):
    name = '../../x\x1b[2J"]\n[model]\nname = "evil'
    table = 'name,metric,value,n\n"' + name.replace('"', '""') + '",<b>acc</b>,1/2,\n'
    (one,) = import_results(workspace, [put(tmp_path, "mine.csv", table)])
    assert one.run.folder.parent == workspace.metrics
    assert one.run.profile().train.max_steps == 0
    show_comparison(compare(workspace, [Run(workspace, one.run.id)]))
    assert "\x1b" not in "".join(capsys.readouterr())

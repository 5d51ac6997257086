from workbench.engine import datasets
from workbench.engine.board import RunRow
from workbench.engine.evaluables import data_sets, subjects
from workbench.paths import Workspace


def row(run_id, **fields):
    facts = {"kind": "train", "status": "finished", "model": "m", "method_label": "LoRA r8", "quant_label": "NF4"}
    return RunRow(run_id, **{**facts, **fields})


def test_trained_runs_come_first_and_models_that_are_here_before_the_others(tmp_path):
    workspace = Workspace(tmp_path)
    for name in ("a", "b", "busy", "hidden"):
        (workspace.artifacts(name) / "adapter").mkdir(parents=True)
    (workspace.models / "mine").mkdir()
    (workspace.models / "mine" / "config.json").write_text("{}")
    (workspace.models / "smollm2-135m").mkdir()
    for name in ("config.json", "source.json"):
        (workspace.models / "smollm2-135m" / name).write_text("{}")
    runs = [row("a"), row("b"), row("busy", status="running"), row("hidden", archived=True), row("untrained")]
    found = subjects(workspace, runs)
    assert [(one.name, one.kind, one.here) for one in found[:4]] == [
        ("a", "run", True),
        ("b", "run", True),
        ("smollm2-135m", "model", True),
        ("models/mine", "model", True),
    ]
    assert found[0].about == "m LoRA r8 NF4"
    assert not any(one.here for one in found[4:])


def test_data_sets_that_can_be_scored_those_here_first(tmp_path):
    workspace = Workspace(tmp_path)
    datasets.prepare_named(workspace, "quiz")
    found = data_sets(workspace)
    assert (found[0].name, found[0].task, found[0].test_rows) == ("quiz", "arc", 300)
    assert {"passages", "arithmetic"} <= {one.name for one in found[1:]}
    assert all(one.test_rows is None for one in found[1:])

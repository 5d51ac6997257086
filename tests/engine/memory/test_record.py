import json

import pytest

from workbench.engine.memory.record import report
from workbench.engine.run import Run
from workbench.paths import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def write(workspace, run_id, predicted=1000, actual=1000, method="lora", recoveries=(), **memory):
    run = Run(workspace, run_id)
    run.folder.mkdir(parents=True)
    run.profile_file.write_text("")
    off = None if None in (predicted, actual) else (actual - predicted) / predicted
    figures = {
        "predicted_allocated_bytes": predicted,
        "predicted_source": "simulation",
        "peak_allocated_bytes": actual,
        "deviation": off,
        "deviation_causes": [],
    }
    content = {
        "kind": "train",
        "method": method,
        "quant": memory.pop("quant", "none"),
        "model": {"name": "tiny"},
        "training": {"recoveries": list(recoveries)},
        "memory": {**figures, **memory},
    }
    run.result_file.write_text(json.dumps(content))
    return run


def test_the_error_is_spread_by_source_and_by_method(workspace):
    for number in range(20):
        write(workspace, f"lora-{number}", actual=1000 + number)
    write(workspace, "qlora", actual=700, quant="nf4", deviation_causes=["frozen"])
    write(workspace, "rough", actual=1200, predicted_source="preview")
    found = report(workspace)
    assert [row.run_id for row in found.rows[:2]] == ["qlora", "rough"]
    assert (found.rows[0].deviation, found.rows[0].causes) == (-0.3, ("frozen",))
    simulated, previewed, *parts = found.spreads
    assert (simulated.source, simulated.model, simulated.method, simulated.n) == ("simulation", "all", "all", 21)
    assert (simulated.bias, simulated.median, simulated.maximum) == (0.009, 0.01, 0.3)
    assert simulated.p95 == 0.019  # twenty of twenty-one
    assert (previewed.source, previewed.n, previewed.maximum) == ("preview", 1, 0.2)
    assert [(part.source, part.method, part.n) for part in parts] == [
        ("simulation", "LoRA", 20),
        ("simulation", "LoRA, NF4", 1),
        ("preview", "LoRA", 1),
    ]


def test_what_cannot_be_held_against_a_prediction_is_counted_apart(workspace):
    write(workspace, "plain")
    write(workspace, "halved", actual=900, recoveries=[{"to_micro_batch": 1}])
    write(workspace, "unpredicted", predicted=None)
    write(workspace, "on-a-cpu", actual=None)
    old = write(workspace, "older")
    content = json.loads(old.result_file.read_text())
    content["memory"] = {"peak_allocated_bytes": 5}  # as it was before there were predictions
    old.result_file.write_text(json.dumps(content))
    write(workspace, "torn").result_file.write_text("{")
    write(workspace, "odd").result_file.write_text("[]")
    unfinished = write(workspace, "unfinished")
    unfinished.result_file.unlink()
    base = write(workspace, "base-tiny-1")
    base.result_file.write_text(json.dumps({"kind": "base", "training": None}))
    found = report(workspace)
    assert [row.run_id for row in found.rows] == ["plain"]
    assert found.recovered == ("halved",)
    assert sorted(found.without) == ["older", "on-a-cpu", "unpredicted"]
    assert set(found.damaged) == {"torn", "odd"}
    assert found.to_json()["rows"][0]["run_id"] == "plain"


def test_without_runs_the_report_is_empty(workspace):
    found = report(workspace)
    assert (found.rows, found.spreads, found.damaged) == ((), (), ())

import json

import pytest

from workbench.engine.board import RunRow
from workbench.engine.run_records import as_text, progress, run_record

ROW = RunRow(
    "20260101-120000-a|b",
    name="a|b",
    kind="train",
    model="m",
    method="lora",
    quant="none",
    status="running",
    step=5,
    total_steps=20,
    loss=1.5,
    started_s=1000.0,
    tags=("good", "seed-7"),
)


def test_a_record_has_the_names_of_the_command():
    record = run_record(ROW, 1060.0)
    assert (record["run"], record["status"], record["age_s"], record["tags"]) == (
        ROW.id,
        "running",
        60.0,
        list(ROW.tags),
    )
    assert "problem" not in record
    assert run_record(RunRow("x", problem="torn"), 0.0)["problem"] == "torn"


@pytest.mark.parametrize(("step", "total", "share"), [(5, 20, 0.25), (30, 20, 1.0), (5, None, None), (0, 0, None)])
def test_progress_is_a_fraction_or_unknown(step, total, share):
    assert progress(RunRow("x", step=step, total_steps=total)) == share


def test_each_format_holds_the_run():
    records = [run_record(ROW, 1060.0), run_record(RunRow("y"), 0.0)]
    assert json.loads(as_text(records, "json"))[0]["loss"] == 1.5
    head, first, second = as_text(records, "csv").splitlines()
    assert head.startswith("run,status,name,")
    assert "good seed-7" in first
    assert ",None" not in second
    lines = as_text(records, "markdown").splitlines()
    assert lines[0] == "| status | run | model | method | quant | step | loss | age | tags |"
    assert "a\\|b" in lines[2]
    assert "| 5/20 | 1.5000 | 1m00s | good, seed-7 |" in lines[2]
    assert "n/a" in lines[3]


def test_records_that_are_no_runs_keep_their_columns():
    assert as_text([{"name": "lora", "paper": "a<b"}], "markdown").splitlines()[2] == "| lora | a&lt;b |"
    assert as_text([], "csv") == "\n"

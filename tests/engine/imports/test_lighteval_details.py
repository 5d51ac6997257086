"""lighteval's answers, in parquet files as its evaluation tracker lays them out."""

import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from workbench.engine.compare import compare
from workbench.engine.imports import import_results
from workbench.engine.samples import read_samples
from workbench.paths import Workspace

DATE = "2026-01-02T03-04-05.678901"
TASK = "arc:challenge|25"
SUMS = "gsm8k|5"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def chosen(place, right):
    """One row of a task that chooses."""
    liked = place % 4 if right else (place + 1) % 4
    return {
        "doc": {
            "query": f"Question: which {place}?\nAnswer:",
            "choices": [f" {letter}" for letter in "abcd"],
            "gold_index": [place % 4],
            "instruction": None,
            "specific": {"id": f"q{place}"},
            "id": str(place),
            "task_name": TASK,
            "fewshot_samples": [],
        },
        "model_response": {
            "input": "few shots and the question",
            "input_tokens": [1, 2, 3],
            "text": [],
            "output_tokens": [[7], [8], [9], [10]],
            "logprobs": [-1.0 if at == liked else -2.0 for at in range(4)],
            "logits": None,
        },
        "metric": {"acc": int(right)},
    }


def said(place, answer):
    """One row of a task that generates."""
    doc = {"query": f"What is {place} + 1?", "choices": [str(place + 1)], "gold_index": 0, "id": str(place)}
    response = {"text": [answer], "text_post_processed": None, "output_tokens": [[5, 6, 2]], "logprobs": []}
    metric = {"qem": float(answer == str(place + 1))}
    return {"doc": {**doc, "task_name": SUMS}, "model_response": response, "metric": metric}


def hash_of(rows):
    each = sorted(xxhash.xxh64(row["doc"]["query"].encode()).hexdigest() for row in rows)
    return xxhash.xxh64("".join(each).encode()).hexdigest()


def put(out, model, tables, date=DATE, counts=True, **changed):
    """An output folder of lighteval with results and details; returns the results file."""
    figures = {}
    for task, rows in tables.items():
        (name,) = rows[0]["metric"]
        figures[task] = {name: sum(row["metric"][name] for row in rows) / len(rows), f"{name}_stderr": 0.01}
        folder = out / "details" / model / date
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), folder / f"details_{task}_{date}.parquet")
    content = {
        "config_general": {"lighteval_sha": "017581f7eb0e", "model_name": model},
        "results": {**figures, "all": {"acc": 0.5}},
        "versions": dict.fromkeys(tables, 0),
        "config_tasks": {task: {"effective_num_docs": len(rows) if counts else -1} for task, rows in tables.items()},
        "summary_tasks": {task: {"hashes": {"hash_examples": hash_of(rows)}} for task, rows in tables.items()},
    } | changed
    file = out / "results" / model / f"results_{date}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def details(out):
    (file,) = out.rglob("details_*.parquet")
    return file


def the_result(workspace, path):
    (one,) = import_results(workspace, [path])
    return one, one.run.result()["evaluation"]


def test_two_runs_are_paired_by_document(workspace, tmp_path):
    before = [chosen(place, place < 20) for place in range(60)]
    after = [chosen(place, place < 45) for place in range(60)]
    put(tmp_path / "a", "org/base", {TASK: before})
    put(tmp_path / "b", "org/tuned", {TASK: after[::-1]})  # in another order
    first, second = import_results(workspace, [tmp_path / "a", tmp_path / "b"])
    assert not first.caveats
    assert not second.caveats
    comparison = compare(workspace, [first.run, second.run], baseline=first.run.id)
    rows = {line.name: line.cells["acc"] for line in comparison.blocks[0].lines}
    assert (rows["tuned"].mark, rows["tuned"].unpaired) == ("better", False)
    assert rows["tuned"].delta == pytest.approx(25 / 60)


def test_what_an_answer_holds(workspace, tmp_path):
    sums = [said(place, ["1", "", "x"][place % 3]) for place in range(3)]
    one, found = the_result(workspace, put(tmp_path, "org/m", {TASK: [chosen(1, True), chosen(2, False)], SUMS: sums}))
    choice, _, right, empty, wrong = read_samples(one.run.samples_file)
    assert (choice["gold"], choice["parsed"], choice["scores"]) == (["b"], "b", {"acc": 1.0})
    assert (right["gold"], right["raw"], right["parsed"], right["n_new_tokens"]) == (["1"], "1", "1", 3)
    assert (empty["answered"], wrong["answered"], wrong["scores"]) == ("empty", "ok", {"qem": 0.0})
    assert found[SUMS]["health"]["empty"] == pytest.approx(1 / 3)
    assert found[SUMS]["metrics"]["qem"]["per_sample"]
    assert (found[TASK]["n"], found[TASK]["has_samples"]) == (2, True)


def test_the_same_question_twice_is_two_documents(workspace, tmp_path):
    one, _ = the_result(workspace, put(tmp_path, "m", {TASK: [chosen(1, True), chosen(1, False)]}))
    keys = [sample["doc_hash"] for sample in read_samples(one.run.samples_file)]
    assert keys[1] == f"{keys[0]}#2"


@pytest.mark.parametrize("place", ["beside", "in a dated folder beside", "with details beside"])
def test_details_are_found_where_the_hub_and_people_put_them(workspace, tmp_path, place):
    results, file = put(tmp_path, "org/m", {TASK: [chosen(1, True)]}), details(tmp_path)
    folder = {"beside": ".", "in a dated folder beside": DATE, "with details beside": f"details/org/m/{DATE}"}[place]
    away = tmp_path / "away"
    (away / folder).mkdir(parents=True)
    file.rename(away / folder / file.name)
    results.rename(away / results.name)
    assert the_result(workspace, away / results.name)[1][TASK]["has_samples"]


def test_suites_of_older_names_are_the_same_task(workspace, tmp_path):
    results = put(tmp_path, "m", {f"leaderboard|{TASK}": [chosen(1, True)]})
    assert the_result(workspace, results)[1][f"leaderboard|{TASK}"]["has_samples"]


def other_task(rows):
    rows[0]["doc"]["task_name"] = "hellaswag|0"


def other_question(rows):
    rows[1]["doc"]["query"] = "Question: something else?"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: rows.pop(), "it has 4 answers, the results count 5"),
        (other_task, "its answers are to hellaswag"),
        (other_question, "its questions are not those of the results"),
        (lambda rows: [row.pop("metric") for row in rows], "it has no metric"),
    ],
)
def test_details_of_another_run_are_left_out_and_the_reason_is_told(workspace, tmp_path, change, told):
    results, rows = (
        put(tmp_path, "m", {TASK: [chosen(n, n % 2) for n in range(5)]}),
        [chosen(n, n % 2) for n in range(5)],
    )
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows), details(tmp_path))
    one, found = the_result(workspace, results)
    assert any(told in caveat and "not paired" in caveat for caveat in one.caveats)
    assert not found[TASK]["has_samples"]
    assert found[TASK]["metrics"]["acc"]["value"] == pytest.approx(0.4)


def test_scores_that_do_not_give_the_figure_are_not_paired(workspace, tmp_path):
    results, rows = (
        put(tmp_path, "m", {TASK: [chosen(n, n % 2) for n in range(5)]}),
        [chosen(n, True) for n in range(5)],
    )
    pq.write_table(pa.Table.from_pylist(rows), details(tmp_path))
    one, found = the_result(workspace, results)
    assert any("the samples give 1.0000, the results say 0.4000" in caveat for caveat in one.caveats)
    assert not found[TASK]["metrics"]["acc"]["per_sample"]


@pytest.mark.parametrize("junk", [b"", b"PAR1", b"no parquet", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_a_damaged_file_is_told_and_the_figures_stand(workspace, tmp_path, junk):
    results = put(tmp_path, "m", {TASK: [chosen(1, True)]})
    details(tmp_path).write_bytes(junk)
    one, found = the_result(workspace, results)
    assert any("no parquet that can be read" in caveat for caveat in one.caveats)
    assert found[TASK]["metrics"]["acc"]["value"] == 1.0


def test_odd_columns_are_data(workspace, tmp_path):
    rows = [{"doc": {"query": None, "choices": None, "gold_index": 7}, "model_response": {"text": None}, "metric": {}}]
    results = put(tmp_path, "m", {TASK: [chosen(1, True)]}, summary_tasks=None)
    pq.write_table(pa.table({name: pa.array([rows[0][name] or None]) for name in rows[0]}), details(tmp_path))
    _, found = the_result(workspace, results)
    assert found[TASK]["metrics"]["acc"]["value"] == 1.0
    pq.write_table(pa.table({"doc": ["x"], "model_response": ["{}"], "metric": [1.5]}), details(tmp_path))
    assert the_result(workspace, results)[1][TASK]["metrics"]["acc"]["value"] == 1.0


@pytest.mark.parametrize("model", ["../../up", "..", "/", "a\0b"])
def test_a_model_s_name_leads_nowhere_else(workspace, tmp_path, model):
    results = put(tmp_path, "m", {TASK: [chosen(1, True)]})
    content = json.loads(results.read_text())
    content["config_general"]["model_name"] = model
    results.write_text(json.dumps(content))
    assert not the_result(workspace, results)[1][TASK]["has_samples"]


def test_pyarrow_is_loaded_only_for_a_file_that_needs_it():
    code = "import sys, workbench.engine.imports; print('pyarrow' in sys.modules, 'xxhash' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]

"""Written as lm-eval writes, read by our importer and, where it is installed, by lm-eval's own functions."""

import json
import math
import shutil

import pytest

from workbench.choices.protocols import PROTOCOLS
from workbench.engine.compare import compare
from workbench.engine.evaluate.summary import summarize
from workbench.engine.exports.lm_eval import export
from workbench.engine.imports import import_results
from workbench.engine.pairing import same_protocol
from workbench.errors import InputError
from workbench.paths import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def run(workspace, fabricate):
    """A run with answers of all kinds to three data sets."""
    golds = [(str(place),) for place in range(20)]
    sums = fabricate.samples("math", "sums", golds, [str(place) if place % 3 else "" for place in range(20)])
    answers = [*fabricate.quiz(30, empty=4), *fabricate.passages(0.6, 1), *sums]
    return fabricate.write(workspace, "20260101-000000-x", answers)


def read(file):
    return json.loads(file.read_text())


def test_the_files_have_lm_eval_s_names_and_keys(run, tmp_path):
    results, *others = export(run, tmp_path / "out")
    answers = [file for file in others if file.suffix == ".jsonl"]
    assert results.parent == tmp_path / "out" / "x"
    assert results.name.startswith("results_20")
    assert [file.name.split("_")[1] for file in answers] == ["quiz", "passages", "sums"]
    content = read(results)
    quiz_figures = content["results"]["quiz"]
    assert quiz_figures["acc,none"] == 0.6
    assert quiz_figures["acc_stderr,none"] == pytest.approx(math.sqrt(0.6 * 0.4 / 49))
    assert content["n-samples"]["quiz"] == {"original": 50, "effective": 50}
    assert content["higher_is_better"]["quiz"] == {"acc": True, "macro_f1": True}
    assert (content["versions"]["quiz"], content["configs"]["quiz"]["metadata"]["version"]) == (1.0, 1.0)
    line = json.loads(answers[0].read_text().splitlines()[0])
    keys = "doc_id doc target arguments resps filtered_resps filter metrics doc_hash prompt_hash target_hash acc"
    assert set(keys.split()) <= set(line)
    assert (line["acc"], line["resps"], line["filter"]) == (1.0, [["A"]], "none")


def test_the_round_trip_gives_the_same_numbers(run, tmp_path, workspace):
    export(run, tmp_path / "out")
    (one,) = import_results(workspace, [tmp_path / "out"])
    assert one.run.result()["model"]["name"] == run.result()["model"]["name"]
    assert one.origin.startswith("workbench ")
    ours, theirs = run.result()["evaluation"], one.run.result()["evaluation"]
    assert [*ours] == [*theirs]
    for dataset, entry in ours.items():
        again = theirs[dataset]
        for metric, figures in entry["metrics"].items():
            assert {name: again["metrics"][metric][name] for name in figures} == figures
        for part in ("task", "protocol", "answer_format", "n", "health", "floors", "legacy"):
            assert again[part] == entry[part]


def test_what_came_back_is_paired_with_what_went(run, tmp_path, workspace, fabricate):
    fabricate.write(workspace, run.result()["base_run_id"], [*fabricate.quiz(20), *fabricate.passages(0.1, 2)])
    export(run, tmp_path / "out")
    (one,) = import_results(workspace, [tmp_path / "out"])
    found = compare(workspace, [run, one.run])
    for dataset in ("quiz", "passages"):
        rows = [line for block in found.blocks if block.dataset == dataset for line in block.lines if line.name == "x"]
        assert len(rows) == 2
        assert rows[0].cells == rows[1].cells
        assert rows[0].cells["accuracy" if dataset == "quiz" else "f1"].mark == "better"
        assert not rows[1].cells["accuracy" if dataset == "quiz" else "f1"].unpaired


def test_the_rule_and_the_library_that_judged_come_back(run, tmp_path, workspace):
    result = read(run.result_file)
    result["evaluation"]["sums"] |= {"libraries": {"math-verify": "0.9.0"}, "judged_by": {"math_verify": 20}}
    run.result_file.write_text(json.dumps(result))
    samples = [json.loads(line) for line in run.samples_file.read_text().splitlines()]
    judged = [{**s, "judged_by": "math_verify"} if s["dataset"] == "sums" else s for s in samples]
    run.samples_file.write_text("".join(json.dumps(sample) + "\n" for sample in judged))
    export(run, tmp_path / "out")
    (one,) = import_results(workspace, [tmp_path / "out"])
    entry = one.run.result()["evaluation"]["sums"]
    assert entry["libraries"] == {"math-verify": "0.9.0"}
    assert entry["judged_by"] == {"exact": 0, "rounded": 0, "math_verify": 20}
    assert one.run.result()["evaluation"]["quiz"]["judged_by"] == {}


def test_an_export_of_an_earlier_protocol_still_reads_and_is_no_result_of_today_s(run, tmp_path, workspace):
    result = read(run.result_file)
    result["evaluation"]["sums"]["protocol"] = "math_gen@1"
    run.result_file.write_text(json.dumps(result))
    export(run, tmp_path / "out")
    (one,) = import_results(workspace, [tmp_path / "out"])
    entry = one.run.result()["evaluation"]["sums"]
    assert (entry["task"], entry["protocol"], entry["libraries"]) == ("math", "math_gen@1", {})
    assert entry["metrics"]["accuracy"]["value"] == result["evaluation"]["sums"]["metrics"]["accuracy"]["value"]
    assert not same_protocol(entry, {**entry, "protocol": "math_gen@2"})


def test_other_protocols_come_back_too(workspace, tmp_path, fabricate):
    run = fabricate.write(workspace, "20260101-000000-x", fabricate.quiz(30))
    result = json.loads(run.result_file.read_text())
    common = {"cluster": "c", "gold": ["A"], "raw": "", "finish": "stop", "n_prompt_tokens": 9, "n_new_tokens": 0}
    common |= {"status": "ok", "prompt_hash": "p"}
    chosen = [
        {
            **common,
            "key": "ll",
            "doc_id": str(at),
            "doc_hash": str(at),
            "cluster": str(at),
            "parsed": "AB"[at % 2],
            "ll": [-1.5, -2.5],
            "scores": {"acc": 1.0 - at % 2, "acc_norm": 1.0 - at % 2},
        }
        for at in range(20)
    ]
    lost = [
        {
            **common,
            "key": "loss",
            "doc_id": str(at),
            "doc_hash": str(at),
            "parsed": None,
            "nll": 10.0 + at,
            "n_loss_tokens": 5,
            "scores": {"loss": 2.0 + at / 5},
        }
        for at in range(20)
    ]
    for name, protocol, key, samples in (
        ("quiz/arc_ll@1", "arc_ll@1", "ll", chosen),
        ("quiz/heldout_loss@1", "heldout_loss@1", "loss", lost),
    ):
        own = {"protocol": protocol, "protocol_key": key, "n": 20, **summarize("arc", samples, protocol)}
        lower = list(PROTOCOLS[protocol].metrics) if PROTOCOLS[protocol].lower_is_better else []
        result["evaluation"][name] = {**result["evaluation"]["quiz"], **own, "lower_is_better": lower}
    run.result_file.write_text(json.dumps(result))
    lines = "".join(json.dumps(sample) + "\n" for sample in (*chosen, *lost))
    run.samples_file.write_text(run.samples_file.read_text() + lines)
    files = export(run, tmp_path / "out")
    content = read(files[0])
    assert content["results"]["quiz__arc_ll@1"]["acc_norm,none"] == 0.5
    assert content["higher_is_better"]["quiz__heldout_loss@1"] == {"loss": False, "perplexity": False}
    answer = json.loads(files[2].read_text().splitlines()[0])
    assert (answer["resps"], answer["filtered_resps"]) == (
        [[["-1.5", "False"]], [["-2.5", "False"]]],
        [[-1.5, False], [-2.5, False]],
    )
    (one,) = import_results(workspace, [tmp_path / "out"])
    ours, theirs = run.result()["evaluation"], one.run.result()["evaluation"]
    assert [*ours] == [*theirs]
    for name, entry in ours.items():
        for metric, figures in entry["metrics"].items():
            assert {key: theirs[name]["metrics"][metric][key] for key in figures} == figures
    found = compare(workspace, [run, one.run])
    assert all(len({line.name for line in block.lines if line.kind != "floor"}) == 1 for block in found.blocks)
    assert len(found.blocks) == 3


def test_without_the_samples_the_aggregates_come_back(run, tmp_path, workspace):
    _, *answers = export(run, tmp_path / "out")
    for file in answers:
        file.unlink()
    (one,) = import_results(workspace, [tmp_path / "out"])
    entry = one.run.result()["evaluation"]["quiz"]
    assert (entry["metrics"]["acc"]["right"], entry["has_samples"]) == (30, False)


def test_figures_that_somebody_changed_in_the_results_are_not_believed(run, tmp_path, workspace):
    results, *_ = export(run, tmp_path / "out")
    results.write_text(results.read_text().replace('"acc,none": 0.6', '"acc,none": 0.99'))
    (one,) = import_results(workspace, [tmp_path / "out"])
    assert one.run.result()["evaluation"]["quiz"]["metrics"]["accuracy"]["value"] == 0.6


def test_a_run_without_scores_has_nothing_to_export(workspace, tmp_path, fabricate):
    run = fabricate.write(workspace, "20260101-000000-x", [])
    with pytest.raises(InputError, match="has no scores"):
        export(run, tmp_path)
    run.result_file.unlink()
    with pytest.raises(InputError, match="has no result"):
        export(run, tmp_path)
    shutil.rmtree(run.folder)


def test_hostile_names_stay_inside_the_folder(workspace, tmp_path, fabricate):
    run = fabricate.write(
        workspace, "20260101-000000-x", fabricate.samples("math", "../../sums", [("1",)] * 12, ["1", "2"] * 6)
    )
    files = export(run, tmp_path / "out")
    assert [file.suffix for file in files] == [".json", ".jsonl", ".yaml"]
    assert {file.parent for file in files} == {tmp_path / "out" / "x"}


def test_lm_eval_reads_it(run, tmp_path):
    utils = pytest.importorskip("lm_eval.utils", reason="lm-eval is not installed")
    export(run, tmp_path / "out")
    names = [f"x/{file.name}" for file in (tmp_path / "out" / "x").iterdir()]
    (results,) = utils.get_results_filenames(names)
    answers = [name.partition("/")[2] for name in utils.get_sample_results_filenames(names)]
    assert sorted(map(utils.get_file_task_name, answers)) == ["passages", "quiz", "sums"]
    assert {utils.get_file_datetime(name) for name in answers} == {results.partition("_")[2].removesuffix(".json")}
    table = utils.make_table(read(tmp_path / "out" / results))
    assert "|quiz" in table
    assert "0.6000" in table
    assert "±" in table

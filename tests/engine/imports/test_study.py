"""The committed files have the shape of the study's; the study's own are tried where they are."""

import json
from pathlib import Path

import pytest

from workbench.engine.compare import compare
from workbench.engine.evaluate import macro_f1
from workbench.engine.imports import import_results, study
from workbench.engine.statistics import wilson
from workbench.errors import ProblemsError
from workbench.paths import Workspace

FOLDER = Path(__file__).parent / "study"
BROKEN = "Tiny-1B-sums_SFT_full"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def content(name=BROKEN):
    return json.loads((FOLDER / f"{name}.json").read_text())


def found(name=BROKEN):
    read = study.read(FOLDER / f"{name}.json", content(name))
    return {scores.dataset: scores for scores in read.scores}, read


def compared(workspace, folder, baseline=""):
    runs = [one.run for one in import_results(workspace, [folder])]
    return compare(workspace, runs, baseline)


def test_counts_get_their_intervals_and_unparsed_answers_are_misses():
    scores, _ = found()
    arc = scores["letters"].metrics
    assert (arc["accuracy"]["value"], arc["accuracy"]["low"], arc["accuracy"]["high"]) == (0.8, *wilson(16, 20))
    golds = "AAAAAABBBBBCCCCCDDDD"
    said = [*"AAAAB", macro_f1.NONE, *"BBBBB", *"BCCC", macro_f1.NONE, *"DDDD"]
    assert arc["macro_f1"]["value"] == pytest.approx(macro_f1.macro_f1([*golds], said))
    assert arc["macro_f1"]["value"] < scores["letters"].legacy["macro_f1_published"]


def test_without_a_file_that_parsed_all_macro_f1_is_not_guessed(tmp_path):
    file = tmp_path / "alone.json"
    file.write_text(json.dumps(content()))
    read = study.read(file, content())
    assert [*read.scores[0].metrics] == ["accuracy"]
    assert read.scores[0].floors == {}


def test_files_that_contradict_each_other_give_no_golds(tmp_path):
    other = content("Tiny-1B-base")
    other["datasets"]["test-letters.parquet"]["metrics"]["confusion_matrix"]["A"] = {"A": 4, "B": 1, "C": 0, "D": 0}
    other["datasets"]["test-letters.parquet"]["metrics"]["confusion_matrix"]["B"] = {"A": 0, "B": 6, "C": 0, "D": 0}
    (tmp_path / "one.json").write_text(json.dumps(content("Tiny-1B-base")))
    (tmp_path / "two.json").write_text(json.dumps(other))
    (tmp_path / "broken.json").write_text(json.dumps(content()))
    read = study.read(tmp_path / "broken.json", content())
    assert [*read.scores[0].metrics] == ["accuracy"]


def test_empty_and_cut_answers_are_counted_from_their_tokens():
    scores, _ = found()
    assert scores["sums"].health == {"coverage": 0.1, "empty": 0.9, "truncated": 0.0, "mean_new_tokens": 45.15}
    base, _ = found("Tiny-1B-base")
    assert base["sums"].health["truncated"] == 0.1


def test_what_the_study_measured_its_own_way_is_legacy():
    scores, read = found()
    legacy = scores["sums"].legacy
    assert (legacy["absdiff"], legacy["absdiff_n"], legacy["latency_s"]) == (9.0, 2, 0.4)
    assert (legacy["eval_allocated_gib"], legacy["train_allocated_gib"]) == (2.25, 9.25)
    assert any("never ranked" in caveat for caveat in read.caveats)
    assert (read.model, read.method, read.quant) == ("Tiny-1B-sums", "SFT_full", "none")


def test_the_floor_of_passages_is_worked_out_from_the_three_shares():
    scores, _ = found("Tiny-1B-base")
    assert scores["passages"].floors == {"always unanswerable": {"f1": 0.4, "exact": 0.4}}


def test_the_collapsed_model_is_best_nowhere(workspace):
    comparison = compared(workspace, FOLDER, baseline="Tiny-1B-base")
    rows = {(block.dataset, line.name): line for block in comparison.blocks for line in block.lines}
    assert rows["sums", BROKEN].flags == ("collapsed",)
    assert rows["letters", BROKEN].flags == ("collapsed on sums", "low coverage")
    for dataset in ("letters", "sums", "passages"):
        assert not any(cell.best for cell in rows[dataset, BROKEN].cells.values())
    worse = rows["sums", BROKEN].cells["accuracy"]
    assert (worse.mark, worse.unpaired) == ("worse", True)
    assert all(block.winner == "" for block in comparison.blocks)
    assert rows["sums", BROKEN].latency_s is None
    assert rows["sums", BROKEN].origin == "study 2025 (legacy)"
    json.dumps(comparison.to_json(), allow_nan=False)


@pytest.mark.parametrize(("key", "value"), [("correct", 30), ("correct", "16"), ("total_samples", 0)])
def test_figures_that_cannot_be_are_refused(workspace, tmp_path, key, value):
    changed = content()
    changed["datasets"]["test-sums.parquet"][key] = value
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(changed))
    with pytest.raises(ProblemsError, match="cannot be"):
        import_results(workspace, [file])
    assert not workspace.metrics.exists()


def test_the_study_itself_names_no_winner(workspace, real_rows):
    comparison = compared(workspace, real_rows / "study-results", baseline="Qwen3-4B-base")
    blocks = {block.dataset: block for block in comparison.blocks}
    arc = blocks["ai2_arc"]
    assert arc.winner == ""
    assert sum(line.cells["accuracy"].best for line in arc.lines if line.kind != "floor") > 4
    assert all(line.cells["accuracy"].mark in ("tie", "baseline") for line in arc.lines if line.kind != "floor")
    full = [line for block in comparison.blocks for line in block.lines if "SFT_NoPeft" in line.name]
    assert len(full) == 9
    assert all(any("collapsed" in flag for flag in line.flags) for line in full)
    assert not any(cell.best for line in full for cell in line.cells.values())
    worse = [line.name for line in blocks["OpenMathInstruct-2"].lines if line.cells["accuracy"].mark == "worse"]
    assert sorted(worse) == sorted({line.name for line in full})  # the only differences that survive correction


def test_the_study_s_macro_f1_comes_out_where_everything_was_parsed(real_rows):
    folder = real_rows / "study-results"
    for file in sorted(folder.glob("*.json")):
        scores = study.read(file, json.loads(file.read_text())).scores[0]
        published = scores.legacy["macro_f1_published"]
        if scores.health["coverage"] == 1.0:
            assert scores.metrics["macro_f1"]["value"] == pytest.approx(published, abs=5e-5)
        else:
            assert scores.metrics["macro_f1"]["value"] < published

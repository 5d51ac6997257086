import json

import pytest

from workbench.engine.compare import compare
from workbench.engine.imports import import_results
from workbench.engine.statistics import mcnemar, wilson
from workbench.errors import ProblemsError
from workbench.paths import Workspace

DATE = "2026-01-02T03-04-05.678901"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def results(model, rights, **changes):
    """The keys of lm-eval 0.4.13 that matter; rights are right-or-wrong answers to ``quiz``."""
    n = len(rights)
    share = sum(rights) / n
    return {
        "results": {
            "quiz": {
                "alias": "quiz",
                "acc,none": share,
                "acc_stderr,none": (share * (1 - share) / max(1, n - 1)) ** 0.5,
                "perplexity,none": 7.5,
            },
            "all_of_it": {"alias": "all_of_it", "acc,none": 0.99},
        },
        "group_subtasks": {"all_of_it": ["quiz"], "quiz": []},
        "configs": {"quiz": {"task": "quiz", "metric_list": [{"metric": "acc"}]}},
        "versions": {"quiz": 1.0},
        "n-shot": {"quiz": 0},
        "higher_is_better": {"quiz": {"acc": True, "perplexity": False}},
        "n-samples": {"quiz": {"original": n, "effective": n}},
        "config": {"model": "hf", "model_args": f"pretrained={model}", "model_dtype": "torch.float32"},
        "lm_eval_version": "0.4.13",
        "model_name": model,
        "chat_template_sha": None,
        **changes,
    }


def line(place, right, **changes):
    return {
        "doc_id": place,
        "doc": {"question": f"q{place}"},
        "target": "1",
        "arguments": {"gen_args_0": {"arg_0": "q", "arg_1": " a"}},
        "resps": [[["-1.0", "False"]], [["-2.0", "False"]]],
        "filtered_resps": [[-1.0, False], [-2.0, False]],
        "filter": "none",
        "metrics": ["acc"],
        "doc_hash": f"d{place}",
        "prompt_hash": "p",
        "target_hash": "t",
        "acc": float(right),
        **changes,
    }


def write(folder, model, rights, lines=None, **changes):
    folder = folder / model.replace("/", "__")
    folder.mkdir(parents=True)
    file = folder / f"results_{DATE}.json"
    file.write_text(json.dumps(results(model, rights, **changes)))
    if lines != []:
        made = lines or [line(place, right) for place, right in enumerate(rights)]
        (folder / f"samples_quiz_{DATE}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in made))
    return file


def rows(comparison):
    return {line.name: line for block in comparison.blocks for line in block.lines}


BEFORE = [1] * 20 + [0] * 30
AFTER = [1] * 18 + [0] * 2 + [1] * 20 + [0] * 10


def test_results_with_samples_are_paired(workspace, tmp_path):
    files = [write(tmp_path, "org/before", BEFORE), write(tmp_path, "org/after", AFTER)]
    runs = [one.run for one in import_results(workspace, files)]
    comparison = compare(workspace, runs, baseline="before")
    cell = rows(comparison)["after"].cells["acc"]
    assert (cell.delta, cell.mark, cell.unpaired) == (pytest.approx(0.36), "better", False)
    assert cell.p_holm == mcnemar(20, 2)
    base = rows(comparison)["before"].cells["acc"]
    assert (base.value, base.low, base.high, base.n) == (0.4, *wilson(20, 50), 50)
    assert rows(comparison)["before"].origin == "lm-eval 0.4.13"
    assert comparison.blocks[0].protocol == "lm-eval quiz@1.0, 0-shot"
    assert len(comparison.blocks) == 1  # the group is a sum of its tasks


def test_results_without_samples_are_independent(workspace, tmp_path):
    files = [write(tmp_path, "before", BEFORE), write(tmp_path, "after", AFTER, lines=[])]
    runs = [one.run for one in import_results(workspace, files)]
    cell = rows(compare(workspace, runs, baseline="before"))["after"].cells["acc"]
    assert (cell.delta, cell.mark, cell.unpaired, cell.n) == (pytest.approx(0.36), "better", True, 50)


def test_samples_that_came_later_make_another_import(workspace, tmp_path):
    file = write(tmp_path, "m", BEFORE, lines=[])
    (first,) = import_results(workspace, [file])
    text = "".join(json.dumps(line(place, right)) + "\n" for place, right in enumerate(BEFORE))
    file.with_name(f"samples_quiz_{DATE}.jsonl").write_text(text)
    (second,) = import_results(workspace, [file])
    assert (second.new, second.run.id != first.run.id) == (True, True)
    assert second.run.result()["evaluation"]["quiz"]["has_samples"]
    assert not import_results(workspace, [file])[0].new


def test_where_lower_is_better_nothing_is_ranked(workspace, tmp_path):
    (one,) = import_results(workspace, [write(tmp_path, "m", BEFORE)])
    entry = one.run.result()["evaluation"]["quiz"]
    assert [*entry["metrics"]] == ["acc"]
    assert entry["legacy"] == {"perplexity": 7.5}


def test_another_version_of_the_task_stands_apart(workspace, tmp_path):
    files = [write(tmp_path, "before", BEFORE), write(tmp_path, "after", AFTER, versions={"quiz": 2.0})]
    comparison = compare(workspace, [one.run for one in import_results(workspace, files)], baseline="before")
    assert len(comparison.blocks) == 2
    assert rows(comparison)["after"].cells["acc"].delta is None
    assert any("asked differently" in note for note in comparison.notes)


def test_another_template_is_said(workspace, tmp_path):
    files = [write(tmp_path, "before", BEFORE), write(tmp_path, "after", AFTER, chat_template_sha="abc")]
    comparison = compare(workspace, [one.run for one in import_results(workspace, files)], baseline="before")
    assert any("chat template" in note for note in comparison.notes)
    assert rows(comparison)["after"].cells["acc"].mark == "better"


def test_other_questions_refuse_the_pair(workspace, tmp_path):
    other = [line(place + 5, right) for place, right in enumerate(AFTER)]
    files = [write(tmp_path, "before", BEFORE), write(tmp_path, "after", AFTER, lines=other)]
    comparison = compare(workspace, [one.run for one in import_results(workspace, files)], baseline="before")
    assert rows(comparison)["after"].cells["acc"].delta is None
    assert any("share less than 95 %" in note for note in comparison.notes)


def test_fewer_questions_are_said(workspace, tmp_path):
    files = [write(tmp_path, "before", BEFORE), write(tmp_path, "after", AFTER[:48])]
    comparison = compare(workspace, [one.run for one in import_results(workspace, files)], baseline="before")
    assert any("different numbers of answers" in note for note in comparison.notes)
    assert rows(comparison)["after"].cells["acc"].delta is not None


def test_filters_are_metrics_of_their_own(workspace, tmp_path):
    made = []
    for place in range(10):
        both = {"resps": [["so 4"]], "metrics": ["exact_match"]}
        made.append(line(place, 0, filter="strict", filtered_resps=["[invalid]"], exact_match=0.0, **both))
        made.append(line(place, 0, filter="loose", filtered_resps=["4"], exact_match=1.0, **both))
    figures = {"quiz": {"alias": "quiz", "exact_match,strict": 0.0, "exact_match,loose": 1.0}}
    (one,) = import_results(workspace, [write(tmp_path, "m", [0] * 10, lines=made, results=figures)])
    entry = one.run.result()["evaluation"]["quiz"]
    assert [*entry["metrics"]] == ["exact_match,strict", "exact_match,loose"]
    assert all(metric["per_sample"] for metric in entry["metrics"].values())
    assert (entry["n"], entry["health"]["unparsed"], entry["health"]["coverage"]) == (10, 1.0, 0.0)


def test_samples_that_contradict_the_results_are_not_paired(workspace, tmp_path):
    made = [line(place, 1) for place in range(50)]
    (one,) = import_results(workspace, [write(tmp_path, "m", BEFORE, lines=made)])
    entry = one.run.result()["evaluation"]["quiz"]["metrics"]["acc"]
    assert (entry["value"], entry["per_sample"]) == (0.4, False)
    assert any("the samples give 1.0000, the results say 0.4000" in caveat for caveat in one.caveats)


def test_documents_with_the_same_text_are_two(workspace, tmp_path):
    made = [line(place, right, doc_hash="same") for place, right in enumerate(BEFORE)]
    (one,) = import_results(workspace, [write(tmp_path, "m", BEFORE, lines=made)])
    assert one.run.result()["evaluation"]["quiz"]["n"] == 50


def test_a_torn_samples_file_is_refused_whole(workspace, tmp_path):
    file = write(tmp_path, "m", BEFORE)
    samples = file.with_name(f"samples_quiz_{DATE}.jsonl")
    samples.write_text(samples.read_text() + '{"doc_id": 7')
    with pytest.raises(ProblemsError, match="line 51 is no JSON"):
        import_results(workspace, [file])
    assert not workspace.metrics.exists()


def test_a_task_that_names_a_path_reads_nothing(workspace, tmp_path):
    (tmp_path / "secret.jsonl").write_text("{}\n")
    hostile = "../secret"
    figures = {hostile: {"alias": "x", "acc,none": 0.5}}
    counts = {hostile: {"original": 10, "effective": 10}}
    file = write(tmp_path, "../m\x1b[31m", BEFORE, results=figures, **{"n-samples": counts})
    (one,) = import_results(workspace, [file])
    assert one.run.folder.parent == workspace.metrics
    assert one.run.result()["evaluation"][hostile]["has_samples"] is False
    assert "\x1b" not in one.run.result()["model"]["name"]


def test_nan_is_no_score(workspace, tmp_path):
    file = write(tmp_path, "m", BEFORE)
    file.write_text(file.read_text().replace('"acc,none": 0.4,', '"acc,none": NaN, "acc_norm,none": 0.5,'))
    (one,) = import_results(workspace, [file])
    assert [*one.run.result()["evaluation"]["quiz"]["metrics"]] == ["acc_norm"]

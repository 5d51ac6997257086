"""lm-eval's tasks in our result. A small module stands for lm-eval; with lm-eval installed, itself on a local task."""

import json
import sys
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace

import pytest
import torch

from workbench import profile as profiles
from workbench.engine.check import check
from workbench.engine.compared_run import HEALTH, SAMPLE
from workbench.engine.evaluate import lm_eval_tasks
from workbench.engine.evaluate.ways import Subject
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace


def results():
    records = [
        {"doc_id": n, "doc": {"q": n}, "target": "1", "arguments": [], "resps": [[["-1.0", "False"]], [["-2.0", "x"]]],
         "filtered_resps": [["-1.0", "False"], ["-2.0", "False"]], "filter": "none", "metrics": ["acc"],
         "doc_hash": f"hash{n}", "prompt_hash": "p", "target_hash": "t", "acc": float(n % 2)}
        for n in range(6)
    ]  # fmt: skip
    return {
        "results": {"toy": {"alias": "toy", "acc,none": 0.5, "acc_stderr,none": 0.2}},
        "configs": {"toy": {"task": "toy", "metric_list": [{"metric": "acc"}]}},
        "versions": {"toy": 1.0},
        "n-shot": {"toy": 0},
        "higher_is_better": {"toy": {"acc": True}},
        "n-samples": {"toy": {"original": 6, "effective": 6}},
        "config": {},
        "samples": {"toy": records},
    }


@pytest.fixture
def lm_eval(monkeypatch):
    """A module that says what lm-eval would, and remembers what it was asked."""
    asked = []

    def simple_evaluate(**arguments):
        asked.append(arguments)
        return results()

    tool, models = ModuleType("lm_eval"), ModuleType("lm_eval.models.huggingface")
    tasks = ModuleType("lm_eval.tasks")
    tool.simple_evaluate = simple_evaluate
    models.HFLM = SimpleNamespace
    tasks.TaskManager = SimpleNamespace
    for module in (tool, models, tasks, ModuleType("lm_eval.models")):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return asked


def make(*sets):
    text = '[model]\nname = "smollm2-135m"\n[data]\ndataset = "quiz"\n[eval]\nbatch_tokens = 4096\n'
    return profiles.parse(text, "p", "here", sets)


SUBJECT = Subject(SimpleNamespace(dtype=torch.float32, device=torch.device("cpu")), "tokenizer", {"weights": "w"}, None)


def test_results_and_samples_land_where_ours_do(lm_eval, tmp_path):
    profile = make('eval.lm_eval_tasks=["toy"]', "eval.lm_eval_limit=6")
    entries, samples = lm_eval_tasks.evaluate(SUBJECT, profile, tmp_path / "lm_eval", tmp_path)
    (name, entry) = next(iter(entries.items()))
    assert name == "toy/lm-eval"
    assert entry["metrics"]["acc"]["value"] == 0.5
    assert entry["metrics"]["acc"]["low"] < 0.5 < entry["metrics"]["acc"]["high"]
    assert entry["n"] == len(samples) == 6
    assert "lm-eval toy@1.0" in entry["protocol"]
    assert all(entry["health"][share] is not None for share in HEALTH)
    assert all(part in sample for part in SAMPLE for sample in samples)
    assert {sample["key"] for sample in samples} == {entry["protocol_key"]}
    (asked,) = lm_eval
    assert asked["model"].pretrained is SUBJECT.model
    assert (asked["tasks"], asked["limit"]) == (["toy"], 6)


def test_what_was_found_is_not_asked_again_for_the_same_model_alone(lm_eval, tmp_path):
    profile = make('eval.lm_eval_tasks=["toy"]')
    first = lm_eval_tasks.evaluate(SUBJECT, profile, tmp_path / "lm_eval", tmp_path)
    assert lm_eval_tasks.evaluate(SUBJECT, profile, tmp_path / "lm_eval", tmp_path) == first
    assert len(lm_eval) == 1
    other = Subject(SUBJECT.model, "tokenizer", {"weights": "other"}, None)
    lm_eval_tasks.evaluate(other, profile, tmp_path / "lm_eval", tmp_path)
    assert len(lm_eval) == 2


def test_a_task_may_be_a_file(lm_eval, tmp_path):
    (tmp_path / "mine.yaml").write_text("# a task\ntask: toy\noutput_type: multiple_choice\n")
    profile = make('eval.lm_eval_tasks=["mine.yaml"]')
    before = lm_eval_tasks.facts(profile, tmp_path)
    lm_eval_tasks.evaluate(SUBJECT, profile, tmp_path / "lm_eval", tmp_path)
    (asked,) = lm_eval
    assert asked["tasks"] == ["toy"]
    assert asked["task_manager"].include_path == [str(tmp_path)]
    assert asked["task_manager"].include_defaults is False
    (tmp_path / "mine.yaml").write_text("task: toy\n# changed\n")
    assert lm_eval_tasks.facts(profile, tmp_path) != before


def test_a_failure_of_lm_eval_is_a_sentence(lm_eval, tmp_path, monkeypatch):
    def fail(**_):
        raise ConnectionError("no hub")

    monkeypatch.setattr(sys.modules["lm_eval"], "simple_evaluate", fail)
    with pytest.raises(WorkbenchError, match="lm-eval failed: no hub"):
        lm_eval_tasks.evaluate(SUBJECT, make('eval.lm_eval_tasks=["toy"]'), tmp_path / "lm_eval", tmp_path)
    assert not list(tmp_path.rglob("results_*"))


@pytest.mark.skipif(find_spec("lm_eval") is not None, reason="lm-eval is installed")
def test_a_missing_extra_is_a_sentence_before_and_within_a_run(tmp_path):
    profile = make('eval.lm_eval_tasks=["boolq", "no/such.yaml"]')
    found = {str(problem) for problem in check(profile, Workspace(tmp_path), "p.toml") if "lm_eval" in problem.where}
    assert "p.toml: eval.lm_eval_tasks: lm-eval is not installed. pip install 'workbench[lm-eval]'" in found
    assert any("there is no file" in problem for problem in found)
    with pytest.raises(InputError, match="there is no file"):
        lm_eval_tasks.evaluate(SUBJECT, profile, tmp_path / "lm_eval", tmp_path)
    with pytest.raises(InputError, match="pip install 'workbench"):
        lm_eval_tasks.evaluate(SUBJECT, make('eval.lm_eval_tasks=["boolq"]'), tmp_path / "lm_eval", tmp_path)


@pytest.mark.skipif(find_spec("lm_eval") is None, reason="lm-eval is not installed")
def test_lm_eval_itself_finds_what_arc_ll_finds(tiny_model, tokenizer, tmp_path):
    from transformers import AutoModelForCausalLM

    from workbench.choices.protocols import PROTOCOLS
    from workbench.engine.datasets.generate import rows
    from workbench.engine.evaluate import loglikelihood

    quiz = rows("quiz")[1][:12]
    records = [
        {"q": row.question, "options": list(row.options), "gold": row.labels.index(row.answers[0])} for row in quiz
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (tmp_path / "toy.yaml").write_text(
        f"task: quiz_ll\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {tmp_path}/rows.jsonl\n"
        "test_split: test\noutput_type: multiple_choice\n"
        'doc_to_text: "Question: {{q}}\\nAnswer:"\ndoc_to_choice: "{{options}}"\ndoc_to_target: gold\n'
        "metric_list:\n  - metric: acc\n  - metric: acc_norm\nmetadata:\n  version: 1.0\n"
    )
    model = AutoModelForCausalLM.from_pretrained(tiny_model).eval()
    profile = make(f'eval.lm_eval_tasks=["{tmp_path}/toy.yaml"]')
    who = Subject(model, tokenizer, {}, None)
    entries, samples = lm_eval_tasks.evaluate(who, profile, tmp_path / "lm_eval", tmp_path)
    choices = [PROTOCOLS["arc_ll@1"].choice(row) for row in quiz]
    items = [loglikelihood.encode(tokenizer, c.text, [f" {o}" for o in c.options], 512) for c in choices]
    ours = {
        p: v
        for b in loglikelihood.of_options(model, items, 8192, print)
        for p, v in zip(b.places, b.values, strict=True)
    }
    right = [choices[p].labels[v.index(max(v))] == quiz[p].answers[0] for p, v in sorted(ours.items())]
    assert len(samples) == len(quiz)
    assert entries["quiz_ll/lm-eval"]["metrics"]["acc"]["value"] == pytest.approx(sum(right) / len(right))

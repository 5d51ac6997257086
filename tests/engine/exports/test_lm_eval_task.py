"""Tasks by which lm-eval asks the same rows; where it is installed, it loads them and builds its requests."""

import json
import re

import pytest

from workbench.choices.protocols import PROTOCOLS
from workbench.choices.rows import Row
from workbench.choices.tasks import prompt
from workbench.engine import hashes
from workbench.engine.evaluate.protocol import all_questions
from workbench.engine.exports.lm_eval import export
from workbench.engine.exports.lm_eval_task import SCORING, _record, task_name
from workbench.errors import InputError
from workbench.paths import Workspace

PROFILE = """[model]
name = "m"
[data]
dataset = "quiz"
system = "Be brief."
[eval]
rows = 8
datasets = ["arithmetic", "passages"]
"""


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def run(workspace, fabricate):
    """A run that was asked eight rows of each shipped data set, and answered them all with "A"."""
    made = fabricate.write(workspace, "20260101-000000-x", fabricate.quiz(30))
    made.profile_file.write_text(PROFILE)
    answers = []
    asked = all_questions(workspace, made.profile())
    for one in asked:
        golds = [tuple(map(str, row.answers)) for row in one.rows]
        own = fabricate.samples(one.task, one.name, golds, ["A"] * len(one.rows))
        answers += [
            {**sample, "doc_hash": hashes.of_json(row.to_json()), "protocol": one.protocol}
            for sample, row in zip(own, one.rows, strict=True)
        ]
    other = fabricate.write(workspace, "20260101-000001-y", answers)
    other.profile_file.write_text(PROFILE)
    result = json.loads(other.result_file.read_text())
    for one in asked:
        facts = {"protocol": one.protocol, "answer_format": one.answer_format, "max_new_tokens": one.max_new_tokens}
        result["evaluation"][one.name] |= facts
    other.result_file.write_text(json.dumps(result))
    return other


def yaml_of(file):
    """The keys of a task; every value is JSON, which is YAML too."""
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    return {line.partition(": ")[0]: json.loads(line.partition(": ")[2]) for line in lines}


def named(files, start):
    return {file.name: file for file in files if file.name.startswith(start)}


def test_a_task_stands_beside_the_results_and_the_rows_stay_here(run, tmp_path):
    files = export(run, tmp_path / "out")
    found = named(files, "task_")
    assert sorted(found) == [
        "task_workbench_arithmetic.yaml",
        "task_workbench_passages.yaml",
        "task_workbench_quiz.yaml",
        "task_workbench_quiz_arc_ll_1.yaml",
    ]
    assert not named(files, "rows_")
    text = found["task_workbench_quiz.yaml"].read_text()
    assert "rows_workbench_quiz.jsonl is not here" in text
    assert "Be brief" not in text


def test_the_rows_are_those_that_were_asked_in_their_order(run, tmp_path, workspace):
    files = export(run, tmp_path / "out", with_rows=True)
    for one in all_questions(workspace, run.profile()):
        task = yaml_of(named(files, "task_")[f"task_{task_name(one.name)}.yaml"])
        (data,) = task["dataset_kwargs"]["data_files"].values()
        rows = [json.loads(line) for line in named(files, "rows_")[data].read_text().splitlines()]
        assert [row["id"] for row in rows] == [row.id for row in one.rows]
        assert all(row["prompt"] for row in rows)
        assert task["doc_to_target"] in rows[0]
    assert "is not here" not in named(files, "task_")["task_workbench_quiz.yaml"].read_text()


def test_what_is_asked_is_what_was_asked(run, tmp_path):
    files = named(export(run, tmp_path / "out", with_rows=True), "")
    chat, likelihood = (yaml_of(files[f"task_workbench_quiz{end}.yaml"]) for end in ("", "_arc_ll_1"))
    assert (chat["description"], chat["generation_kwargs"]["max_gen_toks"]) == ("Be brief.", 16)
    assert (chat["metadata"]["version"], chat["num_fewshot"]) == (1.0, 0)
    assert "description" not in likelihood
    assert [one["metric"] for one in likelihood["metric_list"]] == ["acc", "acc_norm"]
    row = json.loads(files["rows_workbench_quiz_arc_ll_1.jsonl"].read_text().splitlines()[0])
    assert row["prompt"].startswith("Question: ")
    assert row["prompt"].endswith("\nAnswer:")
    assert 0 <= row["gold"] < len(row["choices"])
    asked = json.loads(files["rows_workbench_quiz.jsonl"].read_text().splitlines()[0])["prompt"]
    assert asked.endswith("Answer with the letter of the correct option only.")


def test_where_the_metric_is_another_the_file_says_so(run, tmp_path):
    found = named(export(run, tmp_path / "out"), "task_")
    assert "# acc and acc_norm are the protocol's own metrics" in found["task_workbench_quiz_arc_ll_1.yaml"].read_text()
    math = found["task_workbench_arithmetic.yaml"].read_text()
    assert "no math-verify" in math
    assert "another metric than the accuracy of math_gen@2" in math


def test_every_protocol_is_there_or_is_told(run, tmp_path):
    assert {*SCORING} | {"heldout_loss@1"} == {*PROTOCOLS}
    result = json.loads(run.result_file.read_text())
    result["evaluation"]["quiz"]["protocol"] = "heldout_loss@1"
    result["evaluation"]["arithmetic"]["protocol"] = "math_gen@1"
    run.result_file.write_text(json.dumps(result))
    notes = []
    found = named(export(run, tmp_path / "out", on_note=notes.append), "task_")
    assert "task_workbench_quiz.yaml" not in found
    assert [note.partition(":")[0] for note in notes] == ["quiz", "arithmetic"]
    assert 'cannot ask "heldout_loss@1"' in notes[0]


def test_rows_that_have_changed_since_are_refused(run, tmp_path):
    lines = run.samples_file.read_text().splitlines()
    first = {**json.loads(lines[0]), "doc_hash": "of another row"}
    run.samples_file.write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    with pytest.raises(InputError, match="are not those that it was asked"):
        export(run, tmp_path / "out", with_rows=True)
    assert not (tmp_path / "out").exists()
    export(run, tmp_path / "out")


@pytest.mark.parametrize(
    ("protocol", "answer_format", "said", "taken"),
    [
        ("arc_gen@1", "boxed", r"First \boxed{A}, no, \boxed{\text{(B)}}", "B"),
        ("arc_gen@1", "bare", " b.", "b"),
        ("arc_gen@1", "bare", "A dog is", None),
        ("math_gen@2", "boxed", r"so \boxed{1}, or \boxed{\frac{1}{2}} it is", r"\frac{1}{2}"),
        ("math_gen@2", "bare", " 12 \n", "12"),
        ("squad_gen@1", "bare", " the city\nIt is", "the city"),
        ("squad_gen@1", "boxed", "the city", None),
    ],
)
def test_what_the_filter_takes_of_an_answer(protocol, answer_format, said, taken):
    found = re.findall(getattr(SCORING[protocol], answer_format), said)
    assert (found[-1] if found else None) == taken


def test_an_abstention_and_a_yes_are_rows_too():
    nothing = Row("1", "squad", "Who?", (), context="Nobody.")
    assert _record(nothing, PROTOCOLS["squad_gen@1"], "bare")["targets"] == ["unanswerable"]
    yes = Row("1", "boolq", "is it?", ("yes",), context="It is.")
    record = _record(yes, PROTOCOLS["boolq@1"], "bare")
    assert (record["choices"], record["gold"]) == (["no", "yes"], 1)
    assert record["prompt"] == "It is.\nQuestion: is it?\nAnswer:"


def test_lm_eval_loads_it_and_builds_our_prompts(run, tmp_path, monkeypatch, workspace):
    tasks = pytest.importorskip("lm_eval.tasks", reason="lm-eval is not installed")
    files = export(run, tmp_path / "out", with_rows=True)
    monkeypatch.chdir(files[0].parent)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    manager = tasks.TaskManager(include_path=".", include_defaults=False)
    names = [task_name(one) for one in ("quiz", "quiz/arc_ll@1", "arithmetic", "passages")]
    loaded = manager.load(names)["tasks"] if hasattr(manager, "load") else tasks.get_task_dict(names, manager)
    for one in all_questions(workspace, run.profile()):
        task, protocol, row = loaded[task_name(one.name)], PROTOCOLS[one.protocol], one.rows[0]
        chats = protocol.way == "generate"
        task.build_all_requests(apply_chat_template=chats, chat_template=said_as_json, tokenizer_name="t")
        first = task.instances[0]
        if not chats:
            choice = protocol.choice(row)
            assert first.args == (choice.text, f" {choice.options[0]}")
            likelihoods = [(0.0 if label == row.answers[0] else -9.0, False) for label in choice.labels]
            assert task.process_results(first.doc, likelihoods)["acc"] == 1.0
            continue
        turns = [{"role": "system", "content": "Be brief."}, *prompt(row, one.answer_format)]
        assert [json.loads(first.args[0]), len(task.instances)] == [turns, len(one.rows)]
        assert first.args[1]["max_gen_toks"] == one.max_new_tokens
        right = str(row.answers[0]) if row.answers else "unanswerable"
        for answer, score in ((f" {right}\n", 1.0), ("something else", 0.0)):
            for instance in task.instances:
                instance.resps = [answer]
            task.apply_filters()
            assert task.process_results(first.doc, [first.filtered_resps["none"]])["exact_match"] == score


def said_as_json(messages, **_):
    return json.dumps(messages)

from workbench.choices.rows import Row
from workbench.choices.tasks import prompt
from workbench.engine import datasets, hashes
from workbench.engine.prompts import Prompts
from workbench.paths import Workspace


def asked(row, **fields):
    return {"dataset": "quiz", "doc_hash": hashes.of_json(row.to_json()), "answer_format": "bare", **fields}


def test_a_prompt_is_found_by_the_hash_of_its_question(tmp_path):
    workspace = Workspace(tmp_path)
    made = datasets.prepare_named(workspace, "quiz")
    row = datasets.rows(made, "test", "all", 0)[7]
    prompts = Prompts(workspace)
    for answer_format in ("bare", "boxed"):
        turns, reason = prompts.find(asked(row, answer_format=answer_format))
        assert reason == ""
        assert [{"role": role, "content": text} for role, text in turns] == prompt(row, answer_format)


def test_a_question_that_was_asked_without_a_chat_is_shown_alone(tmp_path):
    workspace = Workspace(tmp_path)
    row = datasets.rows(datasets.prepare_named(workspace, "quiz"), "test", "all", 0)[0]
    ((role, text),), _ = Prompts(workspace).find(asked(row, protocol="arc_ll@1"))
    assert role == "question"
    assert text.startswith(row.question)
    assert "Answer with" not in text
    (*_, (role, text)), _ = Prompts(workspace).find(asked(row, protocol="arc_gen@1"))
    assert "Answer with" in text


def test_what_is_not_there_is_a_reason(tmp_path):
    workspace = Workspace(tmp_path)
    unknown = Row("1", "arc", "never asked", ("A",))
    assert "is not in" in Prompts(workspace).find(asked(unknown))[1]
    made = datasets.prepare_named(workspace, "quiz")
    assert "holds no such question" in Prompts(workspace).find(asked(unknown))[1]
    with (made.folder / "test.jsonl").open("a") as file:
        file.write("{}\n")
    assert "was changed after it was prepared" in Prompts(workspace).find(asked(unknown))[1]
    (made.folder / "manifest.json").write_text("[")
    assert "is damaged" in Prompts(workspace).find(asked(unknown))[1]


def test_a_sample_that_holds_its_prompt_is_believed(tmp_path):
    row = Row("1", "arc", "never asked", ("A",))
    assert Prompts(Workspace(tmp_path)).find(asked(row, prompt="Say A.")) == ((("user", "Say A."),), "")

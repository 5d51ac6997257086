import pytest

from workbench.choices.formats import FORMATS, BadRowError, recognise

CASES = [
    ({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}, "messages"),
    ({"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}, "sharegpt"),
    ({"prompt": "q", "completion": "a"}, "prompt_completion"),
    ({"instruction": "q", "input": "", "output": "a"}, "alpaca"),
    ({"question": "q", "answer": 2.5}, "study_math"),
    ({"title": "t", "context": "c", "question": "q", "answer": "a"}, "study_squad"),
    ({"title": "t", "question": "Which? A. x B. y C. z", "answer": "A"}, "study_arc"),
    ({"id": "1", "question": "q", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "2"}, "hub_arc"),
    ({"id": "1", "title": "t", "context": "c", "question": "q", "answers": {"text": ["a", "a"]}}, "hub_squad"),
    ({"problem": "q", "generated_solution": "s", "expected_answer": "3"}, "hub_openmath"),
]


@pytest.mark.parametrize(("record", "name"), CASES)
def test_every_shape_is_recognised_by_its_columns_and_becomes_a_row(record, name):
    chosen = recognise(record)
    assert chosen is not None
    assert chosen.name == name
    row = chosen.read(record, "r1")
    assert row.task == chosen.task
    assert row.question


def test_every_format_has_a_case():
    assert {name for _, name in CASES} == set(FORMATS) - {"workbench"}


def test_columns_of_no_format_are_not_guessed_at():
    assert recognise(["a", "b"]) is None


def read(name, record):
    return FORMATS[name].read(record, "r1")


def test_numbered_options_become_letters():
    record = {"id": "1", "question": "q", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "2"}
    row = read("hub_arc", record)
    assert (row.labels, row.answers) == (("A", "B"), ("B",))


def test_options_inside_the_question_are_taken_out():
    row = read("study_arc", {"title": "t", "question": "Which is a metal? A. iron B. oak C. wool", "answer": "A"})
    assert (row.question, row.options, row.answers) == ("Which is a metal?", ("iron", "oak", "wool"), ("A",))


def test_a_missing_answer_of_a_passage_means_unanswerable():
    for answer in ("", None):
        row = read("study_squad", {"title": "t", "context": "c", "question": "q", "answer": answer})
        assert row.answers == ()


def test_every_gold_of_a_passage_is_kept_once():
    row = read("hub_squad", {"id": "1", "context": "c", "question": "q", "answers": {"text": ["a", "b", "a"]}})
    assert row.answers == ("a", "b")


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("study_math", {"question": "q", "answer": None}),
        ("study_math", {"question": "q", "answer": float("nan")}),
        ("study_math", {"question": "", "answer": "1"}),
        ("messages", {"messages": [{"role": "user", "content": "q"}]}),
        ("messages", {"messages": [{"role": "robot", "content": "q"}, {"role": "assistant", "content": "a"}]}),
        ("hub_arc", {"id": "1", "question": "q", "choices": {"text": ["x"], "label": ["A"]}, "answerKey": "D"}),
    ],
)
def test_a_record_that_is_no_row_is_refused(name, record):
    with pytest.raises(BadRowError):
        read(name, record)

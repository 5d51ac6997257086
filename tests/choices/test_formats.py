import pytest

from workbench.choices.formats import FORMATS, BadRowError, recognise, split_options

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
    ({"passage": "p", "question": "is it", "answer": True}, "boolq"),
    ({"passage": "p", "question": "is it", "label": 0, "idx": 3}, "super_glue_boolq"),
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


@pytest.mark.parametrize(
    ("answer", "word"), [(True, "yes"), (False, "no"), (1, "yes"), (0.0, "no"), ("Yes", "yes"), ("false", "no")]
)
def test_a_truth_value_becomes_a_word(answer, word):
    row = read("boolq", {"passage": "p", "question": "is it", "answer": answer})
    assert (row.task, row.context, row.answers) == ("boolq", "p", (word,))


@pytest.mark.parametrize("answer", ["maybe", 2, None])
def test_what_is_neither_yes_nor_no_is_no_answer(answer):
    with pytest.raises(BadRowError):
        read("boolq", {"passage": "p", "question": "is it", "answer": answer})


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


@pytest.mark.parametrize(
    ("question", "letters"),
    [
        ("Which? A. x B. y C. z", "ABC"),
        ("Which? A. x B. y C. z D. w E. v", "ABCDE"),
        ("Which? 1. x 2. y 3. z 4. w", "ABCD"),
        ("Which? (A) x (B) y (C) z (D) w", "ABCD"),
        ("Vitamin A. is what? A. x B. y C. z D. w", "ABCD"),
        ("Which? A. x B. y", ""),  # too few to be sure
        ("Which? A. x C. y D. z", ""),  # one is missing
        ("Which? 1. one 2. A. two, B. three C. four D. five", ""),  # both at once, as in one real row
        ("A. x B. y C. z", ""),  # no stem at all
    ],
)
def test_options_are_taken_out_only_where_they_are_clear(question, letters):
    stem, labels, options = split_options(question)
    if not letters:
        assert (stem, labels, options) == (question, [], [])
        return
    assert "".join(labels) == letters
    assert options == ["x", "y", "z", "w", "v"][: len(letters)]
    assert stem.endswith("?")


def test_a_label_that_a_float_column_made_a_number_is_a_letter():
    row = read("study_arc", {"title": "t", "question": "Which? 1. x 2. y 3. z", "answer": 2.0})
    assert (row.labels, row.answers) == (("A", "B", "C"), ("B",))


def test_a_conversation_keeps_its_turns_and_its_system_turn():
    turns = [("system", "s"), ("human", "q1"), ("gpt", "a1"), ("human", "q2"), ("gpt", "a2")]
    row = read("sharegpt", {"conversations": [{"from": role, "value": content} for role, content in turns]})
    assert (row.system, row.question, row.answers) == ("s", "q1", ("a2",))
    assert [turn["role"] for turn in row.messages] == ["user", "assistant", "user", "assistant"]


def test_turns_in_parts_of_text_are_joined():
    parts = [{"type": "text", "text": "two "}, {"type": "text", "text": "parts"}]
    record = {"messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": "a"}]}
    assert read("messages", record).question == "two parts"


def test_an_input_and_a_system_column_are_used():
    row = read("alpaca", {"instruction": "Add.", "input": "1 and 2", "output": "3", "system": "Be brief."})
    assert (row.question, row.system, row.answers) == ("Add.\n\n1 and 2", "Be brief.", ("3",))


@pytest.mark.parametrize(
    "record",
    [
        {"task": "chess", "question": "q", "answers": ["a"]},
        {"task": "math", "question": "q", "answers": "68"},
        {"task": "arc", "question": "q", "answers": ["A"], "options": ["x", "y"], "labels": ["A"]},
    ],
)
def test_rows_of_this_project_are_checked_too(record):
    with pytest.raises(BadRowError):
        read("workbench", record)

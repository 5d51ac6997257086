import pytest

from workbench.engine.datasets.read import to_rows
from workbench.errors import InputError
from workbench.profile import DataOptions

AUTO = DataOptions(dataset="x")


def read(records, **options):
    return to_rows(records, DataOptions(**options), "file", "file")


def test_numbers_become_text_and_the_note_counts_them():
    reading = read([{"question": "q", "answer": answer} for answer in (0.25, 68.0, 1e-07, "3", 4)])
    assert [row.answers for row in reading.rows] == [("0.25",), ("68",), ("0.0000001",), ("3",), ("4",)]
    assert reading.notes == ['answer: 3 of 5 floats written as text without ".0" (68.0 -> 68)']


def test_numbers_stay_numbers_where_the_conversion_is_off():
    reading = read([{"question": "q", "answer": 68.0}], convert_float_answers=False)
    assert reading.rows[0].answers == (68.0,)
    assert "convert_float_answers is off" in reading.notes[0]


def test_numbers_in_a_conversation_are_converted_too():
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": 68.0}]
    assert read([{"messages": turns}]).rows[0].messages[1]["content"] == "68"
    assert read([{"messages": turns}], convert_float_answers=False).rows[0].messages[1]["content"] == 68.0


def test_golds_that_are_no_numbers_are_noted():
    reading = read([{"question": "q", "answer": answer} for answer in ("x + 1", "1,000", "3/4")])
    assert reading.notes == ["answer: 1 of 3 are no numbers and must be met letter by letter"]


@pytest.mark.parametrize("answer", [None, float("nan"), float("inf"), "", " ", ["1"], {"a": 1}])
def test_an_answer_that_is_none_names_its_row(answer):
    records = [{"question": "q", "answer": "1"}, {"question": "q", "answer": answer}]
    with pytest.raises(InputError, match="file: 1 of 2 row is wrong: row 2: the answer "):
        read(records)


def test_only_the_first_few_wrong_rows_are_named():
    with pytest.raises(InputError, match=r"9 of 9 rows are wrong: row 1: .*row 5: [^;]*; and 4 more\."):
        read([{"question": "q", "answer": None}] * 9)


def test_an_id_that_comes_twice_is_refused():
    record = {"id": "a", "context": "c", "question": "q", "answers": {"text": ["c"]}}
    with pytest.raises(InputError, match='row 2: an earlier row has the id "a" too'):
        read([record, record])


def test_wrong_columns_name_what_is_there_and_the_nearest_formats():
    with pytest.raises(InputError, match=r"the columns instructions, outputs fit no known format. Nearest: alpaca \("):
        read([{"instructions": "q", "outputs": "a"}])
    with pytest.raises(InputError, match="the format alpaca needs the columns instruction, output, and output is not"):
        read([{"instruction": "q", "answer": "a"}], format="alpaca")
    with pytest.raises(InputError, match=r'data\.format: there is no format "alpacca"\. Did you mean "alpaca"\?'):
        read([{"instruction": "q", "output": "a"}], format="alpacca")


def test_a_format_of_the_wrong_type_is_a_sentence():
    with pytest.raises(InputError, match="row 1: it does not look like messages"):
        read([{"messages": 3}])


def test_rows_of_another_task_must_have_what_it_needs():
    assert read([{"prompt": "1+1?", "completion": "2"}], task="math").rows[0].task == "math"
    with pytest.raises(InputError, match="it has no passage"):
        read([{"prompt": "1+1?", "completion": "2"}], task="squad")
    turns = [{"role": role, "content": "x"} for role in ("user", "assistant", "user", "assistant")]
    with pytest.raises(InputError, match='a conversation of 4 turns is no "math" question'):
        read([{"messages": turns}], task="math")

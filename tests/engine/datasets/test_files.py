import json

import pyarrow
import pyarrow.parquet
import pytest

from workbench.engine.datasets.files import read_records
from workbench.errors import InputError


def test_a_line_separator_inside_a_text_is_no_new_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"question": "a\u2028b\x85c"}, ensure_ascii=False) + "\n\n", encoding="utf-8")
    assert read_records(path, "key") == [{"question": "a\u2028b\x85c"}]


def test_numbers_of_32_bits_are_read_as_they_were_written(tmp_path):
    values = [0.1, 68.0, 3.33, None]
    table = pyarrow.table({"question": list("abcd"), "answer": pyarrow.array(values, pyarrow.float32())})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert [record["answer"] for record in read_records(tmp_path / "a.parquet", "key")] == values


def test_a_table_is_read_as_text_with_its_quotes_and_its_mark(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('question,answer\n"one,\ntwo",68.0\n"' + "x" * 200_000 + '",1\n', encoding="utf-8-sig")
    first, second = read_records(path, "key")
    assert first == {"question": "one,\ntwo", "answer": "68.0"}
    assert len(second["question"]) == 200_000


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", b'{"a": 1}\n{"a": \n', "line 2 is no JSON"),
        ("a.jsonl", b'{"a": 1}\n[1]\n', "line 2 is no object with columns"),
        ("a.jsonl", b'{"a": "\xff"}\n', "is not UTF-8 text. Save it as UTF-8."),
        ("a.json", b"[" * 100_000, "cannot be read as json"),
        ("a.json", b'[{"a": 1}, 2]', "row 2 is no object with columns"),
        ("a.csv", b"a,b\n1,2\n1,2,3\n", "line 3 has not as many cells as the head"),
        ("a.csv", b'a,b\n1,"2\n', "cannot be read as csv"),
        ("a.txt", b"a", 'unknown ending ".txt". Known endings: .jsonl, .json, .csv, .parquet.'),
    ],
)
def test_what_cannot_be_read_is_a_sentence_with_its_place(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_records(path, "data.train_file")
    assert str(caught.value).startswith(f"data.train_file: {path}")
    assert says in str(caught.value)


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "train.jsonl").touch()
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r'Did you mean "train\.jsonl"\?'):
        read_records(tmp_path / "trian.jsonl", "key")
    with pytest.raises(InputError, match=r"The folder holds: train\.jsonl\."):
        read_records(tmp_path / "zzz", "key")
    with pytest.raises(InputError, match=r"There is no folder .*nowhere either"):
        read_records(tmp_path / "nowhere" / "train.jsonl", "key")
    with pytest.raises(InputError, match=r"is a folder. Name one of its files: train\.jsonl\."):
        read_records(tmp_path, "key")

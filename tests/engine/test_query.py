import math
import time

import pytest

from workbench.engine.query import Query, parse, where
from workbench.errors import ProblemsError

COLUMNS = ("name", "model", "loss", "memory_bytes", "age_s", "accuracy", "here", "tags", "parameters")
ROWS = [
    {"name": "Alpaca QLoRA", "model": "llama-8b", "loss": 1.2, "memory_bytes": 9 * 2**30, "age_s": 60, "accuracy": 0.5},
    {"name": "sums", "model": "smollm2-135m", "loss": 0.7, "memory_bytes": 2**30, "age_s": 7200, "here": True},
    {"name": "sums-nan", "model": "smollm2-135m", "loss": math.nan, "memory_bytes": None, "tags": ["old", "odd"]},
]


def names(text):
    return [row["name"] for row in where(ROWS, text, COLUMNS)]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [0, 1, 2]),
        ("SUMS", [1, 2]),
        ("!sums", [0]),
        ('"alpaca q"', [0]),
        ("smollm2 nan", [2]),
        ("loss>1", [0]),
        ("loss>=0.7", [0, 1]),
        ("loss<=0.7", [1]),
        ("loss=0.7", [1]),
        ("loss==0.7", [1]),
        ("loss!=0.7", [0]),
        ("model=SMOLLM2-135M", [1, 2]),
        ("model!=llama-8b", [1, 2]),
        ("model~llama", [0]),
        ("!model~llama", [1, 2]),
        ("memory<8GiB", [1]),
        ("memory_bytes>8GiB", [0]),
        ("memory<10gb", [0, 1]),
        ("age<2m", [0]),
        ("age>=2h", [1]),
        ("accuracy>45%", [0]),
        ("here=yes", [1]),
        ("here=true", [1]),
        ("tags~odd", [2]),
        ("odd", [2]),
        ('name="Alpaca QLoRA"', [0]),
        ("name>s", [1, 2]),
        ("name~sums loss<1", [1]),
        ('"alpaca', [0]),
    ],
)
def test_check_33_a_filter_keeps_what_matches(text, places):
    assert names(text) == [ROWS[place]["name"] for place in places]


@pytest.mark.parametrize("sign", ["<", ">", "<=", ">=", "=", "!="])
def test_check_33_missing_values_match_no_comparison(sign):
    assert "sums-nan" not in names(f"loss{sign}0.7")
    assert "sums-nan" not in names(f"memory{sign}1GiB")


def test_the_opposite_of_a_comparison_keeps_rows_without_a_value():
    assert names("!loss>=0") == ["sums-nan"]


def test_all_problems_at_once_with_the_nearest_column():
    with pytest.raises(ProblemsError) as caught:
        parse("los>1 memory<8Gix sums model=", COLUMNS)
    assert [problem.where for problem in caught.value.problems] == ["los>1", "memory<8Gix", "model="]
    assert 'Did you mean "loss"?' in str(caught.value)
    assert "8GiB" in str(caught.value)


def test_a_column_of_numbers_is_not_compared_with_words():
    with pytest.raises(ProblemsError, match='"high" is no number that loss could be'):
        where(ROWS, "loss>high", COLUMNS)


def test_a_sign_without_a_column_says_so():
    with pytest.raises(ProblemsError, match=r"> has no column\. Put a column before it"):
        parse(">3", COLUMNS)
    assert parse('">3"', COLUMNS).terms[0].text == ">3"


def test_no_filter_is_false():
    assert not parse("  ", COLUMNS)
    assert parse("x", COLUMNS)
    assert Query().matches({})


def test_filtering_5000_rows_takes_no_longer_than_some_sorting_of_them():
    rows = [
        {"name": f"run-{i}", "loss": i / 7 % 3, "memory_bytes": i * 2**20, "model": "m" * (i % 9)} for i in range(5000)
    ]

    def best(work):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    baseline = best(lambda: [sorted(map(str, row.values())) for row in rows])
    assert (
        best(lambda: where(rows, "run-4 loss<2 memory>1GiB", ("name", "loss", "memory_bytes", "model"))) < 8 * baseline
    )

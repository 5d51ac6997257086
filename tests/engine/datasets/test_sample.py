import pytest

from workbench.choices.rows import Row
from workbench.engine.datasets.sample import normalised, overlap, sample, split


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What is  A, b?", "what is a b", True),
        ("1,000 apples", "1000 apples!", True),
        ("5 - 3", "5 + 3", False),
        ("2.5", "25", False),
        ("a well-known fact", "A well known fact.", True),
        ("\uff12 + 2", "2 + 2", True),
    ],
)
def test_a_text_is_compared_without_case_space_and_punctuation(one, other, same):
    assert (normalised(one) == normalised(other)) is same


def test_shares_add_up_and_every_kind_is_kept():
    rows = [Row(str(n), "arc", f"q{n}", ("ABCD"[n % 4 if n % 7 else 0],)) for n in range(97)]
    for count in (1, 4, 10, 50, 96):
        assert len(sample(rows, count, 0)) == count
    assert {row.answers[0] for row in sample(rows, 10, 0)} == set("ABCD")


def test_a_split_loses_and_doubles_no_row():
    rows = [Row(str(n), "math", f"q{n}", ("1",)) for n in range(50)]
    train, test = split(rows, 5, 0)
    assert len(test) == 5
    assert sorted((row.id for row in train + test), key=int) == [row.id for row in rows]


def test_conversations_that_only_begin_alike_are_not_the_same():
    def chat(row_id, second):
        turns = [("user", "Hi"), ("assistant", "Hello"), ("user", second), ("assistant", "x")]
        messages = tuple({"role": role, "content": content} for role, content in turns)
        return Row(row_id, "chat", "Hi", ("x",), messages=messages)

    train = [chat("1", "How are you?")]
    assert overlap(train, [chat("2", "Who are you?")]) == {"exact": 0, "normalised": 0}
    assert overlap(train, [chat("2", "how are you")]) == {"exact": 0, "normalised": 1}

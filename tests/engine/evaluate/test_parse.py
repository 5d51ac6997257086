import time

import pytest

from workbench.engine.evaluate import parse

ABCD = ("A", "B", "C", "D")


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (r"\boxed{A}", "A"),
        (r"\boxed{1} and then \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{a{b{c}d}e}", "a{b{c}d}e"),
        (r"\boxed{\boxed{5}}", "5"),
        (r"\boxed {7}", "7"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{}", ""),
        (r"\boxed{A} ... \boxed{B", "A"),
        (r"{ \boxed{A}", "A"),
        (r"} \boxed{A}", "A"),
        (r"\boxed{A", None),
        (r"\boxed{ {A}", None),
        (r"boxed{A}", None),
        (r"\boxed A", None),
        ("", None),
    ],
)
def test_the_last_balanced_box(text, inside):
    assert parse.boxed(text) == inside


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("b", "B"),
        (" (B) ", "B"),
        ("**B**", "B"),
        ("B.", "B"),
        ("B. the sun", "B"),
        ("B) the sun", "B"),
        ("(B) the sun", "B"),
        ("B: the sun", "B"),
        ("**B.** the sun", "B"),
        ("A. a dog", "A"),
        ("Answer: C", "C"),
        ("Answer:\nC", "C"),
        ("The answer is (A).", "A"),
        ("The answer is **D**", "D"),
        ("The answer is option B because of gravity", "B"),
        ("First I thought the answer is A. No: the answer is C.", "C"),
        ("A. is tempting, but the answer is B.", "B"),
        (r"So \boxed{D}.", "D"),
        (r"\boxed{\text{D}}", "D"),
        (r"\boxed{D. the moon}", "D"),
        ("A dog is an animal.", None),
        ("A", "A"),
        ("The answer is A dog.", None),
        ("The answer is not B.", None),
        ("Option B is wrong, it must be something else", None),
        ("Neither option", None),
        ("I would pick C", None),
        ("A. a dog\nB. a cat\nC. a cow\nD. a hen", None),
        ("A or B", None),
        ("E", None),
        ("F", None),
        ("Because", None),
        ("A.D. 500", None),
        (r"\boxed{}", None),
        ("", None),
        ("unanswerable", None),
    ],
)
def test_a_letter_is_named_and_not_found(text, letter):
    assert parse.letter(text, ABCD) == letter


def test_labels_are_the_rows_own():
    assert parse.letter("E") == "E"
    assert parse.letter("D", ("A", "B", "C")) is None
    assert parse.letter("The answer is 3.", parse.NUMBERS) == "3"


def test_thoughts_are_no_answer():
    assert parse.after_thinking("<think>A or B</think>\n\nC ") == "C"
    assert parse.after_thinking(" C ") == "C"


def test_a_megabyte_takes_no_time(hostile_text):
    begun = time.process_time()
    for read in (parse.boxed, parse.letter):
        read(hostile_text)
    assert time.process_time() - begun < 15  # a quadratic pattern would take minutes

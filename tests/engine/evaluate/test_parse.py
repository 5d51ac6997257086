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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-5", -5),
        ("\u22125", -5),
        ("- 5", -5),
        ("+5", 5),
        (".5", 0.5),
        ("5.", 5),
        ("0.50", 0.5),
        ("1,008", 1008),
        ("1,234,567.8", 1234567.8),
        ("1{,}000", 1000),
        (r"1\,000", 1000),
        ("$1,008.50", 1008.5),
        (r"\$12", 12),
        ("-$5", -5),
        ("25%", 25),
        (r"25\%", 25),
        ("12 apples", 12),
        ("60 km/h", 60),
        ("12 cm^2", 12),
        (r"5 \text{ apples}", 5),
        ("5 million", 5e6),
        ("50/3", 50 / 3),
        ("-1/2", -0.5),
        ("1 1/2", 1.5),
        (r"\frac{50}{3}", 50 / 3),
        (r"\dfrac{-1}{4}", -0.25),
        (r"-\frac{1}{2}", -0.5),
        (r"2\frac{1}{2}", 2.5),
        ("10^2", 100),
        ("10^{-2}", 0.01),
        (r"2 \times 10^3", 2000),
        ("2 x 10^3", 2000),
        ("3.5e3", 3500),
        ("**7**", 7),
        ("nan", None),
        ("inf", None),
        ("infinity", None),
        ("1e400", None),
        ("-1e400", None),
        ("9^999999999", None),
        ("1/0", None),
        ("0^-1", None),
        ("3 x", None),
        ("12:30", None),
        ("5 and 6", None),
        (r"2\sqrt{3}", None),
        ("", None),
        ("none", None),
    ],
)
def test_a_whole_number(text, value):
    assert parse.number(text) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I have 7 apples", 7),
        ("The answer is 5 because 3 and 2 make it.", 5),
        ("The answer is: **$1,008**.", 1008),
        ("3 + 2 = 5 apples", 5),
        ("2 = 2, so 3 = 3", 3),
        ("10-5", None),
        ("2+2", None),
        (r"\sqrt{16}", None),
        (r"the answer is 2\pi", None),
        ("it is 5 - 3", None),
        ("- 5", -5),
        ("The answer:\n- 5", 5),
        ("is *5*", 5),
        ("5 (five)", 5),
        ("first 3, then 4\nso we get 9, or 10", 10),
        ("Step 1: 2 apples\nno number here", None),
        ("no number", None),
        ("about 1e400", None),
        (r"we get \boxed{3} of 4", 3),
        (r"\boxed{} of 4", None),
        ("so...5", 5),
        ("H2O has 3 atoms", 3),
    ],
)
def test_a_number_in_a_bare_answer(text, value):
    assert parse.number_said(text) == value


@pytest.mark.parametrize(
    ("inside", "value"),
    [
        ("5", 5),
        ("x = 5", 5),
        ("x = 2y = 6", 6),
        ("the answer is 5", 5),
        ("5 or 6", None),
        (r"2\sqrt{3}", None),
        (r"\sqrt{16}", None),
        ("x^2", None),
        ("", None),
    ],
)
def test_a_number_in_a_box(inside, value):
    assert parse.number_in_box(inside) == value


def test_thoughts_are_no_answer():
    assert parse.after_thinking("<think>A or B</think>\n\nC ") == "C"
    assert parse.after_thinking(" C ") == "C"


HOSTILE = {
    "digits": "1" * 10**6,
    "groups": "111," * 250_000 + "1111",
    "equals": "=1" * 300_000,
    "answers": "answer is " * 100_000,
    "boxes": "\\boxed{" * 140_000,
    "nested": "\\boxed{" * 100_000 + "5" + "}" * 100_000,
    "braces": "{" * 500_000 + "}" * 500_000,
    "spaces": "5" + " " * 10**6 + "!",
    "gap": "answer" + " " * 10**6 + "B",
    "lines": "B." + "\n" * 10**6 + "x",
    "styled": "\\text{" * 150_000,
    "fractions": "\\frac{1" * 140_000,
    "dots": "1." * 500_000,
    "exponents": "1e" * 500_000,
    "power": "9^" + "9" * 10**6,
    "punctuation": "(" * 10**6 + "B",
    "units": "5 " + "a" * 10**6,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_takes_no_time(name):
    begun = time.process_time()
    for read in (parse.boxed, parse.letter, parse.number, parse.number_said, parse.number_in_box):
        read(HOSTILE[name])
    assert time.process_time() - begun < 15  # a quadratic pattern would take minutes

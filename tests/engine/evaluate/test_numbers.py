import time

import pytest

from workbench.engine.evaluate import numbers


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
    assert numbers.number(text) == (None if value is None else pytest.approx(value))


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
    assert numbers.number_said(text) == value


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
    assert numbers.number_in_box(inside) == value


def test_a_megabyte_takes_no_time(hostile_text):
    begun = time.process_time()
    for read in (numbers.number, numbers.number_said, numbers.number_in_box):
        read(hostile_text)
    assert time.process_time() - begun < 15  # a quadratic pattern would take minutes

"""Expressions of a model against what is right: equal in whatever form, and never able to hang or to run."""

import threading
import time

import pytest

from workbench.engine.evaluate import expressions
from workbench.engine.evaluate.expressions import compare


@pytest.mark.parametrize(
    ("gold", "said", "verdict"),
    [
        (r"\frac{\sqrt{3}}{2}", r"\frac{\sqrt3}{2}", "same"),
        (r"\frac{\sqrt{3}}{2}", r"0.8660254", "same"),
        ("x^2+1", "1 + x^2", "same"),
        ("x^2+1", "x^2-1", "different"),
        (r"\{1,2\}", r"\{2, 1\}", "same"),
        (r"\{1,2\}", r"\{1, 3\}", "different"),
        ("[0,1)", r"\left[0, 1\right)", "same"),
        ("[0,1)", "(0,1)", "different"),
        ("x=3", "3", "same"),
        (r"2\pi", "6.283185", "same"),
        (r"$\$5x$", "5x", "same"),
        (r"\frac{1}{", r"\frac{1}{2}", "different"),
        ("4", r"\frac{1}{", "unread"),
        ("4", "", "unread"),
    ],
)
def test_two_expressions(gold, said, verdict):
    assert compare(gold, said, constant=False) == verdict


@pytest.mark.parametrize(
    ("gold", "said", "verdict"),
    [
        ("4", r"\sqrt{16}", "same"),
        ("4", "2+2", "same"),
        ("4", "2+3", "different"),
        ("16.67", r"\frac{10\sqrt{25}}{3}", "same"),
        ("16.667", r"\frac{10\sqrt{25}}{3}", "same"),
        ("16.66", r"\frac{10\sqrt{25}}{3}", "different"),
        ("3.14", r"\pi", "same"),
        ("3", r"\pi", "different"),
        ("4", "x + 1", "unread"),
        ("4", "I do not know", "unread"),
        ("4", "5 or 6", "different"),
    ],
)
def test_where_a_number_is_asked_for_variables_are_no_answer_and_decimals_are_those_of_the_gold(gold, said, verdict):
    assert compare(gold, said, constant=True) == verdict


@pytest.mark.parametrize(
    "said",
    [
        "9" * 400,
        "{" * 200 + "1" + "}" * 200,
        "(" * 100 + "1" + ")" * 100,
        "9" + "^{9" * 40 + "}" * 40,
        r"\sqrt{" * 30 + "2" + "}" * 30,
        "x" * 301,
        "9^{9^{9^{9}}}",
        "9^9^9^9",
        "10^{100000}",
        "99999999!",
        "9!!!",
    ],
)
def test_what_is_too_long_too_deep_or_endless_is_not_read_at_all(said, monkeypatch):
    monkeypatch.setattr("math_verify.parse", None)  # a call would fail
    assert compare("4", said, constant=False) == "unread"


@pytest.mark.parametrize("said", ["((9^{999})^{999})^{999}", r"\prod_{k=1}^{9999}(k!)", r"\binom{99999999}{49999999}"])
def test_what_would_take_for_ever_is_cut_off(said, monkeypatch):
    monkeypatch.setattr(expressions, "LIMIT_S", 1)
    begun = time.monotonic()
    assert compare("4", said, constant=True) in ("unread", "different")
    assert time.monotonic() - begun < 20


def test_code_is_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for said in ("__import__('os').mkdir('made')", r"\text{__import__('os').mkdir('made')}", "open('made', 'w')"):
        assert compare("4", said, constant=True) == "unread"
        assert compare("x", said, constant=False) != "same"
    assert not list(tmp_path.iterdir())


def test_outside_of_a_main_thread_it_refuses():
    raised = []

    def try_it():
        try:
            compare("4", "2+2", constant=True)
        except RuntimeError as error:
            raised.append(str(error))

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    assert raised == ["Expressions are compared in a worker's main thread alone."]

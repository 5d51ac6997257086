import pytest

from workbench.choices.rows import Row
from workbench.engine.evaluate import expressions
from workbench.engine.evaluate.scoring import same_number, score

ARC = Row("1", "arc", "q", ("B",), ("sun", "moon", "sea", "air"), ("A", "B", "C", "D"))
SPAN = Row("1", "squad", "q", ("Paris", "the city of Paris"), context="c")
NOTHING = Row("1", "squad", "q", (), context="c")
MATH = Row("1", "math", "q", ("16.67",))


def outcome(row, raw, answer_format="bare", finish="stop"):
    scored = score(row, raw, finish, answer_format)
    return scored.status, scored.parsed, next(iter(scored.scores.values()))


@pytest.mark.parametrize(
    ("row", "raw", "answer_format", "finish", "expected"),
    [
        (ARC, "B", "bare", "stop", ("ok", "B", 1.0)),
        (ARC, "C", "bare", "stop", ("ok", "C", 0.0)),
        (ARC, "A dog is", "bare", "stop", ("unparsed", None, 0.0)),
        (ARC, "E", "bare", "stop", ("unparsed", None, 0.0)),
        (ARC, "", "bare", "stop", ("empty", None, 0.0)),
        (ARC, " \n", "bare", "length", ("empty", None, 0.0)),
        (ARC, "B", "bare", "length", ("truncated", None, 0.0)),
        (ARC, "B", "bare", "error", ("error", None, 0.0)),
        (ARC, "B", "boxed", "stop", ("unparsed", None, 0.0)),
        (ARC, r"\boxed{B}", "boxed", "stop", ("ok", "B", 1.0)),
        (ARC, r"\boxed{B} and on and on", "boxed", "length", ("ok", "B", 1.0)),
        (ARC, r"I think \boxed{B", "boxed", "length", ("truncated", None, 0.0)),
        (ARC, r"I think \boxed{B", "boxed", "stop", ("unparsed", None, 0.0)),
        (ARC, "<think>A</think>B", "bare", "stop", ("ok", "B", 1.0)),
        (SPAN, "Paris", "bare", "stop", ("ok", "Paris", 1.0)),
        (SPAN, ' "Paris."\nIt is the capital.', "bare", "stop", ("ok", '"Paris."', 1.0)),
        (SPAN, "unanswerable", "bare", "stop", ("ok", "", 0.0)),
        (SPAN, "", "bare", "stop", ("empty", None, 0.0)),
        (NOTHING, "Unanswerable.", "bare", "stop", ("ok", "", 1.0)),
        (NOTHING, r"\boxed{unanswerable}", "boxed", "stop", ("ok", "", 1.0)),
        (NOTHING, "It is unanswerable", "bare", "stop", ("ok", "It is unanswerable", 0.0)),
        (NOTHING, "", "bare", "stop", ("empty", None, 0.0)),
        (NOTHING, "...", "bare", "stop", ("unparsed", None, 0.0)),
        (NOTHING, "the", "bare", "stop", ("unparsed", None, 0.0)),
        (NOTHING, "unanswerable", "boxed", "stop", ("unparsed", None, 0.0)),
        (NOTHING, r"\boxed{}", "boxed", "stop", ("unparsed", None, 0.0)),
        (NOTHING, r"\boxed{the}", "boxed", "stop", ("unparsed", None, 0.0)),
        (NOTHING, "unanswerable", "bare", "length", ("truncated", None, 0.0)),
        (MATH, "50/3", "bare", "stop", ("ok", "16.6666666666667", 1.0)),
        (MATH, r"\boxed{\frac{50}{3}}", "boxed", "stop", ("ok", "16.6666666666667", 1.0)),
        (MATH, "16.7", "bare", "stop", ("ok", "16.7", 0.0)),
        (MATH, "nan", "bare", "stop", ("unparsed", None, 0.0)),
        (MATH, "1e400", "bare", "stop", ("unparsed", None, 0.0)),
    ],
)
def test_score(row, raw, answer_format, finish, expected):
    assert outcome(row, raw, answer_format, finish) == expected


def test_an_unread_answer_scores_zero_on_every_metric():
    assert score(SPAN, "", "stop", "bare").scores == {"f1": 0.0, "exact": 0.0, "contains": 0.0}


def test_a_right_span_is_seen_in_whatever_form_it_is_said_but_only_there():
    said = score(SPAN, "I believe that it is Paris, the capital, because", "length", "bare")
    assert (said.status, said.scores) == ("truncated", {"f1": 0.0, "exact": 0.0, "contains": 1.0})
    assert score(SPAN, "It is Parisian.", "stop", "bare").scores["contains"] == 0.0
    assert score(NOTHING, "It is Paris.", "stop", "bare").scores["contains"] == 0.0


def test_the_ranked_metric_comes_first():
    assert list(score(SPAN, "Paris", "stop", "bare").scores) == ["f1", "exact", "contains"]


def test_any_gold_counts():
    assert outcome(SPAN, "city of Paris")[2] == 1.0
    assert outcome(Row("1", "math", "q", ("3", "4")), "4")[2] == 1.0


def test_a_float_answer_is_read_as_a_number():
    assert outcome(Row("1", "math", "q", (68.0,)), "68")[2] == 1.0


def test_numbered_options_are_answered_by_number():
    assert outcome(Row("1", "arc", "q", ("2",)), "2") == ("ok", "2", 1.0)


@pytest.mark.parametrize(
    ("gold", "raw", "answer_format", "expected"),
    [
        ("4", r"\boxed{4}", "boxed", ("ok", 1.0, "exact")),
        ("4", r"\boxed{\$4.00}", "boxed", ("ok", 1.0, "exact")),
        ("1/3", r"\boxed{\frac{1}{3}}", "boxed", ("ok", 1.0, "exact")),
        ("16.67", r"\boxed{\frac{50}{3}}", "boxed", ("ok", 1.0, "rounded")),
        ("4", r"\boxed{5}", "boxed", ("ok", 0.0, "rounded")),
        ("4", r"\boxed{\sqrt{16}}", "boxed", ("ok", 1.0, "math_verify")),
        ("4", r"\boxed{\sqrt{15}}", "boxed", ("ok", 0.0, "math_verify")),
        ("4", r"\sqrt{16}", "bare", ("ok", 1.0, "math_verify")),
        ("5", "10-5", "bare", ("ok", 1.0, "math_verify")),
        ("16", r"\sqrt{16}", "bare", ("ok", 0.0, "math_verify")),
        (r"\frac{\pi}{2}", r"\boxed{0.5\pi}", "boxed", ("ok", 1.0, "math_verify")),
        ("(1, 2)", r"\boxed{(1,2)}", "boxed", ("ok", 1.0, "exact")),
        ("4", r"\boxed{four apples}", "boxed", ("unparsed", 0.0, None)),
        ("4", r"\boxed{I say 5 or 6}", "boxed", ("unparsed", 0.0, None)),
        ("4", r"\boxed{" + "9" * 500 + "}", "boxed", ("unparsed", 0.0, None)),
        (r"\pi", r"\boxed{" + "9^" * 200 + "9}", "boxed", ("unparsed", 0.0, None)),
        ("1", r"\boxed{x + 1}", "boxed", ("unparsed", 0.0, None)),
        ("1", r"\boxed{1 apple}", "boxed", ("ok", 1.0, "exact")),
        ("4", "so it is\n2+2", "bare", ("unparsed", 0.0, None)),
    ],
)
def test_the_first_rule_that_settles_an_answer_is_told(gold, raw, answer_format, expected):
    scored = score(Row("1", "math", "q", (gold,)), raw, "stop", answer_format)
    assert (scored.status, scored.scores["accuracy"], scored.judged_by) == expected
    assert (scored.parsed is None) == (scored.status != "ok")


def test_only_what_our_own_rules_do_not_settle_is_given_to_the_library(monkeypatch):
    monkeypatch.setattr(expressions, "compare", None)  # a call would fail
    for raw in ("4", "5", "$4", "nan", "1e400", "", "no idea", "x = 4"):
        score(Row("1", "math", "q", ("4",)), raw, "stop", "bare")
        score(Row("1", "math", "q", ("4",)), f"\\boxed{{{raw}}}", "stop", "boxed")
    score(Row("1", "math", "q", (r"\frac{x}{2}",)), r"\boxed{\dfrac{x} {2}}", "stop", "boxed")


def test_an_unread_expression_that_was_cut_off_is_truncated():
    said = r"\boxed{x + 1} and then, and then"
    assert score(Row("1", "math", "q", ("4",)), said, "length", "boxed").status == "truncated"


def test_an_expression_that_is_met_to_the_letter_or_by_value():
    row = Row("1", "math", "q", (r"\frac{\pi}{2}",))
    assert outcome(row, r"so $\boxed{ \dfrac{\pi} {2} }$", "boxed")[2] == 1.0
    assert outcome(row, r"\boxed{\pi}", "boxed")[2] == 0.0


@pytest.mark.parametrize(
    ("parsed", "gold", "same"),
    [
        ("16.6666666666667", "16.67", True),
        ("16.675", "16.67", True),
        ("16.68", "16.67", False),
        ("0.54", "0.5", False),
        ("0.50005", "0.5", True),
        ("68.4", "68", False),
        ("25", "25%", True),
        ("1008", "1,008", True),
        ("0", "0", True),
        ("-3", "3", False),
    ],
)
def test_up_to_rounding(parsed, gold, same):
    assert same_number(parsed, gold) is same


def test_a_task_without_scores():
    with pytest.raises(KeyError):
        score(Row("1", "chat", "q"), "x", "stop", "bare")

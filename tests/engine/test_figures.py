from dataclasses import replace

import pytest

from workbench.engine.comparison import Block, Cell, Comparison, Line
from workbench.engine.figures import FIGURES, figures, row, score, where
from workbench.errors import ProblemsError

HEALTH = {"coverage": 0.9, "empty": 0.1, "unparsed": 0.0, "truncated": 0.0, "error": 0.0, "mean_new_tokens": 3.0}


def line(name, value, kind="train", **changes):
    cell = Cell(value, value - 0.1, value + 0.1, 50, 0.1, 0.0, 0.2, 0.01, "better", best=True)
    known = {"latency_s": 0.5, "train_memory_bytes": 3 * 2**30, "eval_memory_bytes": 2**30, "health": HEALTH}
    return Line(name, kind, name, "m", "LoRA r16", "NF4", 42, {"accuracy": cell}, **{**known, **changes})


LINES = (line("base-m", 0.2, "base", train_memory_bytes=None), line("a", 0.6), line("b", 0.8, flags=("low coverage",)))
FLOOR = Line("always A", "floor", "always A", cells={"accuracy": Cell(0.25, None, None, 50)})
BLOCK = Block("quiz", "arc", "p@1", "bare", ("accuracy",), (*LINES, FLOOR), 0.1, baseline="base-m")
COMPARISON = Comparison("base-m", (BLOCK,), ("a note",))


def test_every_figure_has_a_value_and_a_direction():
    assert [figure.key for figure in figures(BLOCK)] == ["accuracy", *FIGURES]
    values = {figure.key: figure.of(LINES[1]) for figure in figures(BLOCK)}
    assert values["accuracy"] == 0.6
    assert values["memory_bytes"] == 3 * 2**30
    assert values["coverage"] == 0.9
    assert FIGURES["memory_bytes"].of(LINES[0]) == 2**30
    assert FIGURES["memory_bytes"].of(FLOOR) is None
    assert score("accuracy").label == "accuracy ↑"
    assert FIGURES["latency_s"].label == "s/prompt ↓"
    assert FIGURES["latency_s"].is_better(0.1, 0.2)
    assert not score("accuracy").is_better(0.1, 0.2)


def test_a_row_is_flat_and_says_what_the_ranked_score_claims():
    found = row(LINES[2], BLOCK)
    assert (found["name"], found["accuracy"], found["delta"], found["mark"], found["best"]) == (
        "b",
        0.8,
        0.1,
        "better",
        True,
    )
    assert (found["n"], found["flags"], found["seed"]) == (50, "low coverage", 42)
    assert row(FLOOR, BLOCK)["latency_s"] is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("accuracy>0.5", ["base-m", "a", "b"]),
        ("memory<2GiB", ["base-m"]),
        ("kind=train !flags~coverage", ["base-m", "a"]),
        ("", ["base-m", "a", "b", "always A"]),
        ("accuracy>0.9", []),
    ],
)
def test_where_keeps_the_baseline_beside_what_matches(text, left):
    found = where(COMPARISON, text)
    assert [line.id for block in found.blocks for line in block.lines] == left


def test_where_says_that_the_tests_are_those_of_all_rows():
    assert where(COMPARISON, "accuracy>0.5").notes[-1].startswith("2 of 4 rows do not match")
    assert where(COMPARISON, "").notes == ("a note",)


def test_where_names_the_nearest_column():
    with pytest.raises(ProblemsError, match='Did you mean "accuracy"'):
        where(COMPARISON, "acuracy>0.5")


def test_of_a_loss_the_lower_value_is_better():
    block = replace(BLOCK, metrics=("accuracy", "loss"), lower_is_better=("loss",))
    assert [(one.key, one.better) for one in figures(block)][:2] == [("accuracy", "higher"), ("loss", "lower")]


def test_where_looks_at_the_rows_of_several_seeds_too():
    seeds = (line("cfg", 0.7, "seeds", runs=("a", "b", "c")), line("other", 0.1, "seeds"))
    found = where(replace(COMPARISON, blocks=(replace(BLOCK, seeds=seeds),)), "accuracy>0.65")
    assert [one.id for one in found.blocks[0].seeds] == ["cfg"]
    assert [one.id for one in found.blocks[0].lines] == ["base-m", "b"]

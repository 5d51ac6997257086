import csv
import io

from workbench.engine.comparison import Block, Cell, Comparison, Line
from workbench.engine.comparison_text import (
    delta_text,
    footer,
    health_grid,
    markdown,
    score_grid,
    seeds_grid,
    to_csv,
)
from workbench.engine.reference import published

HEALTH = {"coverage": 0.95, "empty": 0.0, "unparsed": 0.05, "truncated": 0.0, "error": 0.0, "mean_new_tokens": 3.2}
LINES = (
    Line(
        "base-m-1",
        "base",
        "base-m-1",
        "m",
        "base",
        "none",
        None,
        {"accuracy": Cell(0.1, 0.05, 0.2, 120, mark="baseline")},
        HEALTH,
        0.5,
        None,
        2**30,
    ),
    Line(
        "now-x|y",
        "train",
        "x|y",
        "m",
        "LoRA r16",
        "NF4",
        42,
        {"accuracy": Cell(0.4, 0.3, 0.5, 120, 0.3, 0.2, 0.4, 0.001, "better", best=True)},
        HEALTH,
        0.4,
        2**31,
        2**30,
        ("low coverage",),
        predicted_memory_bytes=2**31 - 2**26,
        memory_deviation=0.0323,
    ),
    Line("always 7", "floor", "always 7", cells={"accuracy": Cell(0.07, None, None, 120)}),
)
SEEDS = Line("seeds-1", "seeds", "x, 3 seeds", cells={"accuracy": Cell(0.4, 0.2, 0.6, 120)}, runs=("a", "b", "c"))
BLOCK = Block(
    "arithmetic",
    "math",
    "math_gen@2",
    "bare",
    ("accuracy",),
    LINES,
    0.08,
    seeds=(SEEDS,),
    footer=("No winner on accuracy: <b>2 rows</b> are not told apart.",),
)
N, ROWS = published()
COMPARISON = Comparison("base-m-1", (BLOCK,), ("one training seed",), N, tuple(ROWS))


def test_scores_have_intervals_differences_and_marks():
    header, rows = score_grid(BLOCK)
    assert header == ["run", "model", "method", "quant", "n", "accuracy", "difference"]
    assert rows[0][-2:] == ["0.100 [0.050, 0.200]", "baseline"]
    assert rows[1][-2:] == ["0.400 [0.300, 0.500] *", "+0.300 [+0.200, +0.400] ▲ better"]
    assert rows[2] == ["always 7", "", "", "", "120", "0.070", ""]


def test_health_leaves_out_floors_and_training_memory_of_a_base():
    header, rows = health_grid(BLOCK)
    assert [row[0] for row in rows] == ["base-m-1", "now-x|y"]
    column = header.index("train memory")
    assert [row[column] for row in rows] == ["", "2.00 GiB"]
    assert [row[header.index("predicted")] for row in rows] == ["", "1.94 GiB (+3.2%)"]
    assert rows[1][header.index("coverage")] == "0.950"
    assert rows[1][header.index("flags")] == "low coverage"


def test_every_table_row_of_the_markdown_has_its_header_s_cells():
    tables = [part.splitlines() for part in markdown(COMPARISON).split("\n\n") if part.startswith("|")]
    assert len(tables) == 4
    for lines in tables:
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert "now-x\\|y" in markdown(COMPARISON)
    assert "<b>" not in markdown(COMPARISON)


def test_the_csv_has_every_figure():
    rows = list(csv.DictReader(io.StringIO(to_csv(COMPARISON))))
    assert len(rows) == 3 + 1 + 3 * len(COMPARISON.reference)
    assert (rows[3]["kind"], rows[3]["runs"]) == ("seeds", "a b c")
    trained = rows[1]
    assert (trained["id"], trained["metric"], trained["value"], trained["delta_low"], trained["p_holm"]) == (
        "now-x|y",
        "accuracy",
        "0.4",
        "0.2",
        "0.001",
    )
    assert (trained["coverage"], trained["train_memory_bytes"]) == ("0.95", str(2**31))
    assert rows[-1]["kind"] == "published"


def test_a_tie_that_may_be_a_lack_of_questions_is_marked_so():
    cell = Cell(0.4, 0.3, 0.5, 50, delta=0.02, delta_low=-0.1, delta_high=0.14, mark="tie", underpowered=True)
    assert delta_text(cell).endswith("≈ tie?")


def test_the_legacy_figure_stands_apart_with_its_n():
    line = Line("r", "train", "r", legacy={"absdiff": 9.0, "absdiff_n": 5}, memory_kind="RSS", eval_memory_bytes=2**30)
    header, (row,) = health_grid(Block("d", "math", "math_gen@2", "bare", ("accuracy",), (line,), None))
    assert (header[-1], row[-1]) == ("AbsDiff (legacy)", "9 (n = 5)")
    assert row[header.index("eval memory")] == "1.00 GiB RSS"


def test_seeds_have_a_table_of_their_own():
    header, (row,) = seeds_grid(BLOCK)
    assert (row[0], row[header.index("accuracy")]) == ("x, 3 seeds", "0.400 [0.200, 0.600]")


def test_the_footer_has_what_the_table_claims_and_the_notes():
    sentences = footer(COMPARISON, BLOCK)
    assert sentences[0].startswith("arithmetic: No winner on accuracy")
    assert sentences[-1] == "note: one training seed"


def test_an_imported_row_shows_its_origin_and_what_is_only_legacy():
    cell = Cell(0.9, 0.8, 0.95, 50, 0.1, -0.1, 0.2, 0.3, "tie", unpaired=True)
    line = Line("r", "imported", "r", cells={"accuracy": cell}, origin="study 2025 (legacy)", legacy={"latency_s": 3.3})
    block = Block("d", "arc", "arc@study", "as imported", ("accuracy",), (line,), None)
    header, (row,) = health_grid(block)
    assert row[header.index("origin")] == "study 2025 (legacy)"
    assert row[header.index("not ranked")] == "latency_s 3.3"
    assert row[header.index("s/prompt")] == "n/a"
    assert score_grid(block)[1][0][-1].endswith("≈ tie u")


def test_latencies_have_columns_where_somebody_timed_them():
    timed = Line("a", "train", "a", ttft_s=0.125, tpot_s=0.0312)
    header, rows = health_grid(Block("d", "arc", "p", "bare", ("accuracy",), (timed, Line("b", "train", "b")), None))
    assert [row[header.index("first token s")] for row in rows] == ["0.1250", "n/a"]
    assert "token s" not in health_grid(BLOCK)[0]


def test_a_score_without_n_says_so():
    line = Line("r", "imported", "r", cells={"accuracy": Cell(0.9, None, None, 0)})
    header, (row,) = score_grid(Block("d", "table", "p", "as imported", ("accuracy",), (line,), None))
    assert (row[header.index("n")], row[header.index("accuracy")]) == ("n/a", "0.900")

from workbench.cli.tables import show_comparison
from workbench.engine.comparison import Block, Cell, Comparison, Line
from workbench.engine.reference import published

CELL = Cell(0.4, 0.3, 0.5, 120, 0.3, 0.2, 0.4, 0.001, "better", best=True)
LINE = Line("now-x", "train", "x", "m", "LoRA r16", "NF4", 42, {"accuracy": CELL})
SEEDS = Line("seeds-1", "seeds", "x, 3 seeds", cells={"accuracy": Cell(0.4, 0.2, 0.6, 120)}, runs=("a", "b", "c"))
BLOCK = Block(
    "arithmetic",
    "math",
    "math_gen@2",
    "bare",
    ("accuracy",),
    (LINE,),
    0.08,
    seeds=(SEEDS,),
    footer=("accuracy: a difference below 8 points would probably not have shown.",),
)
N, ROWS = published()


def test_data_goes_to_stdout_and_the_notes_to_stderr(capsys):
    show_comparison(Comparison("base-m-1", (BLOCK,), ("one training seed",), N, tuple(ROWS)))
    out, err = capsys.readouterr()
    assert "▲ better" in out
    assert "published by the study (n = 50 a task" in out
    assert "note: one training seed" in err
    assert "x, 3 seeds" in out
    assert "arithmetic: accuracy: a difference below 8 points would probably not have shown." in err

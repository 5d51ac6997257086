import pytest

from workbench.engine import diff as module
from workbench.engine.comparison import Block, Cell, Comparison, Line
from workbench.engine.diff import NO_KEY, diff, figure_grid, key_grid
from workbench.engine.run import Run
from workbench.errors import InputError
from workbench.paths import Workspace

PROFILE = '[model]\nname = "m"\n[data]\ndataset = "d"\n[adapter]\nmethod = "{method}"\n{options}\n'


@pytest.fixture
def make(tmp_path):
    """A run with this adapter; no result."""

    def run(run_id, method="lora", options=""):
        made = Run(Workspace(tmp_path), run_id)
        made.folder.mkdir(parents=True)
        made.profile_file.write_text(PROFILE.format(method=method, options=options))
        return made

    return run


@pytest.fixture
def compared(monkeypatch):
    """What ``compare`` says of the first and second run; gives the arguments it was called with."""
    called = {}

    def says(*lines):
        block = Block("quiz", "arc", "p@1", "bare", ("accuracy",), lines, 0.1)

        def compare(workspace, runs, baseline):
            called.update(runs=[run.id for run in runs], baseline=baseline)
            return Comparison(baseline, (block,), ("a note",))

        monkeypatch.setattr(module, "compare", compare)
        return called

    return says


def line(run_id, cell, **figures):
    return Line(run_id, "train", run_id, cells={"accuracy": cell}, **figures)


def test_check_34_only_keys_that_differ_are_told(make):
    runs = [make("a", options="r = 8"), make("b", options="r = 32\nlora_dropout = 0.1")]
    found = diff(runs[0].workspace, runs)
    assert {one.key: one.values for one in found.keys} == {
        "adapter.r": ("8", "32"),
        "adapter.lora_dropout": ("0.0", "0.1"),
    }
    assert key_grid(found)[0] == ["key", "a", "b"]
    assert found.figures == ()
    assert any("has no result" in note for note in found.notes)


def test_an_option_that_a_method_has_not_is_said_to_be_none(make):
    found = diff(make("a").workspace, [make("b"), make("c", "vera")])
    by_key = {one.key: one.values for one in found.keys}
    assert by_key["adapter.method"] == ("lora", "vera")
    assert NO_KEY in by_key["adapter.lora_alpha"]


def test_check_34_figures_have_deltas_marks_and_the_direction_of_better(make, compared):
    runs = [make("a"), make("b")]
    called = compared(
        line("a", Cell(0.5, 0.4, 0.6, 50, mark="baseline"), latency_s=0.5, eval_memory_bytes=2**30),
        line("b", Cell(0.7, 0.6, 0.8, 50, 0.2, 0.1, 0.3, 0.001, "better"), latency_s=0.4, eval_memory_bytes=2**30),
    )
    found = diff(runs[0].workspace, runs)
    assert called == {"runs": ["a", "b"], "baseline": "a"}
    by_key = {one.key: one for one in found.figures}
    assert set(by_key) == {"accuracy", "latency_s"}
    assert (by_key["accuracy"].better, by_key["accuracy"].marks) == ("higher", ("", "better"))
    assert by_key["accuracy"].deltas == (None, pytest.approx(0.2))
    assert by_key["latency_s"].better == "lower"
    _, rows = figure_grid(found)
    assert rows == [
        ["quiz", "accuracy ↑", "0.500", "0.700  +0.200 ▲ better"],
        ["quiz", "s/prompt ↓", "0.500 s", "0.400 s  -0.100 s"],
    ]
    assert found.to_json()["notes"] == ("a note",)


def test_a_tie_that_may_be_a_lack_of_questions_says_so(make, compared):
    runs = [make("a"), make("b")]
    tie = Cell(0.52, 0.4, 0.6, 50, 0.02, -0.1, 0.2, 0.8, "tie", underpowered=True)
    compared(line("a", Cell(0.5, 0.4, 0.6, 50, mark="baseline")), line("b", tie))
    assert figure_grid(diff(runs[0].workspace, runs))[1][0][-1] == "0.520  +0.020 ≈ tie?"


def test_a_run_that_was_not_asked_has_no_figure(make, compared):
    runs = [make("a"), make("b"), make("c")]
    compared(line("a", Cell(0.5, 0.4, 0.6, 50)), line("c", Cell(0.5, 0.4, 0.6, 50)))
    (row,) = diff(runs[0].workspace, runs).figures
    assert row.values == (0.5, None, 0.5)


def test_one_run_has_no_difference(make):
    run = make("a")
    with pytest.raises(InputError, match="two runs or more"):
        diff(run.workspace, [run, run])

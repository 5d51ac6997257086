from workbench.cli.deviations import deviation_notes, deviation_table, worst_table
from workbench.engine.memory.record import Deviated, DeviationReport, Spread

GIB = 2**30
ROWS = (
    Deviated("now-b", "tiny", "LoRA", "simulation", 4 * GIB, 3 * GIB, -0.25, ("frozen", "short rows")),
    Deviated("now-a", "tiny", "LoRA", "simulation", 4 * GIB, 4 * GIB, 0.0),
)
REPORT = DeviationReport(
    ROWS, (Spread("simulation", "all", "all", 2, -0.125, 0.125, 0.25, 0.25),), ("now-c",), ("now-d",), ("now-e",)
)


def test_the_spread_is_in_percent():
    header, rows = deviation_table(REPORT)
    assert dict(zip(header, rows[0], strict=True)) == {
        "source": "simulation",
        "model": "all",
        "method": "all",
        "n": "2",
        "bias": "-12.50%",
        "median": "12.50%",
        "p95": "25.00%",
        "max": "25.00%",
    }


def test_the_worst_are_shown_with_their_causes():
    header, rows = worst_table(REPORT, count=1)
    assert len(rows) == 1
    row = dict(zip(header, rows[0], strict=True))
    assert (row["predicted"], row["actual"], row["deviation"]) == ("4.00 GiB", "3.00 GiB", "-25.00%")
    assert row["likely cause"] == "frozen; short rows"


def test_what_is_left_out_is_said():
    recovered, without, damaged = deviation_notes(REPORT)
    assert "now-c" in recovered
    assert without.startswith("1 finished")
    assert "now-e" in damaged
    assert deviation_notes(DeviationReport((), ())) == []

"""Parts of the Profile screen that need no app."""

import threading

import pytest
from rich.style import Style

from workbench.engine.draft import Draft
from workbench.engine.memory import Card, Estimate
from workbench.errors import InputError, Problem
from workbench.paths import Workspace
from workbench.tui.profile.aside import aside
from workbench.tui.profile.fields import by_place, field_row, overview, problem_text
from workbench.tui.profile.forecast import Forecast
from workbench.tui.profile.lines import Known
from workbench.tui.profile.pages import audit_text, difference_text, dry_run_text
from workbench.tui.profile.summary import named_card
from workbench.tui.profile.toml_area import STYLES, spans

GIB = 2**30
TEXT = "[model]\nname = 'm'\n[data]\ndataset = 'quiz'\n[adapter]\nmethod = 'lora'\nr = 0\n"


@pytest.fixture
def draft(tmp_path):
    return Draft(Workspace(tmp_path), "mine", TEXT, TEXT)


def test_toml_is_coloured_line_by_line():
    text = '# a comment\n[model]\nname = "x"  # why\nr = 16\nlong = """\none\ntwo"""\n'
    found = spans(text)
    assert len(found) == text.count("\n") + 1
    lines = text.split("\n")
    for line, stretches in zip(lines, found, strict=True):
        assert all(0 <= start < end <= len(line) for start, end, _ in stretches)
    assert found[0] == [(0, len(lines[0]), next(style for kind, style in STYLES.items() if "Comment" in str(kind)))]
    assert any(style == Style(color="magenta") for _, _, style in found[3])
    assert all(style == Style(color="green") for _, _, style in found[5])
    assert spans("") == [[]]


def test_a_row_has_its_value_and_whether_it_is_the_default(draft):
    assert field_row(draft, draft.field("adapter.r"), ()).plain.split() == ["r", "0"]
    assert field_row(draft, draft.field("train.seed"), ()).plain.split() == ["seed", "42", "default"]
    assert field_row(draft, draft.field("eval.enabled"), ()).plain.split() == ["enabled", "●", "true", "default"]
    assert "lora (LoRA)" in field_row(draft, draft.field("adapter.method"), ()).plain
    bare = draft.with_text("[data]\n")
    assert field_row(bare, bare.field("model.name"), ()).plain.split()[-1] == "missing"


def test_a_problem_is_told_below_its_key_in_lines_of_the_width(draft):
    problem = Problem("adapter.r", "this must be greater than or equal to 1", "(it is 0).")
    lines = field_row(draft, draft.field("adapter.r"), [problem], width=50).plain.split("\n")
    assert lines[0].startswith("✗ r ")
    assert lines[1].startswith("    ✗ error this must be")
    assert all(len(line) <= 50 for line in lines)
    assert " ".join(part.strip() for part in lines[1:]).endswith(
        "It takes a whole number, at least 1 and at most 8192."
    )
    mild = problem_text(Problem("x", "odd.", fatal=False), allowed="anything")
    assert mild.plain.strip() == "! warning odd."


def test_names_and_problems_from_a_file_cannot_steer_the_terminal(draft):
    hostile = draft.with_text(TEXT.replace("'m'", '"a\\u001b[31m"') + '"[red]x\\u001b" = 1\n')
    for field in hostile.fields:
        assert "\x1b" not in field_row(hostile, field, hostile_problems(field)).plain


def hostile_problems(field):
    return [Problem(field.path, f"\x1b[31m{field.key}")]


def test_problems_without_a_key_stand_above_the_form(draft):
    problems = [
        Problem("adapter.r", "a"),
        Problem("quant", "b"),
        Problem("", "c"),
        Problem("gone.key", "d", fatal=False),
    ]
    assert set(by_place(problems, draft)) == {"adapter.r", "quant", ""}
    told = overview(draft, problems).plain
    assert told.startswith("✗ 3 errors · ! 1 warning")
    assert "error c" in told
    assert "warning d" in told
    assert overview(draft, []).plain == "✓ nothing wrong found"
    assert overview(draft.with_text("[x"), []).plain.startswith("✗ error line 1: ")


def test_an_audit_without_tokens_divides_by_nothing():
    report = {"rows": 0, "tokens": 0, "trained_tokens": 0, "longest_tokens": 0, "problems": []}
    assert "0 of 0 tokens trained (0.0%)" in audit_text(report).plain
    assert dry_run_text([], report, Known()).plain.startswith("✓ this run can start")


def test_a_dry_run_says_what_the_verdict_counts():
    parts = {"weights": GIB, "context": GIB // 2}
    one = Estimate("simulation", "train", GIB, GIB, GIB + GIB // 2, "backward", parts, 0.02, ("a note",))
    report = {"rows": 1, "longest_tokens": 3, "trained_tokens": 1, "tokens": 2, "problems": []}
    known = Known(Forecast((one,)), Card("small", 8 * GIB))
    told = [line.strip() for line in dry_run_text([], report, known).plain.splitlines()]
    at = told.index("counted: 1.00 GiB allocated while training + 512.00 MiB of CUDA itself")
    assert told[at + 1] == "a note"


def test_no_difference_is_said():
    assert difference_text("its file mine.toml", []).plain == "no key differs from its file mine.toml"


def test_a_card_by_name_and_one_that_there_is_not():
    card, reason = named_card("8GiB")
    assert (card, reason) == (Card("8GiB", 8 * 2**30), "")
    card, reason = named_card("RTX 9999 Quux")
    assert card is None
    assert 'There is no card "RTX 9999 Quux"' in reason


async def test_aside_gives_back_what_the_work_returned_or_raised():
    assert await aside(lambda: threading.current_thread().daemon) is True

    def fails():
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        await aside(fails)

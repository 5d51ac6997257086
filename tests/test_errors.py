import pytest

from workbench.errors import (
    InputError,
    Problem,
    ProblemsError,
    RunFailed,
    RunLost,
    RunStopped,
    WorkbenchError,
    nearest,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [(WorkbenchError, 1), (InputError, 2), (ProblemsError, 2), (RunFailed, 3), (RunStopped, 4), (RunLost, 5)],
)
def test_every_error_has_its_exit_code(error, code):
    assert error.exit_code == code
    assert issubclass(error, WorkbenchError)


def test_problems_are_one_line_each():
    error = ProblemsError([Problem("f: a.b", "this is wrong.", "Set it to 1."), Problem("", "so is this.")])
    assert str(error) == "f: a.b: this is wrong. Set it to 1.\nso is this."
    assert error.problems[0].fatal


@pytest.mark.parametrize(
    ("name", "hint"),
    [("lroa", 'Did you mean "lora"?'), ("LORA", "Valid names: full, lora."), ("", "Valid names: full, lora.")],
)
def test_the_nearest_name_or_all_of_them(name, hint):
    assert nearest(name, ["lora", "full"]) == hint

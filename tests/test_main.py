import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.__main__ import main
from workbench.cli import app as assembled
from workbench.engine import doctor
from workbench.engine.board import Board

WORKBENCH = [sys.executable, "-m", "workbench"]


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["workbench", "--workspace", str(tmp_path), *arguments])
        return main(), capsys.readouterr()

    return run


def raising(error):
    def function(*_):
        raise error

    return function


def test_an_unexpected_error_is_one_line_and_a_file(call, monkeypatch):
    monkeypatch.setattr(doctor, "diagnose", raising(KeyError("lost\nkey")))
    code, (out, err) = call("doctor")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    path = Path(err.rpartition("the traceback is in ")[2].strip(") \n"))
    assert "KeyError" in path.read_text()
    path.unlink()


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "here/x"), 2, "here/x: No space left on device."),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "here"), 2, "here: Permission denied."),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_of_the_system_are_sentences(call, monkeypatch, error, code, said):
    monkeypatch.setattr(Board, "refresh", raising(error))
    found, (_, err) = call("list")
    assert found == code
    assert said in err


def test_a_mistyped_command_or_option_ends_with_2(call):
    assert call("rnu")[0] == 2
    assert call("list", "--jsn")[0] == 2
    code, (_, err) = call("run")
    assert code == 2
    assert "PROFILE" in err


def test_help_teaches_and_documents_the_exit_codes(call):
    code, (out, _) = call("--help")
    assert code == 0
    for command in ("run", "check", "list", "watch", "stop", "resume", "eval", "compare", "data", "fetch", "new"):
        assert f"\n  {command} " in out
    assert "Exit codes:" in out
    assert "130  interrupted" in out


@pytest.mark.parametrize("name", [command.name for command in assembled.app.registered_commands])
def test_the_help_of_every_command_has_examples(call, name):
    code, (out, _) = call(name, "--help")
    assert code == 0
    assert f"workbench {name}" in out.partition("Examples:")[2]


def test_version(call):
    assert call("--version")[1].out.startswith("workbench ")


def test_a_workspace_that_is_not_there_is_named(call):
    code, (_, err) = call("--workspace", "/no/such", "list")
    assert code == 2
    assert "--workspace /no/such: there is no such folder." in err


def test_a_reader_that_leaves_gets_no_complaint(tmp_path):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*WORKBENCH, "--workspace", str(tmp_path), "list", "optimizers"],
        stdout=write,
        check=False,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write)
    assert done.returncode == 1
    assert done.stderr == ""

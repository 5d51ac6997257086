"""The command run in this process, in a workspace with a profile that passes every check; workers are played."""

import json
import os
import sys
from dataclasses import dataclass

import pytest

from workbench.__main__ import main
from workbench.engine import launch
from workbench.engine.events import EventLog
from workbench.engine.run import Run, create
from workbench.paths import Workspace
from workbench.profile import load


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)

    def json_lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def workspace(tmp_path, sums):
    """A workspace with the profile ``mine`` and a folder that looks like a model."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text('{"max_position_embeddings": 2048}')
    for name in ("model.safetensors", "tokenizer.json", "chat_template.jinja"):
        (folder / name).touch()
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "mine.toml").write_text(
        f'# Mine: sums.\n[model]\nname = "tiny"\n\n[adapter]\nmethod = "lora"\nr = 8  # small\n\n[data]\n{sums}'
    )
    return Workspace(tmp_path)


@pytest.fixture
def cli(workspace, monkeypatch, capsys):
    """Call with the arguments of a command; gives its exit code and what it printed."""
    monkeypatch.chdir(workspace.root)

    def call(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["workbench", *arguments])
        capsys.readouterr()
        code = main()
        return Outcome(code, *capsys.readouterr())

    return call


@pytest.fixture
def files(workspace):
    """All paths in the workspace, to see that a command left nothing behind."""
    return lambda: sorted(workspace.root.rglob("*"))


@pytest.fixture
def make_run(workspace):
    """A run folder with these events, as (kind, fields)."""

    def make(*events: tuple[str, dict], result: dict | None = None) -> Run:
        run = create(workspace, load(workspace.profile("mine")))
        play(run, *events, result=result)
        return run

    return make


def play(run: Run, *events: tuple[str, dict], result: dict | None = None) -> None:
    """Write what a worker would have written, and let go of the lock."""
    log = EventLog(run.events_file)
    os.close(os.open(run.lock_file, os.O_RDWR | os.O_CREAT))
    for kind, fields in events:
        log.append(kind, **fields)
    log.close()
    if result is not None:
        run.result_file.write_text(json.dumps(result))


STARTED = ("started", {"schema": 1, "pid": 1, "verb": "run"})
FINISHED = ("ended", {"status": "finished", "exit_code": 0})


@pytest.fixture
def worker(monkeypatch):
    """Call with events: the next worker writes them at once. Gives the (run id, verb) of those started."""
    started: list[tuple[str, str]] = []

    def plays(*events: tuple[str, dict], result: dict | None = None) -> list[tuple[str, str]]:
        def start(run: Run, verb: str = "run") -> None:
            started.append((run.id, verb))
            play(run, *events, result=result)

        monkeypatch.setattr(launch, "start", start)
        return started

    return plays

"""Recorded run folders of every kind, written by plain code, and the app on them; nothing here needs torch."""

import json
import math
import os
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from workbench.choices.rows import Row
from workbench.engine.evaluate.scoring import score
from workbench.engine.evaluate.summary import summarize
from workbench.engine.run import Run
from workbench.paths import Workspace
from workbench.profile import dump, parse
from workbench.tui.app import WorkbenchApp
from workbench.tui.modes import MODES
from workbench.tui.settings import Settings

SIZES = [(80, 24), (120, 40)]
MIB = 2**20
BASE = "base-smollm2-135m-12345678"
HOLDER = """
import fcntl, os, sys
held = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.lockf(held, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""
PROFILE = """\
[model]
name = "smollm2-135m"

[adapter]
method = "{method}"
r = {r}

[quant]
method = "{quant}"

[data]
dataset = "quiz"

[train]
max_steps = {steps}
"""


@dataclass(frozen=True)
class Recorded:
    """A workspace and its runs by what became of them."""

    workspace: Workspace
    runs: dict[str, Run]

    def __getitem__(self, name: str) -> Run:
        return self.runs[name]


def record_run(workspace, name, stamp="20260101-120000", method="lora", quant="none", r=16, steps=40):
    """A folder with a frozen profile and a lock that nobody holds."""
    run = Run(workspace, f"{stamp}-{name}")
    run.folder.mkdir(parents=True)
    run.profile_file.write_text(frozen(method=method, quant=quant, r=r, steps=steps))
    run.lock_file.touch()
    return run


def frozen(**keys):
    """The text of a frozen profile: every key, defaults too."""
    return dump(parse(PROFILE.format(**keys), "frozen", "here"))


def started(verb="run"):
    return {"kind": "started", "schema": 1, "pid": 999_999_999, "verb": verb}


def ended(status, reason="", code=0):
    return {"kind": "ended", "status": status, "reason": reason, "exit_code": code}


def training(upto, total=40, nan_from=None):
    """What a worker writes while it trains: stages, steps, memory with a GPU, notes, checkpoints."""
    yield {"kind": "stage", "stage": "data"}
    yield {"kind": "stage", "stage": "model"}
    yield {"kind": "stage", "stage": "train"}
    for step in range(1, upto + 1):
        lost = nan_from is not None and step >= nan_from
        yield {
            "kind": "step",
            "step": step,
            "total_steps": total,
            "epoch": step / total,
            "loss": None if lost else round(2.5 * math.exp(-step / 20) + 0.05 * math.sin(step), 4),
            "learning_rate": round(1e-3 * (1 - step / total), 8),
            "grad_norm": None if lost else 0.7,
            "tokens": 512,
            "seconds": 0.25,
            "tokens_per_s": 2048.0,
            "eta_s": (total - step) * 0.25,
        }
        if lost:
            yield {"kind": "note", "level": "warning", "text": "loss is nan"}
        yield {
            "kind": "memory",
            "rss_bytes": 900 * MIB,
            "device_used_bytes": (4000 + step * 10) * MIB,
            "device_total_bytes": 8192 * MIB,
            "process_bytes": (3000 + step * 10) * MIB,
            "utilization": 0.9,
        }
        if step % 20 == 0:
            yield {"kind": "saved", "what": "checkpoint", "step": step, "seconds": 0.1}


def write_events(run, *events, age_s=600.0):
    """Write a log whose last event is ``age_s`` old at most; one second lies between two events."""
    lines = list(events)
    first_s = time.time() - age_s - len(lines)
    with run.events_file.open("a") as file:
        for place, event in enumerate(lines):
            file.write(json.dumps({"time_s": round(first_s + place, 3), **event}) + "\n")


def write_result(run, right, n=40):
    """The result of a run that answered ``right`` of ``n`` questions of the quiz, and the answers."""
    golds = ["ABCD"[place % 4] for place in range(n)]
    wrong = {"A": "B", "B": "C", "C": "D", "D": "A"}
    samples = [_sample(place, gold, gold if place < right else wrong[gold]) for place, gold in enumerate(golds)]
    memory = {"peak_allocated_bytes": 3 * 2**30, "peak_reserved_bytes": 3 * 2**30, "peak_process_bytes": 2**32}
    memory |= {"peak_rss_bytes": 2**30, "reason": None}
    speed = {"wall_s": 10.0, "new_tokens_per_s": 5.0, "prompts_per_s": 2.0, "latency_s": 0.5}
    asked = {"task": "arc", "protocol": "p@1", "protocol_key": "key-quiz", "answer_format": "bare"}
    asked |= {"max_new_tokens": 16, "dataset_sha256": "d" * 64, "n": n}
    trained = not run.is_base
    profile = run.profile()
    result = {
        "schema": 1,
        "run_id": run.id,
        "name": profile.name,
        "kind": "train" if trained else "base",
        "model": {"name": "smollm2-135m", "weights_sha256": "w", "parameters": 135_000_000, "dtype": "float32"},
        "method": profile.adapter.method if trained else "none",
        "adapter": profile.adapter.model_dump() if trained else None,
        "quant": profile.quant.method,
        "seed": 42,
        "training": {"steps": 40, "wall_s": 10.0, "tokens_per_s": 2048.0, "last_loss": 0.4} if trained else None,
        "memory": memory,
        "evaluation": {"quiz": {**asked, **summarize("arc", samples), "speed": speed, "memory": memory}},
        "base_run_id": BASE if trained else None,
        "versions": {},
        "device": {"type": "cuda", "name": "a GPU"},
    }
    run.result_file.write_text(json.dumps(result))
    run.samples_file.write_text("".join(json.dumps(sample) + "\n" for sample in samples))


def _sample(place, gold, raw):
    scored = score(Row(str(place), "arc", "q", (gold,)), raw, "stop", "bare")
    return {
        "dataset": "quiz",
        "task": "arc",
        "doc_id": str(place),
        "doc_hash": str(place),
        "prompt_hash": "p",
        "cluster": str(place),
        "prompt": f"Question {place}?",
        "gold": [gold],
        "raw": raw,
        "parsed": scored.parsed,
        "status": scored.status,
        "finish": "stop",
        "n_prompt_tokens": 9,
        "n_new_tokens": 1,
        "scores": scored.scores,
        "answer_format": "bare",
        "key": "key-quiz",
    }


@pytest.fixture
def recorded(tmp_path):
    """A base model's answers and runs that are finished (two), failed, of NaN loss, stopped, torn, lost and running.

    The worker of "running" is a process that holds the lock; it ends with the test.
    """
    workspace = Workspace(tmp_path / "recorded")
    workspace.profiles.mkdir(parents=True)
    (workspace.profiles / "mine.toml").write_text(PROFILE.format(method="lora", quant="none", r=16, steps=40))
    base = Run(workspace, BASE)
    base.folder.mkdir(parents=True)
    base.profile_file.write_text(frozen(method="lora", quant="none", r=16, steps=40))
    base.lock_file.touch()
    write_events(base, started("base"), ended("finished"), age_s=90_000)
    write_result(base, 20)
    runs = {"base": base, **_ended_runs(workspace)}
    running = record_run(workspace, "running", "20260101-190000", quant="nf4")
    write_events(running, started(), *training(16), age_s=1)
    runs["running"] = running
    command = [sys.executable, "-S", "-c", HOLDER, str(running.lock_file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield Recorded(workspace, runs)
        process.kill()


def _ended_runs(workspace):
    finished = record_run(workspace, "finished", "20260101-120000")
    write_events(finished, started(), *training(40), {"kind": "stage", "stage": "evaluate"}, ended("finished"))
    write_result(finished, 34)
    better = record_run(workspace, "better", "20260101-130000", method="dora", r=32)
    write_events(better, started(), *training(40), ended("finished"))
    write_result(better, 38)
    failed = record_run(workspace, "failed", "20260101-140000")
    write_events(failed, started(), *training(7), ended("failed", "CUDA out of memory", 3))
    failed.log_file.write_text("Loading weights\ntorch.OutOfMemoryError: CUDA out of memory\n")
    nan = record_run(workspace, "nan", "20260101-150000")
    write_events(nan, started(), *training(30, nan_from=12), ended("failed", "The loss was no number.", 3))
    stopped = record_run(workspace, "stopped", "20260101-160000")
    write_events(stopped, started(), *training(20), ended("stopped", "on request", 4))
    torn = record_run(workspace, "torn", "20260101-170000")
    write_events(torn, started(), *training(9), ended("finished"))
    with torn.events_file.open("a") as file:
        file.write('{"time_s": 1, "kind": "st')
    lost = record_run(workspace, "lost", "20260101-180000")
    write_events(lost, started(), *training(25))
    lost.log_file.write_text("step 25\nKilled\n")
    names = ("finished", "better", "failed", "nan", "stopped", "torn", "lost")
    return dict(zip(names, (finished, better, failed, nan, stopped, torn, lost), strict=True))


@pytest.fixture(params=list(MODES))
def mode(request):
    """Each of the screens: a test that asks for it covers a screen as soon as it is there."""
    return request.param


@pytest.fixture(params=SIZES, ids=["80x24", "120x40"])
def size(request):
    """Both sizes that every screen must fit."""
    return request.param


@pytest.fixture
def empty(tmp_path):
    """A workspace with nothing in it."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return Workspace(folder)


@pytest.fixture
def settings(tmp_path):
    """Settings that are the test's own."""
    return Settings(tmp_path / "state" / "app.json")


@pytest.fixture
def drive(settings):
    """``async with drive(workspace, "live", size=(80, 24)) as (app, pilot)``; errors of workers fail the test.

    Give ``problems=True`` where the test expects the app to say errors.
    """

    @asynccontextmanager
    async def driving(workspace, mode="runs", run_id="", size=(80, 24), problems=False, toasts=False):
        app = WorkbenchApp(workspace, mode, run_id, settings=settings)
        async with app.run_test(size=size, notifications=toasts) as pilot:
            await pilot.pause()
            yield app, pilot
        said = [one.text for one in app.messages.all if one.severity == "error"]
        assert problems or not said, said

    return driving


def frame(app):
    """What is on the screen, as lines of plain text."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


@pytest.fixture
def shown():
    """``shown(app)``: what is on the screen, as one text."""
    return lambda app: "\n".join(frame(app))


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch, tmp_path):
    """No test reads or writes the choices of the person who runs it."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    assert os.environ["XDG_STATE_HOME"]

"""Run folders as a worker leaves them, with made-up answers."""

import json
import random
import subprocess
import sys
from types import SimpleNamespace

import pytest

from workbench import profile as profiles
from workbench.choices.rows import Row
from workbench.choices.tasks import TASKS
from workbench.engine.evaluate.scoring import score
from workbench.engine.evaluate.summary import summarize
from workbench.engine.run import Run, create
from workbench.paths import Workspace

PROFILE = '[model]\nname = "m"\n[data]\ndataset = "d"\n'
BASE = "base-m-12345678"
N = 50

HOLDER = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.lockf(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def quiz(right, n=N, salt="", empty=0):
    """Answers to a quiz of which the first ``right`` are right, then ``empty`` empty, then wrong ones."""
    golds = ["ABCD"[place % 4] for place in range(n)]
    wrong = {"A": "B", "B": "C", "C": "D", "D": "A"}
    said = [g if i < right else "" if i < right + empty else wrong[g] for i, g in enumerate(golds)]
    return samples("arc", "quiz", [(g,) for g in golds], said, salt)


def samples(task, dataset, golds, answers, salt="", clusters=None):
    made = []
    for place, (gold, raw) in enumerate(zip(golds, answers, strict=True)):
        scored = score(Row(str(place), task, "q", tuple(gold)), raw, "stop", "bare")
        record = {
            "dataset": dataset,
            "task": task,
            "doc_id": str(place),
            "doc_hash": f"{salt}{place}",
            "prompt_hash": "p",
        }
        record |= {"cluster": clusters[place] if clusters else str(place), "gold": list(gold), "raw": raw}
        record |= {"parsed": scored.parsed, "status": scored.status, "finish": "stop", "n_prompt_tokens": 9}
        record |= {"n_new_tokens": len(raw), "scores": scored.scores, "answer_format": "bare", "key": f"key-{dataset}"}
        made.append(record)
    return made


def write(workspace, run_id, answers, base=BASE, seed=42, **changes):
    """A run folder as a worker leaves it."""
    run = Run(workspace, run_id)
    run.folder.mkdir(parents=True)
    run.profile_file.write_text(PROFILE)
    by_dataset = {}
    for sample in answers:
        by_dataset.setdefault(sample["dataset"], []).append(sample)
    peak = {"peak_allocated_bytes": None, "peak_reserved_bytes": None, "peak_process_bytes": None}
    memory = {**peak, "peak_rss_bytes": 2**30, "reason": "no CUDA device"}
    speed = {"wall_s": 10.0, "new_tokens_per_s": 5.0, "prompts_per_s": 2.0, "latency_s": 0.5}
    evaluation = {
        dataset: {
            "task": own[0]["task"],
            "protocol": TASKS[own[0]["task"]].protocols[0],
            "protocol_key": f"key-{dataset}",
            "answer_format": "bare",
            "max_new_tokens": 16,
            "dataset_sha256": "d" * 64,
            "n": len(own),
            **summarize(own[0]["task"], own),
            "speed": speed,
            "memory": memory,
        }
        for dataset, own in by_dataset.items()
    }
    trained = not run.is_base
    result = {
        "schema": 1,
        "run_id": run_id,
        "name": run_id if run.is_base else run_id.split("-", 2)[-1],
        "kind": "train" if trained else "base",
        "model": {"name": "m", "weights_sha256": "w", "parameters": 1, "dtype": "float32"},
        "method": "lora" if trained else "none",
        "adapter": {"method": "lora", "r": 16} if trained else None,
        "quant": "none",
        "seed": seed,
        "training": {"steps": 3} if trained else None,
        "memory": memory,
        "evaluation": evaluation,
        "base_run_id": base if trained else None,
        "versions": {},
        "device": {"type": "cpu", "name": "x"},
    }
    run.result_file.write_text(json.dumps({**result, **changes}))
    run.samples_file.write_text("".join(json.dumps(sample) + "\n" for sample in answers))
    return run


def passages(skill, seed):
    generator = random.Random(seed)
    golds = [(f"red house {place}",) if place % 3 else () for place in range(120)]
    said = []
    for gold in golds:
        right = gold[0] if gold else "unanswerable"
        said.append(right if generator.random() < skill else "red house" if gold else "the moon")
    return samples("squad", "passages", golds, said, clusters=[str(place // 4) for place in range(120)])


@pytest.fixture
def fabricate():
    """The same for the tests in folders below this one."""
    return SimpleNamespace(quiz=quiz, passages=passages, samples=samples, write=write)


@pytest.fixture
def new_run(tmp_path):
    """A run that no worker has begun."""
    return create(Workspace(tmp_path), profiles.parse(PROFILE, name="my run", where="here"))


@pytest.fixture
def holder(new_run):
    """A process that holds the new run's lock until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(new_run.lock_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()

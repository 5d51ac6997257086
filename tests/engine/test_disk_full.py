"""A disk that is full while a run saves: a sentence, exit code 2, whole checkpoints only, and a run that goes on."""

import subprocess
import sys

import pytest

from workbench import profile as profiles
from workbench.engine.follow import follow
from workbench.engine.launch import environment, resume
from workbench.engine.run import create
from workbench.engine.run_state import state
from workbench.paths import Workspace, write_atomically

pytestmark = pytest.mark.slow

LIMITED = """
import resource, runpy, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write then fails as it does on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
runpy.run_module("workbench.engine.worker", run_name="__main__")
"""


def test_a_full_disk_is_a_sentence_and_the_run_goes_on_once_there_is_room(tmp_path, tiny_model, sums):
    text = f'[model]\nname = "{tiny_model}"\n[data]\n{sums}'
    small = ["train.max_steps=3", "train.save_steps=2", "eval.enabled=false", "train.gradient_checkpointing=false"]
    run = create(Workspace(tmp_path / "w"), profiles.parse(text, "full", "here", small))
    command = [sys.executable, "-c", LIMITED, "20000", str(run.workspace.root), run.id, "run"]
    done = subprocess.run(command, check=False, capture_output=True, env=environment())
    now = state(run)
    assert (done.returncode, now.status) == (2, "failed"), done.stderr.decode()[-2000:]
    assert "is full" in now.reason
    assert "workbench resume" in now.fields["ended"]["fix"]
    assert not run.result_file.exists()
    assert not run.adapter.exists()
    assert not list(run.artifacts.rglob("*.safetensors"))  # what was half-written is gone
    resume(run)
    assert list(follow(run, poll_s=0.05))[-1][1].status == "finished"


def test_a_file_is_whole_or_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "result.json", "{}")
    assert list(tmp_path.iterdir()) == []

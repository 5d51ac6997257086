import json
import signal

import pytest

from workbench import profile as profiles
from workbench.engine import follow as following
from workbench.engine import launch
from workbench.engine.run import runs
from workbench.engine.run_state import RunState, state

from .conftest import FINISHED, STARTED, play

NOTHING_SCORED = {"evaluation": {}, "base_run_id": None}


def step(number, total=40, loss=1.5):
    fields = {"step": number, "total_steps": total, "loss": loss, "tokens_per_s": 147.2, "eta_s": 65.0}
    return ("step", fields)


def test_run_tells_stages_and_some_steps_and_ends_with_0(cli, worker, workspace):
    steps = [step(number) for number in range(1, 41)]
    memory = ("memory", {"rss_bytes": 2**30, "reason": "no CUDA device"})
    worker(STARTED, ("stage", {"stage": "train"}), memory, *steps, FINISHED, result=NOTHING_SCORED)
    done = cli("run", "mine")
    assert done.code == 0
    lines = done.err.splitlines()
    assert "stage: train" in lines
    told = [line for line in lines if line.startswith("train  step")]
    assert [line.split()[2] for line in told] == ["10/40", "20/40", "30/40", "40/40"]
    assert told[-1].split("  ")[1:] == [
        "step 40/40",
        "loss 1.5000",
        "147 tokens/s",
        "ETA 1m05s",
        "RSS 1.00 GiB, GPU n/a (no CUDA device)",
    ]
    assert "nothing was evaluated" in done.err
    assert done.out == ""
    assert len(runs(workspace)) == 1


def test_a_loss_that_is_no_number_is_shown_as_unknown(cli, worker):
    worker(STARTED, step(1, 1, float("nan")), FINISHED, result=NOTHING_SCORED)
    said = cli("run", "mine").err
    assert "step 1/1  loss n/a" in said
    assert "warning: loss is nan" in said


@pytest.mark.parametrize(
    ("events", "code", "said"),
    [
        ([("ended", {"status": "failed", "reason": "It broke.", "fix": "Mend it."})], 3, "failed: It broke."),
        ([("ended", {"status": "failed", "reason": "Bad rows.", "exit_code": 2})], 2, "failed: Bad rows."),
        ([("ended", {"status": "stopped", "reason": "asked", "exit_code": 4})], 4, "was stopped: asked"),
        ([], 5, "lost: the worker disappeared without a word"),
    ],
)
def test_run_ends_as_its_worker_ended(cli, worker, workspace, events, code, said):
    worker(STARTED, *events)
    done = cli("run", "mine")
    assert done.code == code
    assert said in done.err
    assert f"workbench resume {runs(workspace)[0].id}" in done.err


def test_a_failure_shows_the_last_lines_of_the_log_and_what_to_change(cli, make_run):
    run = make_run(STARTED, ("ended", {"status": "failed", "reason": "It broke.", "fix": "Mend it."}))
    run.log_file.write_text("first\n" + "more\n" * 30 + "RuntimeError: \x1b[31mred\n")
    said = cli("watch", "last").err
    assert "RuntimeError: \\x1b[31mred" in said
    assert "first" not in said
    assert "Mend it." in said


def test_json_is_one_event_a_line_and_a_last_object(cli, worker):
    worker(STARTED, step(1, 1), FINISHED, result=NOTHING_SCORED)
    done = cli("run", "mine", "--json")
    lines = done.json_lines()
    assert [line.get("kind") for line in lines] == ["started", "step", "ended", None]
    assert lines[-1]["status"] == "finished"
    assert lines[-1]["exit_code"] == 0
    assert lines[-1]["result"] == NOTHING_SCORED
    assert lines[-1]["comparison"] is None


def test_detach_prints_the_run_and_does_not_follow(cli, worker, workspace):
    worker(STARTED)
    done = cli("run", "mine", "--detach")
    assert (done.code, done.out) == (0, f"{runs(workspace)[0].id}\n")


def test_dry_run_prints_the_whole_profile_and_makes_nothing(cli, files):
    before = files()
    done = cli("run", "mine", "--set", "adapter.r=32", "--dry-run")
    assert done.code == 0
    profile = profiles.parse(done.out, "mine", "stdout")
    assert profile.adapter.r == 32
    assert files() == before


def test_ctrl_c_once_asks_and_twice_ends_at_once(cli, worker, monkeypatch):
    asked = []

    def follow(run, poll_s=0.25):
        for status in ("running", "running", "stopped"):
            signal.raise_signal(signal.SIGINT)
            yield None, RunState(status=status, reason="asked")

    worker(STARTED)
    monkeypatch.setattr(following, "follow", follow)
    monkeypatch.setattr(launch, "stop", lambda run, now=False: asked.append(now))
    before = signal.getsignal(signal.SIGINT)
    done = cli("run", "mine")
    assert asked == [False, True, True]
    assert done.code == 4
    assert "ctrl+c again ends it at once" in done.err
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_leaves_a_watched_run_alone(cli, make_run, monkeypatch):
    def follow(run, poll_s=0.25):
        yield None, RunState(status="running")
        raise KeyboardInterrupt

    run = make_run(STARTED)
    monkeypatch.setattr(following, "follow", follow)
    monkeypatch.setattr(launch, "stop", lambda run, now=False: pytest.fail("it was stopped"))
    done = cli("watch", "mine")
    assert done.code == 0
    assert f"{run.id} goes on" in done.err


def test_stop_passes_the_request_on(cli, make_run, monkeypatch):
    asked = []
    monkeypatch.setattr(launch, "stop", lambda run, now=False: asked.append((run.id, now)))
    run = make_run(STARTED)
    assert cli("stop", "last").code == 0
    assert cli("stop", "mine", "--now", "--json").json() == {"run_id": run.id, "status": "lost", "now": True}
    assert asked == [(run.id, False), (run.id, True)]


def test_stop_of_a_finished_run_is_refused(cli, make_run):
    make_run(STARTED, FINISHED)
    done = cli("stop", "last")
    assert done.code == 2
    assert "is finished; there is nothing to stop" in done.err


def test_checkpoint_asks_a_run_that_trains(cli, make_run, monkeypatch):
    run = make_run(STARTED, ("stage", {"stage": "train"}))
    assert cli("checkpoint", "last").code == 2  # its worker is dead
    monkeypatch.setattr("workbench.engine.run_state.alive", lambda _: True)
    assert cli("checkpoint", "last").code == 0
    assert run.checkpoint_file.exists()
    run.checkpoint_file.unlink()
    play(run, ("stage", {"stage": "evaluate"}))
    done = cli("checkpoint", "last")
    assert (done.code, run.checkpoint_file.exists()) == (2, False)
    assert 'is at "evaluate"; checkpoints are written only while it trains' in done.err


def test_resume_tells_only_what_is_new(cli, make_run, worker):
    run = make_run(STARTED, ("stage", {"stage": "old"}), ("ended", {"status": "stopped"}))
    lines = run.events_file.read_text().splitlines()
    long_ago = [json.dumps({**json.loads(line), "time_s": 1.0}) for line in lines]
    run.events_file.write_text("\n".join(long_ago) + "\n")
    started = worker(STARTED, ("stage", {"stage": "new"}), FINISHED, result=NOTHING_SCORED)
    done = cli("resume", "last")
    assert done.code == 0
    assert started == [(run.id, "run")]
    assert "stage: new" in done.err
    assert "stage: old" not in done.err
    assert state(run).status == "finished"


def test_unknown_runs_are_named(cli, make_run):
    run = make_run(STARTED, FINISHED)
    done = cli("watch", run.id + "x")
    assert done.code == 2
    assert f'Did you mean "{run.id}"?' in done.err


def test_the_quickstart_is_written_where_there_is_none(cli, workspace, monkeypatch):
    code = cli("run", "quickstart", "--dry-run")
    assert workspace.profile("quickstart").exists()
    assert "quickstart.toml is written: there was none here" in code.err
    assert cli("run", "quickstart", "--dry-run").err.count("is written") == 0


def test_watch_on_a_screen_needs_a_terminal_and_shows_the_run_live(cli, make_run, monkeypatch):
    run = make_run(STARTED, FINISHED)
    refused = cli("watch", run.id, "--screen")
    assert refused.code == 2
    assert "--screen needs a terminal" in refused.err
    shown = []
    monkeypatch.setattr("workbench.cli.runs._is_terminal", lambda: True)
    monkeypatch.setattr("workbench.tui.start.start", lambda *given: shown.append(given) or 0)
    assert cli("watch", run.id, "--screen").code == 0
    assert shown == [(run.workspace, "live", run.id)]

"""One real run, from profile to result, on a tiny model: finished, stopped, killed at every stage, resumed."""

import json
import os
import signal
import subprocess
import sys

import pytest
from peft import PeftModel
from transformers import AutoModelForCausalLM

from workbench import profile as profiles
from workbench.engine import evaluations, latencies, launch
from workbench.engine.events import EventReader
from workbench.engine.export import export
from workbench.engine.follow import follow
from workbench.engine.run import Run, create, runs
from workbench.engine.run_state import state
from workbench.engine.samples import read_samples
from workbench.errors import InputError
from workbench.paths import Workspace

pytestmark = pytest.mark.slow

STEPS = 6


def make(workspace, tiny_model, sums, *overrides):
    text = f'[model]\nname = "{tiny_model}"\n[data]\n{sums}'
    small = [
        *("adapter.r=4", "adapter.lora_dropout=0.1", "train.learning_rate=1e-2", f"train.max_steps={STEPS}"),
        *("train.per_device_train_batch_size=2", "train.gradient_accumulation_steps=2", "train.save_steps=1"),
        *("train.gradient_checkpointing=false", "eval.max_new_tokens=8", "eval.batch_tokens=120"),
    ]
    return create(workspace, profiles.parse(text, "tiny", "here", [*small, *overrides]))


def until_the_end(run):
    return list(follow(run, poll_s=0.02))[-1][1]


def losses(run):
    steps = {e.fields["step"]: e.fields["loss"] for e in EventReader(run.events_file).read() if e.kind == "step"}
    return [steps[step] for step in sorted(steps)]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def finished(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums)
    launch.start(run)
    assert until_the_end(run).status == "finished", launch.log_tail(run)
    return run


def test_a_run_ends_with_its_result(finished):
    result = finished.result()
    assert result["training"]["steps"] == STEPS
    assert result["training"]["proof"]["tensors_moved_at_end"] == 16
    assert result["training"]["tokens"] > 0
    assert result["memory"]["peak_rss_bytes"] > 0
    assert result["memory"]["peak_allocated_bytes"] is None
    assert result["memory"]["reason"] == "no CUDA device"
    (entry,) = result["evaluation"].values()
    assert entry["n"] == 12
    assert entry["memory"]["peak_rss_bytes"] > 0
    assert result["versions"]["torch"]
    assert not list(finished.folder.glob(".*"))  # no half-written file
    assert not finished.checkpoints.exists()


def test_the_base_model_is_evaluated_once_into_a_run_of_its_own(finished, workspace, tiny_model, sums):
    base = Run(workspace, finished.result()["base_run_id"])
    assert state(base).status == "finished"
    assert base.result()["kind"] == "base"
    assert len(read_samples(base.samples_file)) == 12
    other = make(workspace, tiny_model, sums, "adapter.r=2", "train.max_steps=1")
    launch.start(other)
    until_the_end(other)
    assert other.result()["base_run_id"] == base.id
    texts = [e.fields["text"] for e in EventReader(other.events_file).read() if e.kind == "note"]
    assert f"the base model was evaluated before: {base.id}" in texts


def test_the_adapter_opens_with_plain_peft_and_the_export_with_plain_transformers(finished, tiny_model, tmp_path):
    adapter = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_model), finished.adapter)
    assert any("lora_B" in name and value.abs().sum() > 0 for name, value in adapter.named_parameters())
    answer = export(finished, tmp_path / "merged")
    assert answer["check"] == {"asked": 12, "same": 12, "dtype": "float32"}
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged").state_dict()
    unwrapped = adapter.merge_and_unload().state_dict()
    assert all((merged[name] - value).abs().max() < 1e-5 for name, value in unwrapped.items())
    with pytest.raises(InputError, match="is there already"):
        export(finished, tmp_path / "merged")


def test_a_run_killed_at_five_stages_is_lost_each_time_and_ends_as_if_nothing_had_happened(
    finished, workspace, tiny_model, sums
):
    run = make(workspace, tiny_model, sums, "data.test_rows=10")  # its base is not known yet
    moments = [
        lambda event: event.kind == "stage" and event.fields["stage"] == "data",
        lambda event: event.kind == "sample",
        lambda event: event.kind == "step" and event.fields["step"] == 3,
        lambda event: event.kind == "saved" and event.fields["what"] == "adapter",
        lambda event: event.kind == "sample" and run.adapter.exists(),
    ]
    done = 0
    launch.start(run)
    for moment in moments:
        for event, now in follow(run, poll_s=0.005):
            new = event is not None and event.time_s >= started(run)
            if new and moment(event):
                os.kill(now.fields["started"]["pid"], signal.SIGKILL)
                break
        assert until_the_end(run).status == "lost"
        assert not run.result_file.exists()
        steps = [e.fields["step"] for e in EventReader(run.events_file).read() if e.kind == "step"]
        assert max(steps, default=0) >= done
        done = max(steps, default=0)
        launch.resume(run)
    assert until_the_end(run).status == "finished", launch.log_tail(run)
    result = run.result()
    assert result["training"]["attempts"] == 6
    assert losses(run) == pytest.approx(losses(finished), abs=1e-4)
    assert len(read_samples(run.samples_file)) == 10
    assert not list(run.folder.glob(".*"))


def started(run):
    return max(e.time_s for e in EventReader(run.events_file).read() if e.kind == "started")


def test_no_step_is_repeated_after_a_kill(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums, "eval.enabled=false")
    launch.start(run)
    for event, now in follow(run, poll_s=0.005):
        if event and event.kind == "saved" and event.fields["step"] == 2:
            os.kill(now.fields["started"]["pid"], signal.SIGKILL)
    launch.resume(run)
    assert until_the_end(run).status == "finished"
    resumed = next(e for e in EventReader(run.events_file).read() if e.kind == "note" and "goes on" in e.fields["text"])
    assert int(resumed.fields["text"].rpartition("-")[2]) >= 2


def test_a_stop_writes_a_checkpoint_and_a_resume_goes_on(finished, workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums)
    launch.start(run)
    for event, _ in follow(run, poll_s=0.005):
        if event and event.kind == "step" and event.fields["step"] == 2:
            launch.stop(run)
    now = state(run)
    assert now.status == "stopped"
    assert "with a checkpoint" in now.reason
    launch.resume(run)
    assert until_the_end(run).status == "finished"
    assert losses(run) == pytest.approx(losses(finished), abs=1e-4)
    with pytest.raises(InputError, match="is finished"):
        launch.resume(run)


def test_a_checkpoint_is_written_on_request_and_the_run_goes_on(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums, "eval.enabled=false", "train.save_steps=1000", "train.max_steps=40")
    launch.start(run)
    with pytest.raises(InputError, match="only while it trains"):
        launch.checkpoint(run)
    for event, _ in follow(run, poll_s=0.005):
        if event and event.kind == "step" and event.fields["step"] == 2:
            launch.checkpoint(run)
    events = list(EventReader(run.events_file).read())
    saved = [event.fields["step"] for event in events if event.kind == "saved" and event.fields["what"] == "checkpoint"]
    assert len(saved) == 2  # the one asked for, and the trainer's own at the end
    assert 2 < saved[0] < saved[1] == 40
    assert state(run).status == "finished"
    assert not run.checkpoint_file.exists()


def test_a_base_model_whose_evaluation_was_stopped_is_stopped_and_not_lost(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums, "data.test_rows=9", "train.max_steps=1")  # a base that nobody knows yet
    launch.start(run)
    for event, _ in follow(run, poll_s=0.005):
        if event and event.kind == "sample" and not run.stop_file.exists():
            run.stop_file.touch()
    (base,) = [one for one in runs(workspace) if one.is_base and state(one).status != "finished"]
    assert (state(base).status, state(run).status) == ("stopped", "stopped")
    launch.resume(run)
    assert until_the_end(run).status == "finished", launch.log_tail(run)
    assert state(base).status == "finished"


def test_a_stop_at_once_ends_the_processes(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums)
    launch.start(run)
    launch.stop(run, now=True)
    assert state(run).status == "stopped"
    with pytest.raises(InputError, match="nothing to stop"):
        launch.stop(run)


def test_a_second_worker_is_refused(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums)
    launch.start(run)
    with pytest.raises(InputError, match="is running already"):
        launch.start(run)
    launch.stop(run, now=True)


def test_rows_that_teach_nothing_end_a_run_before_it_trains(workspace, tiny_model, tmp_path):
    rows = [{"prompt": f"Say nothing, {n} times.", "completion": ""} for n in range(20)]
    (tmp_path / "empty.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = make(workspace, tiny_model, f'train_file = "{tmp_path}/empty.jsonl"\n')
    launch.start(run)
    now = until_the_end(run)
    assert now.status == "failed"
    assert "the trained answer is empty once rendered in 18 of 18 rows" in now.reason
    assert now.fields["ended"]["exit_code"] == 2
    assert not run.adapter.exists()


def test_a_base_model_is_evaluated_without_training(workspace, tiny_model, sums, tmp_path):
    profile = tmp_path / "asked.toml"
    profile.write_text(f'[model]\nname = "x/y"\n[data]\n{sums}[eval]\nmax_new_tokens = 4\n')
    run = evaluations.evaluate(workspace, str(tiny_model), profile)
    assert until_the_end(run).status == "finished", launch.log_tail(run)
    assert run.result()["kind"] == "evaluation"
    assert Run(workspace, run.result()["base_run_id"]).result()["evaluation"]


def test_training_without_evaluation_is_pending_and_can_be_evaluated_later(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums, "eval.enabled=false", "train.max_steps=2")
    launch.start(run)
    assert until_the_end(run).status == "finished"
    assert run.result()["evaluation"] == {}
    assert run in evaluations.pending(workspace)
    evaluations.evaluate(workspace, run.id)
    assert until_the_end(run).status == "finished", launch.log_tail(run)
    assert run.result()["training"]["steps"] == 2
    assert run.result()["evaluation"]
    assert run not in evaluations.pending(workspace)


FULL_WHEN = """
import sys
import torch
from workbench.engine import worker

def hook(module, inputs, output):
    if type(module).__name__ == "LlamaMLP" and module.training and len(output) > {rows}:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

torch.nn.modules.module.register_module_forward_hook(hook)
sys.exit(worker.main(sys.argv[1:]))
"""


def work_with_room_for(rows, run):
    """A worker whose model has no memory for more rows at once."""
    command = [sys.executable, "-c", FULL_WHEN.format(rows=rows), str(run.workspace.root), run.id, "run"]
    with run.log_file.open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=launch.environment(), start_new_session=True)


def events(run, kind):
    return [event.fields for event in EventReader(run.events_file).read() if event.kind == kind]


def test_a_run_whose_rows_do_not_fit_goes_on_with_fewer_at_once(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums, "eval.enabled=false", "adapter.lora_dropout=0.0")
    plain = make(workspace, tiny_model, sums, "eval.enabled=false", "adapter.lora_dropout=0.0")
    estimate = {"allocated_bytes": 1000, "reserved_bytes": None, "process_bytes": 1900, "source": "simulation"}
    run.prediction_file.write_text(json.dumps({"train": estimate, "versions": {}}))
    assert work_with_room_for(1, run).wait() == 0, launch.log_tail(run)
    launch.start(plain)
    assert until_the_end(plain).status == "finished"
    assert losses(run) == pytest.approx(losses(plain), rel=1e-3)  # fp32, and Adam
    (told,) = events(run, "recovered")
    training = run.result()["training"]
    assert training["recoveries"] == [told]
    assert (told["step"], told["from_micro_batch"], told["to_micro_batch"], told["to_accumulation"]) == (1, 2, 1, 4)
    assert (training["steps"], training["tokens"]) == (STEPS, plain.result()["training"]["tokens"])
    assert training["proof"]["tensors_moved_at_end"] == 16
    (predicted,) = events(run, "predicted")
    assert (predicted["stage"], predicted["allocated_bytes"]) == ("train", 1000)
    memory = run.result()["memory"]
    assert (memory["predicted_allocated_bytes"], memory["deviation"]) == (1000, None)
    assert plain.result()["memory"]["predicted_allocated_bytes"] is None


def test_a_stop_while_it_recovers_leaves_a_checkpoint_from_which_it_goes_on_as_small(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums, "eval.enabled=false", "train.save_steps=auto")
    process = work_with_room_for(1, run)
    for event, _ in follow(run, poll_s=0.005):
        if event and event.kind == "recovered":
            run.stop_file.touch()
    assert process.wait() == 4
    assert state(run).status == "stopped"
    assert "with a checkpoint" in state(run).reason
    assert work_with_room_for(1, run).wait() == 0, launch.log_tail(run)
    assert len(events(run, "recovered")) == 1
    assert any("goes on with micro-batches of 1" in note["text"] for note in events(run, "note"))
    assert run.result()["training"]["steps"] == STEPS


def test_one_row_that_does_not_fit_ends_a_run_with_what_to_do(workspace, tiny_model, sums):
    run = make(workspace, tiny_model, sums, "eval.enabled=false")
    assert work_with_room_for(0, run).wait() == 3
    ended = state(run).fields["ended"]
    assert ended["reason"] == "The GPU has no memory left: CUDA out of memory. Tried to allocate 2.00 GiB."
    assert "paged_adamw_8bit" in ended["fix"]
    assert "max_new_tokens" not in ended["fix"]
    assert [told["to_micro_batch"] for told in events(run, "recovered")] == [1]
    assert work_with_room_for(2, run).wait() == 0, launch.log_tail(run)  # now there is room for all rows
    assert not any("micro-batches of" in note["text"] for note in events(run, "note"))


def test_a_worker_judges_expressions_and_scores_old_answers_again_without_asking(workspace, tiny_model, sums):
    few = ["eval.rows=4", "train.max_steps=1", "eval.max_new_tokens=4", "eval.base=false"]
    run = make(workspace, tiny_model, sums, *few)
    launch.start(run)
    assert until_the_end(run).status == "finished", launch.log_tail(run)
    first = read_samples(run.samples_file)
    said = [{**one, "raw": f"{one['gold'][0]}+1-1", "finish": "stop"} for one in first]
    run.samples_file.write_text("".join(json.dumps(one) + "\n" for one in said))
    launch.start(run, "eval")
    assert until_the_end(run).status == "finished", launch.log_tail(run)
    (entry,) = run.result()["evaluation"].values()
    assert (entry["protocol"], entry["metrics"]["accuracy"]["value"]) == ("math_gen@2", 1.0)
    assert entry["judged_by"] == {"exact": 0, "rounded": 0, "math_verify": 4}
    assert entry["libraries"] == {"math-verify": run.result()["versions"]["math-verify"]}
    assert [one["seconds"] for one in read_samples(run.samples_file)] == [one["seconds"] for one in first]


def test_other_sets_show_what_was_forgotten_and_runs_are_timed_in_turns(workspace, tiny_model, sums):
    more = ['eval.datasets=["quiz"]', "eval.rows=4", "train.max_steps=3", "eval.latency=true", "eval.max_new_tokens=4"]
    protocols = 'eval.protocols=["math_gen@2", "arc_ll@1", "heldout_loss@1"]'
    run = make(workspace, tiny_model, sums, *more, protocols)
    launch.start(run)
    assert until_the_end(run).status == "finished", launch.log_tail(run)
    result = run.result()
    base = Run(workspace, result["base_run_id"])
    forgotten = {line["protocol"]: line for line in result["forgetting"]}
    assert set(forgotten) == {"arc_ll@1", "heldout_loss@1"}
    loss = forgotten["heldout_loss@1"]
    assert (loss["dataset"], loss["metric"], loss["lower_is_better"], loss["n"]) == ("quiz", "loss", True, 4)
    assert loss["change"] == pytest.approx(loss["tuned"] - loss["base"])
    assert loss["change"] != 0
    assert result["latency"]["prompts"] == 4
    assert latencies.comparable(result["latency"], base.result()["latency"]) == []
    found = latencies.measure([run, base], repeats=2, new_tokens=3)
    assert found[run.id]["interleaved_with"] == [base.id]
    assert (found[run.id]["repeats"], found[run.id]["new_tokens"]) == (2, 3)
    assert run.result()["latency"] == found[run.id]
    assert run.result()["evaluation"] == result["evaluation"]

"""The straight line of a run: data, audit, base evaluation, training, evaluation, result.

Every stage looks first whether its work is there already, so that a resumed run goes on where it was cut off.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from workbench import profile as profiles
from workbench.engine import deviation, hashes, model, prediction, receipt, result
from workbench.engine.evaluate import lm_eval_tasks, protocol, session, timed
from workbench.engine.evaluate.ways import Subject
from workbench.engine.events import SCHEMA, EventLog
from workbench.engine.forgetting import forgetting
from workbench.engine.locks import locked
from workbench.engine.preview import audited
from workbench.engine.render import Encoded
from workbench.engine.run import Run
from workbench.engine.train import train
from workbench.engine.validation import validation_rows
from workbench.engine.versions import versions
from workbench.engine.work import Work, prepare_work, watching
from workbench.errors import ProblemsError, RunStopped
from workbench.paths import write_atomically

BASE_STAGE, TRAIN_STAGE, TUNED_STAGE = "evaluate base", "train", "evaluate"


def carry_out(run: Run, verb: str, log: EventLog, should_stop: Callable[[], bool]) -> None:
    """Do what is still to be done of a run, and write its result.

    Args:
        run: The run.
        verb: "run" for everything, "eval" to evaluate what is trained already.
        log: Its events.
        should_stop: Whether somebody asked the run to stop.

    Raises:
        RunStopped: Somebody asked; what was done so far can be resumed.
        WorkbenchError: It cannot go on; the message says why.
    """
    with watching(log) as monitor:
        asked = run.profile().eval.enabled or verb == "eval"
        work = prepare_work(run, asked, log, monitor, should_stop)
        base = _base(work) if asked else None
        if work.profile.train.max_steps == 0:
            _write_result(work, run, {}, stage=BASE_STAGE, kind="evaluation", base_run_id=base)
            return
        if verb == "run":
            _train(work)
        parts = _evaluate_tuned(work) if work.questions else {"evaluation": {}}
        training = result.training_record(run)
        memory = {**result.peaks(run, TRAIN_STAGE), **result.against_prediction(run)}
        kept = Run(run.workspace, base).result() if base else None
        forgotten = forgetting(parts["evaluation"], kept["evaluation"]) if kept else []
        parts |= {"training": training, "memory": memory, "base_run_id": base, "forgetting": forgotten}
        _write_result(work, run, stage=TRAIN_STAGE, **parts)


def _base(work: Work) -> str | None:
    """The id of the run that holds the base model's answers, evaluated now if nobody did before."""
    scored = [one for one in work.questions if one.protocol]
    if not (scored and (work.profile.eval.base or work.profile.train.max_steps == 0)):
        return None
    further = lm_eval_tasks.facts(work.profile, work.run.workspace.root) + ["latency"] * work.profile.eval.latency
    base = Run(work.run.workspace, protocol.base_id(work.identity, scored, work.profile.model.name, further))
    with locked(base, work.should_stop):
        if base.result_file.exists():
            work.note(f"the base model was evaluated before: {base.id}")
            return base.id
        write_atomically(base.profile_file, profiles.dump(work.profile))
        log = EventLog(base.events_file)
        log.append("started", schema=SCHEMA, verb="base", within=work.run.id)
        ended = {"status": "stopped", "reason": f"{work.run.id} ended before it was done; `workbench resume` goes on"}
        try:
            _evaluate_base(work, base)
            ended = {"status": "finished"}
        finally:
            log.append("ended", **ended)
            log.close()
    return base.id


def _evaluate_base(work: Work, base: Run) -> None:
    """Evaluate the untrained model into a run folder of its own, which every profile that needs it shares."""
    work.stage(BASE_STAGE)
    loaded = model.load_base(work.folder, work.profile).eval()
    subject = Subject(loaded, work.tokenizer, work.identity, None)
    parts = _evaluated(work, subject, base)
    work.measure()
    _write_result(work, base, **parts, stage=BASE_STAGE, kind="base", method="none", adapter=None)


def _train(work: Work) -> None:
    if work.run.adapter.is_dir():
        work.note("trained before: the adapter is there")
        return
    encoded, held_out = _rows(work)
    work.stage(TRAIN_STAGE)
    predicted = prediction.announce(work.run, TRAIN_STAGE, work.log)
    loaded = model.attach(model.load_base(work.folder, work.profile), work.profile)
    trained = train(work.run, work.profile, loaded, work.tokenizer, encoded, work.log, work.should_stop, held_out)
    work.measure()
    work.log.append("trained", **trained.record)
    if predicted and not trained.stopped:
        deviation.tell(work.run, TRAIN_STAGE, work.profile, predicted, versions(), work.log)
    if trained.stopped:
        raise RunStopped(f"stopped after step {trained.record['steps']}, with a checkpoint")


def _rows(work: Work) -> tuple[list[Encoded], list[Encoded]]:
    """The training rows and the validation rows as token ids, once the audit has found that they teach something."""
    work.stage("audit")
    found = audited(work.run.workspace, work.profile, work.tokenizer)
    write_atomically(work.run.audit_file, json.dumps(found.report.to_json(), indent=2, ensure_ascii=False))
    fatal = [problem for problem in found.report.problems if problem.fatal]
    if fatal:
        raise ProblemsError(fatal)
    for problem in found.report.problems:
        work.log.append("note", level="warning", text=str(problem))
    return found.encoded, validation_rows(found, work.profile, work.tokenizer, work.log)


def _evaluate_tuned(work: Work) -> dict[str, Any]:
    """What is measured of the weights as they lie on disk: parts of the result."""
    work.stage(TUNED_STAGE)
    loaded = model.load_tuned(work.folder, work.run.adapter, work.profile).eval()
    adapter = hashes.of_weights(work.run.workspace, work.run.adapter)
    subject = Subject(loaded, work.tokenizer, work.identity, adapter)
    parts = _evaluated(work, subject, work.run)
    work.measure()
    return parts


def _evaluated(work: Work, subject: Subject, run: Run) -> dict[str, Any]:
    """The parts ``evaluation`` and ``latency`` of a result; the samples are in the run's folder."""
    evaluation = session.evaluate(subject, work.questions, work.profile, run.samples_file, work.log, work.should_stop)
    if work.profile.eval.lm_eval_tasks:
        work.note("asking lm-eval's tasks")
        folder, root = run.folder / "lm_eval", work.run.workspace.root
        entries, samples = lm_eval_tasks.evaluate(subject, work.profile, folder, root)
        session.append(run.samples_file, samples)
        evaluation |= entries
    latency = None
    if work.profile.eval.latency:
        work.note("timing prompts one by one")
        latency = timed.of_one(subject, work.profile, work.questions, work.note)
    return {"evaluation": evaluation, "latency": latency}


def _write_result(work: Work, run: Run, evaluation: dict[str, Any], stage: str, **parts: Any) -> None:
    """Write the done-file of a run; the memory beside the evaluation is that of evaluating."""
    asking = BASE_STAGE if stage == BASE_STAGE else TUNED_STAGE
    memory = result.peaks(work.run, asking)
    result.write(
        run,
        work.profile,
        {
            "kind": "train",
            "model": {
                "name": work.profile.model.name,
                "weights_sha256": work.identity["weights_sha256"],
                "parameters": model.parameters(work.folder),
                "dtype": str(model.dtype(work.profile.model)).removeprefix("torch."),
            },
            "training": None,
            "memory": result.peaks(work.run, stage),
            "evaluation": {name: {**entry, "memory": memory} for name, entry in evaluation.items()},
            "base_run_id": None,
            "versions": versions(),
            "device": receipt.hardware(),
            **parts,
        },
    )

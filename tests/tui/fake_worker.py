"""A worker without a model: it holds the run's lock, writes events as the real one does, and obeys the same requests.

``python fake_worker.py WORKSPACE RUN-ID STEPS SECONDS-PER-STEP [FIRST-STEP]``
"""

import math
import os
import sys
import time
from pathlib import Path

from workbench.engine.events import SCHEMA, EventLog
from workbench.engine.locks import take_lock
from workbench.engine.run import Run
from workbench.engine.worker import StopRequest
from workbench.paths import Workspace

GIB = 2**30


def main(root: str, run_id: str, steps: str, seconds: str, first: str = "1") -> None:
    run = Run(Workspace(Path(root)), run_id)
    if not take_lock(run.lock_file):
        sys.exit("it has a worker already")
    log = EventLog(run.events_file)
    log.append("started", schema=SCHEMA, pid=os.getpid(), verb="run")
    should_stop = StopRequest(run, log)
    log.append("stage", stage="train")
    print("training", flush=True)
    status = "finished"
    for step in range(int(first), int(steps) + 1):
        time.sleep(float(seconds))
        log.append("step", **numbers(step, int(steps), float(seconds)))
        log.append(
            "memory", rss_bytes=GIB, device_used_bytes=5 * GIB, device_total_bytes=8 * GIB, process_bytes=4 * GIB
        )
        if run.checkpoint_file.exists():
            run.checkpoint_file.unlink()
            log.append("saved", what="checkpoint", step=step, seconds=0.1)
        if should_stop():
            status = "stopped"
            break
    log.append("ended", status=status, reason="", exit_code=0)


def numbers(step: int, steps: int, seconds: float) -> dict[str, float | int]:
    """The fields of a step event."""
    return {
        "step": step,
        "total_steps": steps,
        "loss": 1.0 + math.exp(-step / 50),
        "learning_rate": 1e-4,
        "grad_norm": 0.7,
        "tokens": 512,
        "seconds": seconds,
        "tokens_per_s": 512 / max(seconds, 1e-3),
        "eta_s": (steps - step) * seconds,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])

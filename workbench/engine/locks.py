"""The locks that workers hold as long as they live: who holds one, and how to hold one."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.engine.run import Run
from workbench.errors import RunStopped

LOCK_TRIES = 10


def alive(run: Run) -> bool:
    """Whether a worker holds the run's lock. Never called by the worker itself."""
    return held(run.lock_file)


def held(lock_file: Path) -> bool:
    """Whether another process holds a lock. Whoever looks shares it with others who look at the same moment."""
    try:
        descriptor = os.open(lock_file, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


@contextmanager
def locked(run: Run, should_stop: Callable[[], bool]) -> Iterator[None]:
    """Hold another run's lock; waits for a worker that is at it.

    Raises:
        RunStopped: Somebody asked meanwhile.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(run.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while not _try_lock(descriptor):
            if should_stop():
                raise RunStopped(f"stopped while another worker was evaluating {run.id}")
            time.sleep(1.0)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.lockf(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def take_lock(lock_file: Path) -> int | None:
    """Hold a lock until this process ends or closes the descriptor; None when another one holds it.

    A viewer that looks whether the lock is free holds it for a moment, so it is tried more than once.
    """
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o644)
    for _ in range(LOCK_TRIES):
        if _try_lock(descriptor):
            return descriptor
        time.sleep(0.05)
    os.close(descriptor)
    return None

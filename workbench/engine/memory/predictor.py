"""Ask for predictions: from the cache, or from a warm process that loads the heavy libraries once."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from typing import IO, Any

from workbench.engine.launch import environment
from workbench.engine.memory import cache
from workbench.engine.memory.cards import Card
from workbench.engine.memory.config import model_config
from workbench.engine.memory.estimate import Prediction
from workbench.engine.memory.machine import keep, machine
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace
from workbench.profile import Profile, dump


class Predictor:
    """A prediction at a time, as a context manager; its process starts with the first that no cache knows."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()
        self._starting = threading.Lock()
        self._closed = False
        self._talk: IO[bytes] | None = None

    def predict(
        self, workspace: Workspace, profile: Profile, card: Card | None = None, quick: bool = False
    ) -> Prediction:
        """The predicted peaks of a profile.

        Args:
            workspace: Where everything lies.
            profile: What is to be run.
            card: On what; it decides what CUDA itself takes.
            quick: Extrapolate from few layers: a second instead of some.

        Raises:
            InputError: The model's config cannot be had, or its rows cannot be tokenised.
            WorkbenchError: The simulation failed; the message says why.
        """
        config = model_config(workspace, profile.model)
        around = machine(card)
        key = cache.key(workspace, profile, config, around, quick)
        known = cache.find(key)
        if known is not None:
            return known
        request = {
            "verb": "predict",
            "workspace": str(workspace.root),
            "profile": dump(profile),
            "name": profile.name,
            "config": config,
            "machine": asdict(around),
            "quick": quick,
        }
        found = Prediction.from_json(self._ask(request))
        cache.keep(key, found)
        return found

    def calibrate(self) -> dict[str, Any]:
        """Measure the CUDA context of the first GPU and remember it. Raises as ``measure_context``."""
        measured = self._ask({"verb": "calibrate"})
        keep(str(measured["uuid"]), measured)
        return measured

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._turn:
            process = self._running()
            line = ""
            with contextlib.suppress(BrokenPipeError):  # it has ended: no answer will come, which is said below
                _pipe(process.stdin).write(json.dumps(request) + "\n")
                _pipe(process.stdin).flush()
                line = _pipe(process.stdout).readline()
            if not line:
                raise WorkbenchError(f"The process that predicts memory ended.\n{self._last_words()}")
        reply = json.loads(line)
        if "error" in reply:
            raise (InputError if reply["exit_code"] == InputError.exit_code else WorkbenchError)(reply["error"])
        answer: dict[str, Any] = reply["answer"]
        return answer

    def _running(self) -> subprocess.Popen[str]:
        with self._starting:
            if self._closed:
                raise WorkbenchError("The predictor was closed.")
            return self._started()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._talk = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process; an unread pipe would fill up
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workbench.engine.memory.serve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._talk,
                text=True,
                env=environment(),
            )
        return self._process

    def _last_words(self) -> str:
        assert self._talk is not None
        self._talk.seek(0)
        return "\n".join(self._talk.read().decode(errors="replace").strip().splitlines()[-5:])

    def close(self) -> None:
        """End the process, also under a thread that waits for its answer; no other one begins."""
        with self._starting:
            self._closed = True
            if self._process is not None:
                self._process.kill()
                self._process.communicate()
                self._process = None
            if self._talk is not None:
                self._talk.close()
                self._talk = None

    def __enter__(self) -> Predictor:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream

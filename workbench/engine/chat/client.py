"""The worker process as a front end sees it: requests go out, events come in, and neither makes the other wait.

JSON lines on the worker's standard input: ``{"do": "answer", "id", "side", "messages", "sampling"}`` and
``{"do": "stop", "id"}``. On its standard output ``{"kind": ...}``: loading (stage), ready (device, dtype, ...), failed
(text, exit_code), begun (id, prompt_tokens), piece (id, piece, new_tokens, seconds), done (id, text, finish, ...).
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections import deque
from typing import IO, Any

from workbench.engine.launch import environment
from workbench.paths import Workspace

LOG_LINES = 20
LEAVE_S = 5.0

ChatEvent = dict[str, Any]


def command(workspace: Workspace, name: str) -> list[str]:
    """What starts a worker."""
    return [sys.executable, "-m", "workbench.engine.chat.worker", str(workspace.root), name]


class Client:
    """A worker that loads a partner and answers until it is closed.

    It leads a session of its own, so that ctrl+c on the terminal does not reach it, and ends as soon as its standard
    input closes: when this process goes, however it goes, the worker and the memory that it holds go too.

    Args:
        words: The command that starts it.
    """

    def __init__(self, words: list[str]) -> None:
        self._news: deque[ChatEvent] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            env=environment(),
        )
        assert self._process.stdout
        assert self._process.stderr
        self._talk = _thread("chat log", self._keep_log, self._process.stderr)
        self._reading = _thread("chat events", self._read, self._process.stdout)

    @property
    def pid(self) -> int:
        """Of the worker."""
        return self._process.pid

    def answer(self, request: int, side: str, messages: list[dict[str, str]], sampling: dict[str, Any]) -> None:
        """Ask for an answer; a worker that is gone has said so by an event."""
        self._write({"do": "answer", "id": request, "side": side, "messages": messages, "sampling": sampling})

    def stop(self, request: int) -> None:
        """End an answer; what there is of it stays."""
        self._write({"do": "stop", "id": request})

    def take(self, timeout_s: float = 0.0) -> list[ChatEvent]:
        """The events since the last call, pieces of one answer joined; waits for the first one at most that long."""
        with self._changed:
            if not self._news and timeout_s:
                self._changed.wait(timeout_s)
            news = list(self._news)
            self._news.clear()
        return news

    def close(self) -> None:
        """End the worker now, whatever it is doing; returns once it is gone."""
        self._closed = True
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):  # it is gone already
                self._process.stdin.close()
        try:
            self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reading.join(LEAVE_S)

    def _write(self, request: dict[str, Any]) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError, ValueError):  # gone or closed: the reading thread tells
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                try:
                    self._add(json.loads(line))
                except ValueError:  # not the worker's own: something else wrote to its output
                    self._log.append(line.rstrip("\n"))
        code = self._process.wait()
        self._talk.join(LEAVE_S)
        if not self._closed:
            self._add({"kind": "gone", "text": _ending(code, list(self._log))})

    def _keep_log(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._log.append(line.rstrip("\n"))

    def _add(self, event: ChatEvent) -> None:
        with self._changed:
            last = self._news[-1] if self._news else {}
            if event.get("kind") == "piece" == last.get("kind") and event["id"] == last["id"]:
                self._news[-1] = {**event, "piece": last["piece"] + event["piece"]}
            else:
                self._news.append(event)
            self._changed.notify_all()


def _thread(name: str, target: Any, stream: IO[str]) -> threading.Thread:
    thread = threading.Thread(target=target, args=(stream,), name=name, daemon=True)
    thread.start()
    return thread


def _ending(code: int, log: list[str]) -> str:
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    return "\n".join([f"The chat worker ended {how}.", *(log or ["It printed nothing."])])

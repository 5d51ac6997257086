"""The chat's process: ``python -m workbench.engine.chat.worker WORKSPACE NAME``, started by ``client.Client``.

It loads what NAME means, answers the requests on standard input one after the other, and ends as soon as that input
closes, even in the middle of loading: nobody is left who could read an answer. The messages are those of ``client``.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engine.chat import partner as partners
from workbench.engine.chat.sampling import Sampling
from workbench.errors import WorkbenchError
from workbench.paths import Workspace

if TYPE_CHECKING:
    from workbench.engine.chat.sides import Sides


class Wire:
    """Standard input and output as messages.

    What libraries print goes to standard error: standard output is for messages alone.
    """

    def __init__(self) -> None:
        self._output = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
        os.dup2(2, 1)
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._stopped: set[int] = set()
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def say(self, kind: str, **fields: Any) -> None:
        """Send a message; a reader that left ends the process."""
        try:
            self._output.write(json.dumps({"kind": kind, **fields}) + "\n")
        except BrokenPipeError:
            os._exit(0)

    def next(self) -> dict[str, Any]:
        """The next request for an answer; waits."""
        return self._requests.get()

    def stopped(self, request: int) -> bool:
        """Whether that answer is not wanted any further."""
        return request in self._stopped

    def _read(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if message["do"] == "stop":
                self._stopped.add(message["id"])
            else:
                self._requests.put(message)
        os._exit(0)  # at once: the main thread may be inside a library for minutes


def _answer(wire: Wire, sides: Sides, request: dict[str, Any]) -> None:
    number = request["id"]
    try:
        done = sides.answer(
            request["side"],
            request["messages"],
            Sampling(**request["sampling"]),
            on_begin=lambda tokens: wire.say("begun", id=number, prompt_tokens=tokens),
            on_piece=lambda piece: wire.say("piece", id=number, **vars(piece)),
            should_stop=lambda: wire.stopped(number),
        )
    except WorkbenchError as error:
        done = {"finish": "failed", "reason": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever it is, the next request must get its turn
        traceback.print_exc()
        first = (str(error).strip().splitlines() or [""])[0]
        done = {"finish": "failed", "reason": f"{type(error).__name__}: {first}"}
    wire.say("done", id=number, **done)


def main(arguments: list[str]) -> int:
    """Load and answer until standard input closes; 1 when nothing could be loaded."""
    wire = Wire()
    try:
        workspace = Workspace(Path(arguments[0]))
        partner = partners.find(workspace, arguments[1])
        wire.say("loading", stage="starting the libraries")
        from workbench.engine.chat.sides import Sides

        sides = Sides(workspace, partner, lambda stage: wire.say("loading", stage=stage))
    except WorkbenchError as error:
        wire.say("failed", text=str(error), exit_code=error.exit_code)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the front end shows it
        traceback.print_exc()
        wire.say("failed", text=f"{partner.name} could not be loaded: {type(error).__name__}: {error}", exit_code=1)
        return 1
    wire.say("ready", **sides.facts)
    while True:
        _answer(wire, sides, wire.next())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

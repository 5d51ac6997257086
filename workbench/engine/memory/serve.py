"""A warm process that predicts: ``python -m workbench.engine.memory.serve``, started by ``predictor``.

Requests come as JSON lines on standard input, answers go out as JSON lines; it ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from workbench import profile as profiles
from workbench.engine.memory.calibrate import measure_context
from workbench.engine.memory.estimate import Machine
from workbench.engine.memory.predict import predict
from workbench.errors import WorkbenchError
from workbench.paths import Workspace


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What one request asks for. Raises what ``predict`` and ``measure_context`` raise."""
    if request["verb"] == "calibrate":
        return measure_context()
    profile = profiles.parse(request["profile"], request["name"], request["name"])
    machine = Machine(**{**request["machine"], "notes": tuple(request["machine"]["notes"])})
    found = predict(Workspace(Path(request["workspace"])), profile, request["config"], machine, request["quick"])
    return found.to_json()


def main() -> None:
    """Answer until the input ends."""
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as output:
        os.dup2(2, 1)  # what libraries print is talk, not data
        for line in sys.stdin:
            output.write(json.dumps(_reply(line)) + "\n")


def _reply(line: str) -> dict[str, Any]:
    try:
        return {"answer": answer(json.loads(line))}
    except WorkbenchError as error:
        return {"error": str(error), "exit_code": error.exit_code}
    except Exception as error:  # noqa: BLE001 - one profile that cannot be simulated must not end the process
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}", "exit_code": 1}


if __name__ == "__main__":
    main()

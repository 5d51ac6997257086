"""The errors that a user may see, each with the exit code of the command that meets it.

::

    WorkbenchError            1  something failed that is nobody's typing mistake
    |- InputError             2  the request cannot be right: a profile, a name, a file, an argument
    |  `- ProblemsError       2  the same, for several problems found at once
    |- RunFailed              3  a run ended without a result
    |- RunStopped             4  a run was asked to stop and did; it can be resumed
    `- RunLost                5  a worker disappeared without a word; the run can be resumed

Exit code 0 is success. Ctrl+C outside a run ends a command with 130.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class WorkbenchError(Exception):
    """Something failed; ``str(error)`` is a whole sentence for a person."""

    exit_code = 1


class InputError(WorkbenchError):
    """The request cannot be right; it names what, where and what to do."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a request.

    Args:
        where: File and key, such as ``profiles/x.toml: adapter.r``.
        what: What is wrong, in a sentence.
        fix: What to do about it; empty when the sentence says it already.
        fatal: False for a warning that a run may ignore.
    """

    where: str
    what: str
    fix: str = ""
    fatal: bool = True

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} {self.fix}".rstrip()


class ProblemsError(InputError):
    """Several problems at once, in ``problems``; ``str`` has one line for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RunFailed(WorkbenchError):
    """A run ended without a result."""

    exit_code = 3


class RunStopped(WorkbenchError):
    """A run was asked to stop and did; its last checkpoint can be resumed."""

    exit_code = 4


class RunLost(WorkbenchError):
    """A worker disappeared without a word; the run can be resumed."""

    exit_code = 5


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint that names the closest valid spelling, or all of them when none is close.

    >>> nearest("rnak", ["r", "rank", "alpha"])
    'Did you mean "rank"?'
    >>> nearest("zzz", ["lora", "full"])
    'Valid names: full, lora.'
    """
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Valid names: {', '.join(names)}."

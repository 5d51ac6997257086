"""Results that other tools measured, brought into the same table; data, never code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.engine.imports import lighteval, lm_eval, method_comparison, study, table_file
from workbench.engine.imports.folder import keep
from workbench.engine.imports.foreign import Foreign, read_json
from workbench.engine.run import Run
from workbench.errors import InputError, Problem, ProblemsError
from workbench.paths import Workspace

JSON_FORMATS = (lm_eval, lighteval, method_comparison, study)
"""Each with ``recognises`` and ``read``."""
READABLE = (
    "results of lm-eval, lighteval, PEFT's method_comparison or the 2025 study, or a CSV with name, metric, value, n"
)


@dataclass(frozen=True)
class Imported:
    """One result that is here now.

    Args:
        run: Its folder.
        new: False when the same file had been imported before.
        origin: Which tool it comes from.
        caveats: What its numbers cannot claim.
    """

    run: Run
    new: bool
    origin: str
    caveats: tuple[str, ...]


def import_results(workspace: Workspace, paths: Sequence[Path]) -> list[Imported]:
    """Bring results into the workspace, each as a run folder of kind "imported".

    Args:
        workspace: Where the folders go.
        paths: Files, or folders in which every file that is recognised is taken.

    Raises:
        ProblemsError: Files that are named and cannot be read, all of them; nothing is imported then.
    """
    found: list[Foreign] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            found += _found(path)
        except ProblemsError as error:
            problems += error.problems
        except InputError as error:
            problems.append(Problem("", str(error)))
    if problems:
        raise ProblemsError(problems)
    made = [(one, *keep(workspace, one)) for one in found]
    return [Imported(run, new, one.origin, tuple(one.caveats)) for one, run, new in made]


def _found(path: Path) -> list[Foreign]:
    if path.is_dir():
        inside = [one for file in sorted(path.rglob("*.json")) for one in _of_folder(file)]
        if not inside:
            raise InputError(f"{path}: there is nothing in it to import: {READABLE}.")
        return inside
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    if path.suffix.lower() == ".csv":
        return table_file.read(path)
    return [_of_file(path)]


def _of_folder(file: Path) -> Iterator[Foreign]:
    """What a file in a folder holds, nothing when it is something else: a folder may hold anything."""
    try:
        content = read_json(file)
    except InputError:
        return
    for kind in JSON_FORMATS:
        if kind.recognises(content):
            yield _checked(file, kind.read(file, content))
            return


def _of_file(file: Path) -> Foreign:
    content = read_json(file)
    for kind in JSON_FORMATS:
        if kind.recognises(content):
            return _checked(file, kind.read(file, content))
    raise InputError(f"{file}: this is none of {READABLE}.")


def _checked(file: Path, found: Foreign) -> Foreign:
    if not found.scores:
        raise InputError(f"{file}: it has no score between 0 and 1 where higher is better.")
    return found

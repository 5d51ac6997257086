"""A report on runs as one file, for somebody who was not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from workbench.engine.report import html, markdown
from workbench.engine.report.build import build
from workbench.engine.report.document import Document, Picture
from workbench.engine.run import Run
from workbench.errors import InputError
from workbench.paths import Workspace, write_atomically

SUFFIXES = (".md", ".html")


def report(workspace: Workspace, runs: Sequence[Run], out: Path, baseline: str = "") -> list[Path]:
    """Write a report.

    Args:
        workspace: Where the runs are.
        runs: What it is on.
        out: The file; its ending says whether it is Markdown, with its pictures in a folder beside it, or one HTML
            file that holds everything.
        baseline: Run that differences are taken to; by default the base model that all share.

    Returns:
        All files that were written, the report first.

    Raises:
        InputError: Another ending, or no run of these has a result.
        OSError: The files cannot be written.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise InputError(f"{out}: a report ends in {' or '.join(SUFFIXES)}.")
    document = build(workspace, runs, baseline)
    if out.suffix.lower() == ".html":
        write_atomically(out, html.render(document))
        return [out]
    folder = out.with_name(f"{out.stem}-files")
    pictures = [_write(folder / picture.name, picture.png) for picture in _pictures(document)]
    write_atomically(out, markdown.render(document, folder.name.replace(" ", "%20")))
    return [out, *pictures]


def _pictures(document: Document) -> list[Picture]:
    return [part for section in document.sections for part in section.parts if isinstance(part, Picture)]


def _write(path: Path, png: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(png)
    os.chmod(partial, 0o644)
    os.replace(partial, path)
    return path

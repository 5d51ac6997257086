"""samples: what a model said, question by question."""

import sys
from typing import Annotated, Any

import typer

from workbench.cli.options import Json, RunName, workspace_of
from workbench.cli.output import emit_json, emit_table, say
from workbench.engine.texts import NOT_AVAILABLE
from workbench.errors import InputError

SHOWN = 60
"""Characters of an answer in the table; the other forms hold all of it."""


def samples(
    context: typer.Context,
    run: RunName,
    dataset: Annotated[str, typer.Option("--on", metavar="DATASET", help="Where it was asked several.")] = "",
    failures: Annotated[bool, typer.Option("--failures", help="Only answers that are not right.")] = False,
    where: Annotated[
        str, typer.Option("--where", metavar="EXPR", help="Only answers that match, such as 'verdict~wrong paris'.")
    ] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV: every column.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
    as_json: Json = False,
) -> None:
    """Show what a model answered to each question of a data set, what it came to, and what the untrained model said."""
    from workbench.engine.answer_records import answer_records, is_failure
    from workbench.engine.run import find
    from workbench.engine.run_records import as_text

    if as_csv + as_markdown + as_json > 1:
        raise InputError("Give one of --csv, --json and --markdown.")
    records = answer_records(find(workspace_of(context), run), dataset)
    every = len(records)
    records = _matching([record for record in records if not failures or is_failure(record)], where)
    if as_json:
        emit_json(records)
    elif as_csv or as_markdown:
        sys.stdout.write(as_text(records, "csv" if as_csv else "markdown"))
    else:
        has_base = any(record["base"] for record in records)
        header = ["verdict", *(["base"] if has_base else []), "parsed", "gold", "answer"]
        emit_table(header, [[_cell(record[name]) for name in header] for record in records])
        say(f"{len(records)} of {every} answers")


def _matching(records: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    if not text or not records:
        return records
    from workbench.engine.query import where

    return where(records, text, list(records[0]))


def _cell(value: Any) -> str:
    text = NOT_AVAILABLE if value is None else " ".join(str(value).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"

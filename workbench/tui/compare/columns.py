"""The columns of a data set's comparison, and its runs as rows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.text import Text

from workbench.engine.comparison import Block, Cell, Line
from workbench.engine.comparison_text import cell_text, change_text, claim_text
from workbench.engine.figures import FIGURES, Figure, figures, row
from workbench.tui.safe import one_line
from workbench.tui.widgets.columns import Column, Row

CLAIMS = {"better": "bold", "worse": "", "equivalent": "dim", "tie": "dim", "baseline": "italic"}
"""How a claim is set; the word itself says it, so that it can be read without colours."""


def rows(block: Block) -> dict[str, dict[str, Any]]:
    """The lines of a data set by id, with the names that filters and ``workbench compare --where`` know."""
    lines = (*block.lines, *block.seeds)
    names = Counter(line.name for line in lines)
    return {
        line.id: {**row(line, block), "label": line.name if names[line.name] == 1 else line.id, "line": line}
        for line in lines
    }


def columns(block: Block) -> list[Column]:
    """What is shown of each line: the run, the ranked score and its claim, how it was made, the other figures."""
    ranked, *others = block.metrics
    titles = {figure.key: figure.label for figure in figures(block)}
    return [
        Column("name", "run", show=_name, least=14, most=28),
        Column(ranked, titles[ranked], show=lambda row: _score(row, ranked), number=True, least=22, most=26),
        Column("mark", "to baseline", show=lambda row: _claim(row, ranked), least=11, most=14),
        Column("delta", "difference", show=lambda row: _change(row, ranked), number=True, least=24, most=26),
        Column("flags", "flags", show=lambda row: one_line(row["flags"]), most=24),
        Column("n", "n", right=True, number=True),
        Column("method", "method", show=lambda row: one_line(row["method"]), most=14),
        Column("quant", "quant", show=lambda row: one_line(row["quant"]), most=12),
        Column("model", "model", show=lambda row: one_line(row["model"]), most=20),
        *(Column(name, titles[name], show=_of(name), number=True, most=26) for name in others),
        *(_figure(figure) for figure in FIGURES.values()),
        Column(
            "seed", "seed", show=lambda row: "" if row["seed"] is None else str(row["seed"]), right=True, number=True
        ),
        Column("kind", "kind", hidden=True),
        Column("id", "id", most=40, hidden=True),
    ]


def _name(row: Row) -> Text:
    line: Line = row["line"]
    label = f"{row['label']} ({line.kind})" if line.kind in ("floor", "seeds", "imported") else row["label"]
    return Text(one_line(label), "italic dim" if line.kind == "floor" else "")


def _cell(row: Row, metric: str) -> Cell | None:
    line: Line = row["line"]
    return line.cells.get(metric)


def _score(row: Row, metric: str) -> Text:
    cell = _cell(row, metric)
    return Text(cell_text(cell), "bold" if cell and cell.best else "")


def _of(metric: str) -> Any:
    return lambda row: _score(row, metric)


def _claim(row: Row, metric: str) -> Text:
    cell = _cell(row, metric)
    return Text(claim_text(cell), CLAIMS.get(cell.mark, "") if cell else "")


def _change(row: Row, metric: str) -> str:
    return change_text(_cell(row, metric))


def _figure(figure: Figure) -> Column:
    def show(row: Row) -> str:
        return "" if row["line"].kind == "floor" else figure.text(row[figure.key])

    hidden = figure.key in ("train_memory_bytes", "eval_memory_bytes", "error")
    return Column(figure.key, figure.label, show=show, right=True, number=True, most=14, hidden=hidden)

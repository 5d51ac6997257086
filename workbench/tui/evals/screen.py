"""Evaluations: what is at work with its score so far, what waits, what is done; and new ones."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from workbench.tui.evals.columns import EVALUATIONS, as_row
from workbench.tui.evals.verbs import NONE, EvaluationVerbs
from workbench.tui.files import Export
from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.widgets.filter_bar import FilterBar
from workbench.tui.widgets.table import Table
from workbench.tui.widgets.table_messages import RowHighlighted, RowSelected, StateChanged

if TYPE_CHECKING:
    from workbench.engine.evaluation_list import Evaluation

LOOK_S = 1.0
DEAD = "The queue's process is gone: R goes on with it, s cancels what waits."


class EvalsScreen(EvaluationVerbs):
    """One row for each run and data set; ``enter`` shows the answers."""

    MODE = "evals"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        SHARED["new"].says("New"),
        SHARED["open"].says("Answers"),
        SHARED["stop"].hinted(),
        SHARED["attach"].hinted(),
        SHARED["filter"].hinted(),
        Key("evals.resume", "R", "resume", "Resume the queue"),
        Key("evals.pending", "u", "pending", "Evaluate runs without scores"),
    )
    DEFAULT_CSS = """
    EvalsScreen #evaluations { height: 1fr; }
    EvalsScreen #queue { height: auto; display: none; color: $text-warning; text-style: bold; }
    EvalsScreen.-dead #queue { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, Evaluation] = {}
        self._wanted = ""
        self._busy = False

    def compose_body(self) -> ComposeResult:
        """The list and its filter."""
        yield Table(EVALUATIONS, empty="Looking at the evaluations …", id="evaluations")
        yield FilterBar("#evaluations", "score<0.6   model~llama", id="filter")
        yield Static(f"! {DEAD}", id="queue", markup=False)

    def on_mount(self) -> None:
        """As it was left; looked at again and again while it is shown."""
        from workbench.engine.evaluation_list import EvaluationList

        self._list = EvaluationList(self.app.workspace)
        self.table.restore(self.app.settings.get(self.MODE, "table"))
        self.table.focus()
        self.watch(self.app, "rows", self.look)
        self.every(LOOK_S, self.look)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#evaluations", Table)

    # rows

    def on_screen_resume(self) -> None:
        """What changed while another screen was shown."""
        self.look()

    def look(self) -> None:
        """Read anew, unless that is being done."""
        if self.app.rows is not None and self.is_current and not self._busy:
            self._busy = True
            self._refresh()

    @work(group="evaluations")
    async def _refresh(self) -> None:
        """Read in a thread; there is no other look before this one is shown."""
        try:
            found, dead = await asyncio.to_thread(self._read)
            self.set_class(dead, "-dead")
            self._show(found)
        finally:
            self._busy = False

    def _read(self) -> tuple[list[Evaluation], bool]:
        return self._list.refresh(self.app.rows or ()), self._list.queue_is_dead()

    def _show(self, found: list[Evaluation]) -> None:
        before, self._rows = self._rows, {row.key: row for row in found}
        self.table.empty = "No evaluations here: ^n asks runs and models, u every run that has no scores."
        if before and list(before) == list(self._rows):
            news = {key: row for key, row in self._rows.items() if row is not before[key] and row != before[key]}
            changed = {key: as_row(row) for key, row in news.items()}
            if changed:
                self.table.update_rows(changed)
        else:
            self.table.set_rows({key: as_row(row) for key, row in self._rows.items()})
        self.query_one(FilterBar).refresh_count()
        if self._wanted:
            self.show_run(self._wanted)

    def show_run(self, run_id: str) -> None:
        """Put the cursor on a run's first evaluation, at once or when it has been read."""
        own = [key for key, row in self._rows.items() if row.run_id == run_id]
        self._wanted = "" if own and self.table.move_to(own[0]) else run_id

    def chosen(self) -> Evaluation | None:
        """The evaluation under the cursor."""
        return self._rows.get(self.table.cursor_key or "")

    def marked_runs(self) -> tuple[str, ...]:
        """The runs of the marked evaluations."""
        return tuple(self._rows[key].run_id for key in self.table.marked if key in self._rows)

    @on(RowHighlighted, "#evaluations")
    def _highlighted(self) -> None:
        row = self.chosen()
        self.subject = " · ".join(part for part in (row.name, row.dataset) if part) if row else ""

    @on(RowSelected, "#evaluations")
    def _selected(self) -> None:
        self.action_open()

    # what the base screen asks

    def step_out(self) -> bool:
        """The filter, then the marks."""
        if self.query_one(FilterBar).clear():
            return True
        had = bool(self.table.marked)
        self.table.set_marks(())
        return had

    def copy_text(self) -> str | None:
        """The run's id."""
        row = self.chosen()
        return (row.run_id or row.name) if row else None

    def editor_path(self) -> Path | None:
        """The run's answers."""
        row = self.chosen()
        return self.app.workspace.run(row.run_id) / "samples.jsonl" if row and row.run_id else None

    def exports(self) -> Iterable[Export]:
        """The evaluations that are shown, in three formats."""
        where = f" --where {shlex.quote(self.table.rows.filter)}" if self.table.rows.filter else ""
        from workbench.engine.run_records import FORMATS

        for form, suffix in FORMATS.items():
            command = f"workbench list evaluations{where} --{form}"
            yield Export(f"Export the evaluations as {form}", suffix, partial(self._text, form), command)

    def _text(self, form: str) -> str:
        from workbench.engine.answer_records import evaluation_record
        from workbench.engine.run_records import as_text

        return as_text([evaluation_record(self._rows[key]) for key in self.table.rows.keys], form)

    @on(StateChanged, "#evaluations")
    def _keep(self, event: StateChanged) -> None:
        self.app.settings.set(self.MODE, "table", event.state)

    # keys

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    def action_open(self) -> None:
        """The answers of an evaluation."""
        from workbench.tui.evals.answers import AnswersScreen

        row = self.chosen()
        if row is None:
            self.refuse(NONE)
        elif not (row.run_id and row.done):
            self.refuse(f"{row.name} has not answered anything yet" if not row.reason else row.reason)
        else:
            self.app.push_screen(AnswersScreen(row))

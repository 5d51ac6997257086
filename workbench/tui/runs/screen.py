"""All runs as a table, one of them in detail, and what can be done with a run."""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from workbench.engine.names import run_names
from workbench.tui.files import Export
from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.runs.columns import COLUMNS, as_row, as_unread
from workbench.tui.runs.first_run import FirstRun
from workbench.tui.runs.verbs import RunVerbs
from workbench.tui.widgets.filter_bar import FilterBar
from workbench.tui.widgets.scroll import Scroll
from workbench.tui.widgets.table import Table
from workbench.tui.widgets.table_messages import RowHighlighted, RowSelected, StateChanged

if TYPE_CHECKING:
    from rich.text import Text

    from workbench.engine.board import RunRow

AGES_S = 5.0
"""Ages go on without a run having changed."""
SETTLED_S = 0.1
"""A cursor that stays so long has its run's files read."""
SIZES = (30, 40, 50, 60, 70)
"""Shares of the details pane, in per cent."""


class RunsScreen(RunVerbs):
    """The list; details beside it from 120 columns, below it once they were asked for."""

    MODE = "runs"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        SHARED["attach"].hinted(),
        SHARED["stop"].hinted(),
        Key("runs.resume", "R", "resume", "Resume", hint=True),
        Key("runs.clone", "c", "clone", "Clone", hint=True),
        SHARED["filter"].hinted(),
        Key("runs.tag", "t", "tag", "Tag"),
        Key("runs.archive", "x", "archive", "Archive or restore"),
        Key("runs.archived", "A", "show_archived", "Show archived runs"),
        SHARED["new"].says("New run", hint=False),
    )
    DEFAULT_CSS = """
    RunsScreen {
        & #panes { height: 1fr; layout: vertical; }
        & #list { height: 1fr; }
        & #details { display: none; height: 50%; border-top: solid $primary; padding: 0 1; background: $surface; }
        &.-opened #details { display: block; }
        &.-wide #panes { layout: horizontal; }
        &.-wide #list { width: 1fr; height: 100%; }
        &.-wide #details {
            display: block; width: 40%; height: 100%; border-top: none; border-left: solid $primary;
        }
        &.-first #panes { display: none; }
        &.-first FirstRun { display: block; }
        & #details:focus { border-top: solid $accent; }
        &.-wide #details:focus { border-top: none; border-left: solid $accent; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, tuple[RunRow, dict[str, object]]] = {}
        self._given: list[str] = []
        self._everything = False
        self._wanted = ""

    def compose_body(self) -> ComposeResult:
        """The list with its filter, the details, and what an empty folder shows instead."""
        with Horizontal(id="panes"):
            with Vertical(id="list"):
                yield Table(COLUMNS, empty="Looking at the runs …", id="runs")
                yield FilterBar("#runs", "loss<1.2   model~llama   age<2h", id="filter")
            with Scroll(id="details"):
                yield Static(id="about", markup=False)
        yield FirstRun(str(self.app.workspace.root), id="first")

    def on_mount(self) -> None:
        """As it was left; the runs come from the app's look at them."""
        self.table.restore(self.app.settings.get(self.MODE, "table"))
        self._set_share(self.app.settings.get(self.MODE, "details", 40))
        names = run_names(self.app.workspace)
        self._given = [name.id for name in names]
        self.table.set_rows({name.id: as_unread(name) for name in names})
        self._set_first(not names)
        self.watch(self.app, "rows", self._show_rows)
        self.every(AGES_S, self.table.draw_anew)

    @property
    def table(self) -> Table:
        """The list."""
        return self.query_one("#runs", Table)

    # rows

    def on_screen_resume(self) -> None:
        """What changed while another screen was shown."""
        self._show_rows(self.app.rows)

    def _show_rows(self, rows: tuple[RunRow, ...] | None) -> None:
        if rows is None or not self.is_current:
            return
        now_s = time.time()
        before, self._rows = self._rows, {}
        for row in rows:
            known = before.get(row.id)
            kept = known if known and known[0] == row else (row, as_row(row, now_s))
            kept[1]["age_s"] = row.age_s(now_s)
            self._rows[row.id] = kept
        self.table.empty = "No runs here: A shows the archived ones." if rows else "No runs."
        self._fill(before)
        self._set_first(not rows)

    def _fill(self, before: dict[str, tuple[RunRow, dict[str, object]]]) -> None:
        shown = {key: row for key, (run, row) in self._rows.items() if self._everything or not run.archived}
        if list(shown) == self._given and before:
            changed = {key: row for key, row in shown.items() if key not in before or before[key][1] is not row}
            if changed:
                self.table.update_rows(changed)
        else:
            untouched = not before and self.table.cursor_key in self._given[:1]
            self._given = list(shown)
            self.table.set_rows(shown)
            if untouched:
                self.table.action_first()
        self.query_one(FilterBar).refresh_count()
        if self._wanted and self.table.move_to(self._wanted):
            self._wanted = ""
        self._highlighted()

    def _set_first(self, first: bool) -> None:
        if self.has_class("-first") != first or not self.focused:
            self.set_class(first, "-first")
            (self.query_one(FirstRun) if first else self.table).focus()

    def chosen(self) -> RunRow | None:
        """The run under the cursor."""
        found = self._rows.get(self.table.cursor_key or "")
        return found[0] if found else None

    def several(self) -> list[RunRow]:
        """The marked runs; without marks the one under the cursor."""
        one = self.chosen()
        marked = [self._rows[key][0] for key in self.table.marked if key in self._rows]
        return marked or ([one] if one else [])

    def show_run(self, run_id: str) -> None:
        """Put the cursor on a run, at once or when it has been read."""
        if not self.table.move_to(run_id):
            self._wanted = run_id

    # details

    @on(RowHighlighted, "#runs")
    def _highlighted(self) -> None:
        row = self.chosen()
        self.subject = row.id if row else ""
        self._load_details()

    @on(RowSelected, "#runs")
    def _selected(self) -> None:
        self.add_class("-opened")
        self.query_one("#details").focus()
        self._load_details()

    def _load_details(self) -> None:
        row = self.chosen()
        if row is not None and self.query_one("#details").display:
            self._read_details(row)

    @work(exclusive=True, group="details")
    async def _read_details(self, row: RunRow) -> None:
        about = self.query_one("#about", Static)  # before the pauses: the app may be left meanwhile
        await asyncio.sleep(SETTLED_S)
        about.update(await asyncio.to_thread(self._details, row))

    def _details(self, row: RunRow) -> Text:
        from workbench.engine.run import Run
        from workbench.tui.runs.details import details

        return details(Run(self.app.workspace, row.id), row)

    def on_resize(self) -> None:
        """Details that come into sight are filled."""
        self.call_after_refresh(self._load_details)

    # what the base screen asks

    def step_out(self) -> bool:
        """From the details to the list, then the filter, then the marks."""
        if self.query_one("#details").has_focus or (self.has_class("-opened") and not self.has_class("-wide")):
            self.remove_class("-opened")
            self.table.focus()
            return True
        if self.query_one(FilterBar).clear():
            return True
        had = bool(self.table.marked)
        self.table.set_marks(())
        return had

    def copy_text(self) -> str | None:
        """The run's id."""
        row = self.chosen()
        return row.id if row else None

    def editor_path(self) -> Path | None:
        """The run's frozen profile."""
        row = self.chosen()
        return self.app.workspace.run(row.id) / "profile.toml" if row else None

    def exports(self) -> Iterable[Export]:
        """The runs that are shown, in three formats."""
        where = f" --where {shlex.quote(self.table.rows.filter)}" if self.table.rows.filter else ""
        everything = " --all" if self._everything else ""
        for form, suffix in (("csv", ".csv"), ("json", ".json"), ("markdown", ".md")):
            command = f"workbench list{everything}{where} --{form}"
            yield Export(f"Export the runs as {form}", suffix, partial(self._text, form), command)

    def _text(self, form: str) -> str:
        from workbench.engine.run_records import as_text, run_record

        return as_text([run_record(self._rows[key][0], time.time()) for key in self.table.rows.keys], form)

    def resize_pane(self, by: int) -> bool:
        """The share of the details."""
        now = SIZES.index(self.app.settings.get(self.MODE, "details", 40))
        size = SIZES[max(0, min(len(SIZES) - 1, now + by))] if by else 40
        self.app.settings.set(self.MODE, "details", size)
        self._set_share(size)
        return True

    def _set_share(self, share: object) -> None:
        size = share if share in SIZES else 40
        details = self.query_one("#details")
        wide = self.app.size.width >= 120
        details.styles.width = f"{size}%" if wide else "100%"
        details.styles.height = "100%" if wide else f"{size}%"

    @on(StateChanged, "#runs")
    def _keep(self, event: StateChanged) -> None:
        self.app.settings.set(self.MODE, "table", event.state)

    # keys of the list

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    def action_show_archived(self) -> None:
        """Archived runs too, or no longer."""
        self._everything = not self._everything
        self._fill(self._rows)
        self.app.notify("archived runs are shown" if self._everything else "archived runs are left out")

    async def action_new(self) -> None:
        """A run begins with a profile."""
        await self.app.action_mode("profile")

"""Finished runs beside each other: what the scores can claim, the plane of two figures, and the loss curves."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import ContentSwitcher, Static

from workbench.engine.run import Run
from workbench.tui.compare.block_bar import BlockBar
from workbench.tui.compare.columns import columns, rows
from workbench.tui.compare.details import details
from workbench.tui.compare.exports import exports
from workbench.tui.compare.plots import Plots
from workbench.tui.compare.scatter import Scatter
from workbench.tui.compare.table import ComparedTable
from workbench.tui.files import Export
from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.widgets.chart import Chart
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filter_bar import FilterBar
from workbench.tui.widgets.scroll import Scroll
from workbench.tui.widgets.table_messages import MarksChanged, PinsChanged, RowHighlighted, RowSelected, StateChanged

if TYPE_CHECKING:
    from workbench.engine.comparison import Block
    from workbench.engine.diff import Diff

VIEWS = ("table", "scatter", "curves")
NOTES = 6
"""Lines under the table, at first."""
EMPTY = "No run has a result yet. `workbench run quickstart` trains and evaluates one; 1 shows the runs."


class CompareScreen(Plots):
    """The engine's comparison; every mark in it is the engine's."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        SHARED["filter"].hinted(),
        SHARED["toggle"].says("Mark"),
        SHARED["pin"].says("Baseline"),
        Key("compare.diff", "d", "diff", "Diff", hint=True),
        SHARED["view"].says("View"),
        SHARED["open"].says("Show the run", hint=False),
        Key("compare.axes", "X", "axes", "Choose the axes"),
        Key("compare.front", "P", "front", "Pareto front on or off"),
        SHARED["log_y"],
        Key("compare.loss", "m", "next_metric", "Loss: training, validation"),
        Key("compare.before", "left_square_bracket", "block(-1)", "Previous data set"),
        Key("compare.next", "right_square_bracket", "block(1)", "Next data set"),
    )
    DEFAULT_CSS = """
    CompareScreen {
        & #views, & #table-view, & #curves { height: 1fr; }
        & #notes { border-top: solid $foreground 30%; }
        & #notes:focus { border-top: solid $accent; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._place = 0
        self._wanted = ""

    def compose_body(self) -> ComposeResult:
        """The data sets, one of the three views, and what can be claimed."""
        yield BlockBar(id="blocks")
        with ContentSwitcher(id="views", initial="table-view"):
            with Vertical(id="table-view"):
                yield ComparedTable([Column("name", "run")], empty="Comparing the runs …", one_pin=True, id="compare")
                yield FilterBar("#compare", "kind=train   memory<8GiB", id="filter")
            yield Scatter(id="scatter")
            yield Chart(id="curves")
        with Scroll(id="notes"):
            yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        """As it was left."""
        self._set_notes(self.app.settings.get(self.MODE, "notes", NOTES))
        self.query_one("#notes").can_focus = True
        self.curves.can_focus = True
        self.set_focus(self.table)

    def show_comparison(self) -> None:
        """Show another comparison, on the data set that was shown."""
        blocks = self.comparison.blocks if self.comparison else ()
        before = _asked(self.block)
        self._place = next((place for place, block in enumerate(blocks) if _asked(block) == before), 0)
        self._show_block()
        self.app.did(self.command())
        if self._wanted:
            self.show_run(self._wanted)

    def _show_block(self) -> None:
        """Show the chosen data set in whatever view there is."""
        before = self.block
        blocks = self.comparison.blocks if self.comparison else ()
        self.block = blocks[self._place] if blocks else None
        self.table.empty = EMPTY
        if self.block is None:
            self.table.set_rows({})
            self.query_one(BlockBar).show([], 0, "")
            self._say()
            return
        block = self.block
        self.table.set_columns(columns(block))
        self.table.set_rows(rows(block))
        if before is None or before.task != block.task:
            self.table.restore(self.app.settings.get(self.MODE, f"table.{block.task}"))
        self.table.set_pins([block.baseline])
        said = f"{block.task}, {block.protocol}, answers {block.answer_format}"
        self.query_one(BlockBar).show([one.dataset for one in blocks], self._place, said)
        self.query_one(FilterBar).refresh_count()
        self._redraw()

    def _redraw(self) -> None:
        """Draw what depends on the rows, the marks and the cursor."""
        self._say()
        if self.view == "scatter":
            self.draw_plane()
        elif self.view == "curves":
            self.draw_curves()

    def _say(self) -> None:
        text = Text()
        if self.comparison and self.block:
            text = details(self.comparison, self.block, self.table.rows, self.table.cursor_key)
        self.query_one("#said", Static).update(text)

    # what the widgets tell

    @on(RowHighlighted, "#compare")
    def _row_highlighted(self) -> None:
        self._say()

    @on(Scatter.Highlighted)
    def _point_highlighted(self, event: Scatter.Highlighted) -> None:
        self.table.move_to(event.key)

    @on(MarksChanged, "#compare")
    def _marks_changed(self) -> None:
        self._redraw()

    @on(PinsChanged, "#compare")
    def _pins_changed(self, event: PinsChanged) -> None:
        """Compare with another baseline; a floor or an imported row has no answers that could be paired."""
        pinned = next(iter(event.keys), "")
        if pinned and not self.is_run(pinned):
            self.refuse(f"{pinned} is no run of this workspace: differences to it cannot be paired")
            self.table.set_pins([self.block.baseline] if self.block else [])
            return
        self.query_one(BlockBar).say(f"comparing with {pinned or 'the base model'} …")
        self.take_baseline(pinned)

    @on(StateChanged, "#compare")
    def _state_changed(self, event: StateChanged) -> None:
        if self.block:
            self.app.settings.set(self.MODE, f"table.{self.block.task}", event.state)
            self.app.did(self.command())

    @on(RowSelected, "#compare")
    async def _row_selected(self, event: RowSelected) -> None:
        if self.is_run(event.key):
            await self.app.open_run(event.key)
        else:
            self.refuse(f"{event.key} is no run of this workspace")

    @on(BlockBar.Chosen)
    def _block_chosen(self, event: BlockBar.Chosen) -> None:
        self._place = event.place
        self._show_block()

    # keys

    def show_view(self, name: str) -> None:
        """Show the table, the scatter or the curves."""
        self.query_one("#views", ContentSwitcher).current = "table-view" if name == "table" else name
        self.set_focus({"table": self.table, "scatter": self.scatter, "curves": self.curves}[name])
        self.call_after_refresh(self._redraw)

    def action_view(self) -> None:
        """The next view."""
        self.show_view(VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])

    def action_filter(self) -> None:
        """Type a filter."""
        self.show_view("table")
        self.query_one(FilterBar).open()

    def action_toggle_this(self) -> None:
        """Mark the run under the cursor, or no longer."""
        self.table.action_toggle_this()

    def action_pin(self) -> None:
        """Take the run under the cursor as the baseline."""
        self.table.action_pin()

    def action_open(self) -> None:
        """Show the run under the cursor."""
        self.table.action_open()

    def action_block(self, by: int) -> None:
        """The next data set, or the one before."""
        self.query_one(BlockBar).step(by)

    def action_diff(self) -> None:
        """Say in what the marked runs differ."""
        marked = self.marked_runs()
        if len(marked) < 2:
            self.refuse("mark two runs or more with space, then d says in what they differ")
            return
        self._diff([Run(self.app.workspace, run_id) for run_id in marked])

    @work(thread=True, exclusive=True, group="diff")
    def _diff(self, marked: list[Run]) -> None:
        from workbench.engine.diff import diff

        self.app.call_from_thread(self._show_diff, diff(self.app.workspace, marked))

    def _show_diff(self, found: Diff) -> None:
        from workbench.tui.compare.diff_screen import DiffScreen

        self.app.did("workbench", "diff", *found.runs)
        self.app.push_screen(DiffScreen(found, [self.table.rows[run_id]["label"] for run_id in found.runs]))

    # what every screen answers

    def show_run(self, run_id: str) -> None:
        """Put the cursor on a run; once the comparison is there."""
        self._wanted = ""
        if not self.is_compared:
            self._wanted = run_id
        elif not self.table.move_to(run_id):
            self.refuse(f"{run_id} has no scores here yet")

    def command(self, *options: str) -> str:
        """The command that prints what is shown."""
        baseline = ["--baseline", self.chosen_baseline] if self.chosen_baseline else []
        where = ["--where", self.table.rows.filter] if self.table.rows.filter else []
        return shlex.join(["workbench", "compare", *baseline, *where, *options])

    def copy_text(self) -> str | None:
        """The picture as text, or the notes; the table copies its own cells."""
        if self.focused is self.query_one("#notes"):
            return str(self.query_one("#said", Static).content)
        return {"scatter": self.scatter.text, "curves": self.curves.text}.get(self.view, lambda: None)()

    def exports(self) -> Iterable[Export]:
        """The comparison as CSV, Markdown and JSON, and the plane as a picture; the picture first while it is shown."""
        if not (self.comparison and self.block):
            return []
        ways = exports(self.comparison, self.block, self.plane(self.block)[0], self.table.rows.filter, self.command)
        return sorted(ways, key=lambda way: way.suffix != ".png") if self.view == "scatter" else ways

    def step_out(self) -> bool:
        """Back to the table, then the filter, then the marks."""
        if self.view != "table":
            self.show_view("table")
            return True
        if self.query_one("#notes").has_focus:
            self.table.focus()
            return True
        if self.query_one(FilterBar).clear():
            return True
        had = bool(self.table.marked)
        if had:
            self.table.set_marks([])
        return had

    def resize_pane(self, by: int) -> bool:
        """More or fewer lines for the notes."""
        height = NOTES if by == 0 else self.query_one("#notes").size.height + 1 + 2 * by
        self._set_notes(height)
        self.app.settings.set(self.MODE, "notes", height)
        return True

    def _set_notes(self, height: object) -> None:
        self.query_one("#notes").styles.height = max(3, min(height, 30)) if isinstance(height, int) else NOTES


def _asked(block: Block | None) -> tuple[str, ...]:
    """What tells a block from the others: one data set may have been asked in two ways."""
    return (block.dataset, block.protocol, block.answer_format) if block else ()

"""The two pictures of a comparison: the plane of two figures, and the loss curves of the marked runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual import work
from textual.widgets import ContentSwitcher
from textual.worker import get_current_worker

from workbench.engine.figures import FIGURES, Figure, figures
from workbench.engine.pareto import Point, X, front, points
from workbench.tui.compare.comparing import Comparing
from workbench.tui.compare.overlay import TITLES, Losses, has_looked, losses, overlay
from workbench.tui.compare.plane import Plane
from workbench.tui.compare.scatter import Scatter
from workbench.tui.live.choices import after
from workbench.tui.widgets.chart import SERIES, Chart
from workbench.tui.widgets.raster import MODES, usual_mode
from workbench.tui.widgets.table import Table

if TYPE_CHECKING:
    from workbench.engine.comparison import Block


HOW_TO_LOOK = "data.validation_rows and train.eval_steps in a profile make its runs look"


class Plots(Comparing):
    """What the Compare screen shows beside its table; it draws the rows that the table shows."""

    def __init__(self) -> None:
        super().__init__()
        self.block: Block | None = None
        self._drawn: tuple[dict[str, Losses], dict[str, str], int] = ({}, {}, 0)

    @property
    def table(self) -> Table:
        """The runs of the data set."""
        return self.query_one("#compare", Table)

    @property
    def scatter(self) -> Scatter:
        """The plane."""
        return self.query_one("#scatter", Scatter)

    @property
    def curves(self) -> Chart:
        """The losses."""
        return self.query_one("#curves", Chart)

    @property
    def baseline(self) -> str:
        """Id of the run that differences are to."""
        return next(iter(self.table.pinned), "")

    @property
    def view(self) -> str:
        """What is shown: table, scatter or curves."""
        return (self.query_one("#views", ContentSwitcher).current or "table").removesuffix("-view")

    def marked_runs(self) -> list[str]:
        """Ids of the marked rows that are runs."""
        return [key for key in self.table.marked if self.is_run(key)]

    def is_run(self, key: str | None) -> bool:
        """Whether a row is a run of this workspace: no floor, nothing imported, no sum of several."""
        return key is not None and key in self.table.rows and self.table.rows[key]["kind"] in ("train", "base")

    def axes(self, block: Block) -> tuple[Figure, Figure]:
        """What the axes are: as chosen, where this data set has such figures."""
        by_key = {figure.key: figure for figure in figures(block)}
        chosen = self.app.settings.get(self.MODE, "axes")
        x, y = chosen if isinstance(chosen, list) and len(chosen) == 2 else (X, "")
        return by_key.get(str(x), FIGURES[X]), by_key.get(str(y), by_key[block.metrics[0]])

    def plane(self, block: Block) -> tuple[Plane, int]:
        """The runs that the table shows in the plane of the axes, and how many lack a figure."""
        x, y = self.axes(block)
        shown = set(self.table.rows.keys)
        there = [_named(point, self.table.rows[point.key]) for point in points(block, x, y) if point.key in shown]
        runs = sum(line.id in shown and line.kind != "floor" for line in block.lines)
        stairs = front(there, x, y) if self.app.settings.get(self.MODE, "front", True) else []
        drawn = Plane(there, x, y, stairs, self.table.cursor_key or "", self.table.marked, self.baseline)
        return drawn, runs - len(there)

    def draw_plane(self) -> None:
        """Show the plane as it is now."""
        if self.block:
            self.scatter.mode = self._glyphs()
            self.scatter.show(*self.plane(self.block))

    def draw_curves(self) -> None:
        """Show the losses of the marked runs; of the run under the cursor when none is marked."""
        wanted = self.marked_runs() or [key for key in [self.table.cursor_key] if key and self.is_run(key)]
        names = {key: self.table.rows[key]["label"] for key in wanted}
        self._read_curves(wanted, names)

    @work(thread=True, exclusive=True, group="curves")
    def _read_curves(self, wanted: list[str], names: dict[str, str]) -> None:
        worker = get_current_worker()
        found = losses(self.app.workspace, wanted, lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show_curves, found, names, len(wanted) - SERIES)

    def _show_curves(self, found: dict[str, Losses], names: dict[str, str], left_out: int) -> None:
        self._drawn = found, names, left_out
        self.curves.mode = self._glyphs()
        self.curves.show(overlay(*self._drawn, self._losses()))

    def _losses(self) -> str:
        """Which losses are drawn, as was chosen."""
        chosen = self.app.settings.get(self.MODE, "losses")
        return chosen if chosen in TITLES else next(iter(TITLES))

    def _glyphs(self) -> str:
        """The glyphs that were chosen for all charts of the app."""
        chosen = self.app.settings.get("app", "glyphs")
        return chosen if chosen in MODES else usual_mode()

    def action_front(self) -> None:
        """Draw the Pareto front, or no longer."""
        if self.view != "scatter":
            self.refuse("the front is drawn in the scatter; v goes there")
            return
        self.app.settings.set(self.MODE, "front", not self.app.settings.get(self.MODE, "front", True))
        self.draw_plane()

    def action_log_y(self) -> None:
        """A logarithmic y axis for the losses, or no longer."""
        if self.view != "curves":
            self.refuse("the axis is that of the loss curves; v goes there")
            return
        self.curves.look(log_y=not self.curves.view.log_y)

    def action_next_metric(self) -> None:
        """The loss on the training rows, on the validation rows, or both."""
        if self.view != "curves":
            self.refuse("which loss is drawn is chosen for the loss curves; v goes there")
            return
        if not has_looked(self._drawn[0]):
            self.refuse(f"none of these runs looked at validation rows; {HOW_TO_LOOK}")
            return
        self.app.settings.set(self.MODE, "losses", after(list(TITLES), self._losses()))
        self._show_curves(*self._drawn)

    @work
    async def action_axes(self) -> None:
        """Choose what the axes of the plane are."""
        from workbench.tui.compare.axes_dialog import AxesDialog

        if self.block is None:
            self.refuse("nothing is compared yet")
            return
        x, y = self.axes(self.block)
        chosen = await self.app.push_screen_wait(AxesDialog(figures(self.block), x.key, y.key))
        if chosen:
            self.app.settings.set(self.MODE, "axes", list(chosen))
            self.show_view("scatter")

    def show_view(self, name: str) -> None:
        """Show the table, the scatter or the curves; the screen knows how."""
        raise NotImplementedError


def _named(point: Point, row: Any) -> Point:
    return replace(point, name=row["label"])

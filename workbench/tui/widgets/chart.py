"""The chart: a picture of growing curves that repaints only the lines that changed."""

from __future__ import annotations

from array import array
from dataclasses import replace

from rich.segment import Segment
from textual.content import Content
from textual.events import Resize
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from workbench.engine.curves import Curve, Smoothed
from workbench.tui.safe import one_line
from workbench.tui.widgets.fit import fitted, part
from workbench.tui.widgets.picture import Picture, Row, picture
from workbench.tui.widgets.plot import Plot, Series, View
from workbench.tui.widgets.raster import MODES

SERIES = 8
"""How many series have a colour and a mark of their own."""


class Chart(Widget):
    """Several series over one x, with levels, a legend in the upper border and notes in the lower one.

    Series are told apart by look and mark as well as by colour, which is the theme's. Call ``draw`` after the curves
    grew.
    """

    COMPONENT_CLASSES = {
        *(f"chart--series-{number}" for number in range(SERIES)),
        *(f"chart--raw-{number}" for number in range(SERIES)),
        "chart--axis",
        "chart--level",
        "chart--note",
    }
    DEFAULT_CSS = """
    Chart {
        border: round $foreground 30%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground 70%;
        min-height: 3;
        &.-ascii { border: ascii $foreground 30%; }
        & > .chart--axis, & > .chart--note { color: $foreground 70%; }
        & > .chart--level { color: $foreground 80%; }
        & > .chart--series-0 { color: $series-1; }
        & > .chart--series-1 { color: $series-2; }
        & > .chart--series-2 { color: $series-3; }
        & > .chart--series-3 { color: $series-4; }
        & > .chart--series-4 { color: $series-5; }
        & > .chart--series-5 { color: $series-6; }
        & > .chart--series-6 { color: $foreground; }
        & > .chart--series-7 { color: $foreground 75%; }
        & > .chart--raw-0 { color: $series-1 45%; }
        & > .chart--raw-1 { color: $series-2 45%; }
        & > .chart--raw-2 { color: $series-3 45%; }
        & > .chart--raw-3 { color: $series-4 45%; }
        & > .chart--raw-4 { color: $series-5 45%; }
        & > .chart--raw-5 { color: $series-6 45%; }
        & > .chart--raw-6 { color: $foreground 45%; }
        & > .chart--raw-7 { color: $foreground 45%; }
    }
    """

    mode: reactive[str] = reactive("braille")
    """The name of the glyphs: braille, block or ascii."""

    def __init__(self, plot: Plot | None = None, *, mode: str = "braille", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._plot = plot or Plot()
        self._view = View()
        self._picture = Picture([])
        self._strips: list[Strip] = []
        self._smoothed: dict[int, tuple[Curve, Smoothed]] = {}
        self._titles = (Content(""), Content(""))
        self.set_reactive(Chart.mode, mode)
        self.set_class(mode == "ascii", "-ascii")

    @property
    def plot(self) -> Plot:
        """What is shown."""
        return self._plot

    @property
    def view(self) -> View:
        """How it is looked at."""
        return self._view

    def show(self, plot: Plot, view: View | None = None) -> None:
        """Show something else, or the same in another way."""
        if view and view.smoothing != self._view.smoothing:
            self._smoothed.clear()
        known = {id(series.curve) for series in plot.series}
        self._smoothed = {key: pair for key, pair in self._smoothed.items() if key in known}
        self._plot, self._view = plot, view or self._view
        self.draw()

    def look(self, **changes: object) -> None:
        """Change some fields of the view."""
        self.show(self._plot, replace(self._view, **changes))  # type: ignore[arg-type] # the view's own fields

    def draw(self) -> None:
        """Bring the picture up to date; only the lines that differ are painted."""
        width, height = self.size
        if not (self.is_mounted and width and height):
            return
        self._picture = picture(self._plot, self._view, self._smooth, width, height, MODES[self.mode])
        strips = [self._strip(row) for row in self._picture.rows]
        changed = [y for y, strip in enumerate(strips) if y >= len(self._strips) or strip != self._strips[y]]
        self._strips = strips
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))
        self._entitle()

    def text(self) -> str:
        """The legend, the picture and the notes as plain text."""
        rows = ["".join(text for text, _ in row).rstrip() for row in self._picture.rows]
        return "\n".join([self._titles[0].plain, *rows, self._titles[1].plain])

    def _smooth(self, curve: Curve) -> array[float]:
        known = self._smoothed.get(id(curve))
        if known is None:
            known = self._smoothed[id(curve)] = (curve, Smoothed(curve, self._view.smoothing))
        return known[1].update()

    def _strip(self, row: Row) -> Strip:
        styles = (self.get_component_rich_style(f"chart--{ink}") for _, ink in row)
        return Strip([Segment(text, style) for (text, _), style in zip(row, styles, strict=True)])

    def _entitle(self) -> None:
        titles = (self._legend(), self._footnotes())
        if titles[0] != self._titles[0]:
            self.border_title = titles[0]
        if titles[1] != self._titles[1]:
            self.border_subtitle = titles[1]
        self._titles = titles

    def _legend(self) -> Content:
        """The title, then each series with its mark and its newest number; where room lacks, less of that."""
        legends = [self._legend_with(*parts) for parts in ((True, True), (False, True), (False, False))]
        return next((legend for legend in legends if legend.cell_length <= self._room), legends[-1])

    def _legend_with(self, numbers: bool, title: bool) -> Content:
        parts = [Content(self._plot.title if title else "")]
        for number, series in enumerate(self._plot.series):
            if not len(series.curve):
                continue
            colour = number if series.colour_of is None else series.colour_of
            style = self.get_visual_style(f"chart--series-{colour % SERIES}")
            newest = "n/a" if series.curve.last is None else self._plot.y_format(series.curve.last)
            name = f"{self._sign(number, series)}{one_line(series.name)} {newest if numbers else ''}"
            parts.append(Content.styled(name.strip(), style))
        return Content("  " if numbers else " ").join([part for part in parts if part.plain])

    def _sign(self, number: int, series: Series) -> str:
        if sum(len(one.curve) > 0 for one in self._plot.series) < 2:
            return ""
        mode = MODES[self.mode]
        return f"{mode.glyphs[-1] if series.look == 'area' else mode.marks[number % len(mode.marks)]} "

    def _footnotes(self) -> Content:
        """How it is looked at and what the picture cannot show; where room lacks, without what x is and the note."""
        view = self._view
        said = [part(self._plot.x_name, ""), part(self._plot.note, "", worth=1)]
        if view.window is not None:
            said.append(part(f"last {self._plot.x_format(view.window)}"))
        if view.log_y:
            said.append(part("log y"))
        if view.smoothing:
            said.append(part(f"smooth {view.smoothing:g}"))
        return fitted([*said, *map(part, self._picture.notes)], self._room)

    @property
    def _room(self) -> int:
        """Cells for a text in a border: a line and a space are on either side."""
        return max(1, self.size.width - 4)

    def render_line(self, y: int) -> Strip:
        """One line of the picture."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def on_resize(self, _: Resize) -> None:
        """Draw for the new size."""
        self._redraw()

    def watch_mode(self, mode: str) -> None:
        """Draw with other glyphs."""
        self.set_class(mode == "ascii", "-ascii")
        self._redraw()

    def notify_style_update(self) -> None:
        """Draw in other colours."""
        super().notify_style_update()
        self._redraw()

    def _redraw(self) -> None:
        self._strips = []
        self._titles = (Content(""), Content(""))
        self.draw()

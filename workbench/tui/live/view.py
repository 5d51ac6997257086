"""The body of the Live screen: three lines of numbers, the charts of a page, the log. It shows and decides nothing."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Input, Static

from workbench.engine.history import History
from workbench.tui.live import facts
from workbench.tui.live.charts import CHARTS, METRICS
from workbench.tui.live.pages import MAIN, PAGES, Page, is_large
from workbench.tui.widgets.chart import Chart
from workbench.tui.widgets.fit import fitted, part
from workbench.tui.widgets.log import LogView
from workbench.tui.widgets.plot import View

SHARES = (1, 2, 3, 4, 6, 9)
"""How many parts of the height the charts can have; the log has two."""
USUAL_SHARE = 3
PAUSED = ("display paused, the run is not", "display paused", "paused")
"""What is said beside the tabs, as far as there is room."""


class LiveView(Vertical):
    """Shows a history."""

    DEFAULT_CSS = """
    LiveView {
        & > #pages { height: 1; background: $surface; link-style: none; link-color: $foreground; }
        & > #facts { height: 3; }
        & > #charts { layout: grid; grid-size: 2; height: 3fr; grid-rows: 1fr; }
        & > #log { height: 2fr; min-height: 4; }
        & > #search { height: 1; border: none; padding: 0 1; display: none; }
    }
    """

    class Shown(Message):
        """A new page or size."""

    def __init__(self) -> None:
        super().__init__(id="live")
        self.history = History()
        self.page = PAGES[0]
        self.metric = next(iter(METRICS))
        self.steps = View()
        self.times = View()
        self.share = USUAL_SHARE
        self._is_paused = False

    def compose(self) -> ComposeResult:
        """All charts; a page shows some of them."""
        yield Static(id="pages")
        yield Static(id="facts")
        with Container(id="charts"):
            for name in dict.fromkeys((*PAGES[0].charts, *CHARTS)):
                yield Chart(id=name)
        yield LogView(id="log")
        yield Input(id="search", placeholder="search the log; enter finds, esc leaves")

    @property
    def log_view(self) -> LogView:
        """The log."""
        return self.query_one("#log", LogView)

    @property
    def shown_charts(self) -> list[Chart]:
        """The charts of the page, in their order."""
        return [chart for chart in self.query(Chart) if chart.display]

    def on_mount(self) -> None:
        """Begin with the first page."""
        self.lay_out()

    def on_resize(self, _: Resize) -> None:
        """A larger window shows more."""
        self.lay_out()

    def turn(self, page: Page) -> None:
        """Show a page."""
        self.page = page
        self.lay_out()
        self.paint()

    def lay_out(self) -> None:
        """Lay the page out for the size of the window."""
        large = is_large(*self.app.size)
        more = ("loss" if name == self.metric else name for name in self.page.more)  # no metric twice
        names = (*self.page.charts, *(more if large else ()))
        for chart in self.query(Chart):
            chart.display = chart.id in names
        grid = self.query_one("#charts")
        grid.display = bool(names)
        columns = self.page.columns.split()
        grid.styles.grid_size_columns = len(columns)
        grid.styles.grid_columns = self.page.columns
        grid.styles.height = f"{self.share}fr"
        self.log_view.display = self.page.log or large
        self._show_tabs()

    def say_paused(self, is_paused: bool) -> None:
        """Say that what is shown stands still, or no longer."""
        self._is_paused = is_paused
        self._show_tabs()

    def _show_tabs(self) -> None:
        said = [part(Content(" ").join(map(self._tab, PAGES)))]
        if self._is_paused:
            said.append(part(*(Content.styled(f" {text} ", "reverse") for text in PAUSED)))
        self.query_one("#pages", Static).update(fitted(said, max(1, self.size.width)))

    def _tab(self, page: Page) -> Content:
        """The name of a page, which a click turns to."""
        look = "reverse bold" if page == self.page else ""
        return Content.from_markup(f"[{look} @click=screen.page('{page.name}')] {page.name} [/]")

    def draw_as(self, mode: str) -> None:
        """Use other glyphs."""
        self.log_view.set_class(mode == "ascii", "-ascii")
        for chart in self.query(Chart):
            chart.mode = mode

    @property
    def ascii_only(self) -> bool:
        """Whether glyphs are ASCII."""
        return self.query_one(f"#{MAIN}", Chart).mode == "ascii"

    def paint(self) -> None:
        """Bring everything on the page up to date."""
        self.paint_facts()
        for chart in self.shown_charts:
            name = self.metric if chart.id == MAIN else str(chart.id)
            chart.show(CHARTS[name](self.history), self.steps if name in METRICS else self.times)

    def paint_facts(self) -> None:
        """The three lines, for the time that passes without an event too."""
        history, plain, width = self.history, self.ascii_only, max(1, self.size.width - 2)
        lines = (
            facts.progress(history, time.time(), plain, width),
            facts.training(history, plain, width),
            facts.memory(history, width),
        )
        shown = Content("\n").join(Content(" ") + line for line in lines)
        self.query_one("#facts", Static).update(shown, layout=False)

    def text(self) -> str:
        """The numbers and the charts of the page as plain text."""
        history = self.history
        lines = [facts.progress(history, time.time()), facts.training(history), facts.memory(history)]
        return "\n".join([*(line.plain for line in lines), *(chart.text() for chart in self.shown_charts)])

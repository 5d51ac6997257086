"""The scatter: every run a point, the Pareto front as stairs, a cursor that goes from run to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from workbench.engine.pareto import Point
from workbench.tui.compare.plane import BASELINE, BEHIND, COLLAPSED, FRONT, MARKED, Plane, Row, axis_text, draw, nearest
from workbench.tui.keys import SHARED, bindings
from workbench.tui.safe import one_line
from workbench.tui.widgets.raster import MODES


class Scatter(Widget, can_focus=True):
    """Shows a ``Plane``. h l go to the next run by x, j k by y."""

    BINDINGS = bindings(*(SHARED[name] for name in ("down", "up", "left", "right", "first", "last")))
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"scatter--{ink}"
        for ink in ("axis", "front", "behind", "line", "cursor", "marked", "baseline", "interval", "note")
    }
    DEFAULT_CSS = """
    Scatter {
        border: round $foreground 30%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground 70%;
        height: 1fr;
        &:focus { border: round $accent; }
        &.-ascii { border: ascii $foreground 30%; }
        & > .scatter--axis, & > .scatter--note { color: $foreground 70%; }
        & > .scatter--front { color: $series-1; text-style: bold; }
        & > .scatter--line { color: $series-1 60%; }
        & > .scatter--behind { color: $foreground 75%; }
        & > .scatter--marked { color: $series-2; text-style: bold; }
        & > .scatter--baseline { color: $series-3; text-style: bold; }
        & > .scatter--interval { color: $accent; }
        & > .scatter--cursor { text-style: bold reverse; }
    }
    """
    mode: reactive[str] = reactive("braille", init=False)
    """The name of the glyphs: braille, block or ascii."""

    @dataclass
    class Highlighted(Message):
        """The cursor went to another run."""

        scatter: Scatter
        key: str

        @property
        def control(self) -> Scatter:
            """The scatter, for ``@on`` selectors."""
            return self.scatter

    def __init__(self, *, mode: str = "braille", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._plane = Plane()
        self._missing = 0
        self._rows: list[Row] = []
        self.set_reactive(Scatter.mode, mode)

    @property
    def plane(self) -> Plane:
        """What is shown."""
        return self._plane

    def show(self, plane: Plane, missing: int = 0) -> None:
        """Show a plane; ``missing`` is how many runs lack one of its figures."""
        self._plane, self._missing = plane, missing
        self._draw()

    def text(self) -> str:
        """Legend, picture and notes as plain text."""
        rows = ["".join(text for text, _ in row).rstrip() for row in self._rows]
        return "\n".join([str(self.border_title or ""), *rows, str(self.border_subtitle or "")])

    def render_line(self, y: int) -> Strip:
        """One line of the picture, or why there is none."""
        width = self.size.width
        if not self._plane.points:
            said = "no run has both figures; X chooses others" if y == self.size.height // 2 else ""
            return Strip([Segment(said.center(width)[:width], self.get_component_rich_style("scatter--note"))])
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        return Strip([Segment(text, self.get_component_rich_style(f"scatter--{ink}")) for text, ink in self._rows[y]])

    def on_resize(self, _: events.Resize) -> None:
        """Draw for the new size."""
        self._draw()

    def watch_mode(self) -> None:
        """Draw with other glyphs."""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """To the run that is drawn nearest to the mouse."""
        offset = event.get_content_offset(self)
        if offset:
            point = nearest(self._plane, self.size.width, self.size.height, MODES[self.mode], offset.x, offset.y)
            if point:
                self._go(point.key)

    def action_cursor_left(self) -> None:
        """To the next smaller x."""
        self._step(lambda point: (point.x, point.y, point.key), -1)

    def action_cursor_right(self) -> None:
        """To the next larger x."""
        self._step(lambda point: (point.x, point.y, point.key), 1)

    def action_cursor_down(self) -> None:
        """To the next smaller y."""
        self._step(lambda point: (point.y, point.x, point.key), -1)

    def action_cursor_up(self) -> None:
        """To the next larger y."""
        self._step(lambda point: (point.y, point.x, point.key), 1)

    def action_first(self) -> None:
        """To the smallest x."""
        self._step(lambda point: (point.x, point.y, point.key), -len(self._plane.points))

    def action_last(self) -> None:
        """To the largest x."""
        self._step(lambda point: (point.x, point.y, point.key), len(self._plane.points))

    def _step(self, order: Callable[[Point], tuple[float, float, str]], by: int) -> None:
        ordered = sorted(self._plane.points, key=order)
        if not ordered:
            return
        keys = [point.key for point in ordered]
        place = keys.index(self._plane.cursor) + by if self._plane.cursor in keys else 0
        self._go(keys[max(0, min(place, len(keys) - 1))])

    def _go(self, key: str) -> None:
        if key != self._plane.cursor:
            self._plane = replace(self._plane, cursor=key)
            self._draw()
            self.post_message(self.Highlighted(self, key))

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        self.set_class(self.mode == "ascii", "-ascii")
        self._rows = draw(self._plane, self.size.width, self.size.height, MODES[self.mode])
        plane = self._plane
        point = plane.at_cursor()
        here = f"  {point.name}: {axis_text(plane.x, point.x)}, {axis_text(plane.y, point.y)}" if point else ""
        self.border_title = Content(one_line(f"{plane.y.label} over {plane.x.label}{here}"))
        self.border_subtitle = Content("  ".join(self._legend()))
        self.refresh()

    def _legend(self) -> list[str]:
        marks, plane = MODES[self.mode].marks, self._plane
        shown = [f"{marks[BEHIND]} run"]
        if plane.front:
            shown = [f"{marks[FRONT]} front of the measured values", f"{marks[BEHIND]} behind"]
        shown += [f"{marks[BASELINE]} baseline"] if any(one.key == plane.baseline for one in plane.points) else []
        shown += [f"{marks[MARKED]} marked"] if any(one.key in plane.marked for one in plane.points) else []
        shown += [f"{marks[COLLAPSED]} collapsed"] if any(not one.able for one in plane.points) else []
        return [*shown, *([f"{self._missing} without both figures"] if self._missing else [])]

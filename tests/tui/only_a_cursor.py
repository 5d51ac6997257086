"""An app that does nothing but move a cursor: what the library itself takes from a key to the screen."""

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Lines(Widget, can_focus=True):
    """Lines that name themselves; a key draws the two that change."""

    BINDINGS = [("j", "move(1)", "Down"), ("k", "move(-1)", "Up")]
    row = 0

    def render_line(self, y):
        return Strip([Segment(f"line {y:04d}", Style(reverse=y == self.row))]).extend_cell_length(self.size.width)

    def action_move(self, by):
        before, self.row = self.row, self.row + by
        for y in (before, self.row):
            self.refresh(Region(0, y, self.size.width, 1))


class OnlyACursor(App):
    """The lines and nothing else."""

    def compose(self):
        yield Lines()


if __name__ == "__main__":
    OnlyACursor().run()

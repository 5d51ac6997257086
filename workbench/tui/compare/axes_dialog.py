"""What the axes of the scatter are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from workbench.engine.figures import Figure
from workbench.tui.keys import Key, bindings


class AxesDialog(ModalScreen[tuple[str, str] | None]):
    """Gives the keys of two figures, x first; None when the user left.

    Args:
        figures: What there is to choose from.
        x, y: Keys of the figures that are shown now.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("axes.cancel", "escape", "cancel", "Cancel"),
        Key("axes.other", "h,l,left,right", "app.focus_next", "Other axis"),
        Key("axes.down", "j", "move(1)", "Down"),
        Key("axes.up", "k", "move(-1)", "Up"),
    )
    DEFAULT_CSS = """
    AxesDialog {
        align: center middle;
        & > Vertical {
            width: 60; height: auto; max-height: 90%; border: round $accent; background: $surface; padding: 0 1;
        }
        & Horizontal { height: auto; }
        & .axis { width: 1fr; height: auto; }
        & .heading { height: 1; text-style: bold; }
        & OptionList { height: auto; max-height: 13; border: none; padding: 0; background: $surface; }
        & .keys { color: $text-muted; }
    }
    """

    def __init__(self, figures: Sequence[Figure], x: str, y: str) -> None:
        super().__init__()
        self._figures = list(figures)
        self._chosen = (x, y)

    def compose(self) -> ComposeResult:
        """Two lists beside each other."""
        with Vertical() as box:
            box.border_title = "Axes"
            with Horizontal():
                for name in ("x", "y"):
                    with Vertical(classes="axis"):
                        yield Static(f"{name} axis", classes="heading")
                        yield OptionList(
                            *(Option(Text(one.label)) for one in self._figures), id=f"axis-{name}", compact=True
                        )
            yield Static("j k choose  tab other axis  enter accept  esc cancel", classes="keys", markup=False)

    def on_mount(self) -> None:
        """Begin with what is shown."""
        keys = [figure.key for figure in self._figures]
        for name, key in zip(("x", "y"), self._chosen, strict=True):
            self.query_one(f"#axis-{name}", OptionList).highlighted = keys.index(key) if key in keys else 0
        self.set_focus(self.query_one("#axis-x"))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take what is highlighted on both sides."""
        event.stop()
        x, y = (self.query_one(f"#axis-{name}", OptionList).highlighted or 0 for name in ("x", "y"))
        self.dismiss((self._figures[x].key, self._figures[y].key))

    def action_move(self, step: int) -> None:
        """To the next figure, or the one before."""
        focused = self.focused
        if isinstance(focused, OptionList):
            place = (focused.highlighted or 0) + step
            focused.highlighted = max(0, min(place, len(self._figures) - 1))

    def action_cancel(self) -> None:
        """Leave the axes as they are."""
        self.dismiss(None)

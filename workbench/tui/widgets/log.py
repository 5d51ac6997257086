"""A log that grows: follows its end until somebody scrolls up, searches, and shows hostile text harmlessly."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.cache import LRUCache
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from workbench.tui.safe import lines as safe

MOST_LINES = 5000
MOST_CHARS = 2000
"""Longer lines are cut; the file has them whole."""
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
"""Colours, cursor movements and titles: what programs write for a terminal and not for a reader."""


def clean(line: str) -> str:
    r"""A line as it is shown: no escape codes, what a progress bar wrote last, at most ``MOST_CHARS`` characters.

    >>> clean("\x1b[31mred\x1b[0m"), clean("10%\r20%"), clean("a\x07b")
    ('red', '20%', 'a\\x07b')
    """
    cut = line[: 4 * MOST_CHARS]
    text = safe(ESCAPES.sub("", cut.rstrip("\r\n")).rpartition("\r")[2].replace("\n", " "))
    if len(text) > MOST_CHARS or len(line) > len(cut):
        return f"{text[:MOST_CHARS]} … ({len(line):,} characters)"
    return text


class LogView(ScrollView, can_focus=True):
    """The last lines of a log."""

    COMPONENT_CLASSES = {"log--match", "log--current"}
    DEFAULT_CSS = """
    LogView {
        border: round $foreground 30%;
        background: $background;
        scrollbar-size: 0 1;
        &:focus { border: round $primary; }
        &.-ascii { border: ascii $foreground 30%; }
        & > .log--match { text-style: underline bold; }
        & > .log--current { text-style: reverse bold; }
    }
    """

    class Changed(Message):
        """Whether it follows, what is new or what is found has changed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines: list[str] = []
        self._strips: LRUCache[int, Strip] = LRUCache(512)
        self._moving = False
        self.following = True
        self.unseen = 0
        self.query_text = ""
        self._matches: list[int] = []
        self._match = -1
        self._widest = 0

    def on_mount(self) -> None:
        """The border says how it stands."""
        self._say()

    @property
    def lines(self) -> list[str]:
        """What is shown, the oldest first."""
        return list(self._lines)

    @property
    def allow_select(self) -> bool:
        """Its text can be selected and copied."""
        return True

    # writing

    def write(self, lines: Iterable[str]) -> None:
        """Add lines at the end; the oldest are dropped beyond ``MOST_LINES``."""
        new = [clean(line) for line in lines]
        if not new:
            return
        self._lines += new
        self._widest = max(self._widest, *map(cell_len, new))
        surplus = max(0, len(self._lines) - MOST_LINES)
        if surplus:
            del self._lines[:surplus]
            self._strips.clear()
        if self.query_text:
            self._find()
        self.unseen = 0 if self.following else self.unseen + len(new)
        self._fit(surplus)
        self._say()

    def clear(self) -> None:
        """Show nothing, and follow again."""
        self._lines.clear()
        self._strips.clear()
        self._matches, self._match, self._widest = [], -1, 0
        self.following, self.unseen = True, 0
        self._fit()
        self._say()

    def _fit(self, dropped: int = 0) -> None:
        """Keep to the end when following, else keep what is looked at where it is."""
        self._moving = True
        try:
            self.virtual_size = Size(self._widest, len(self._lines))
            if self.following:
                self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
            elif dropped:
                self.scroll_to(y=max(0, self.scroll_y - dropped), animate=False, immediate=True, force=True)
        finally:
            self._moving = False
        self.refresh()

    # following

    def follow(self, on: bool = True) -> None:
        """Go to the end and stay there, or stay here."""
        self.following = on
        if on:
            self.unseen = 0
            self._fit()
        self._say()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up stops following; reaching the end goes on with it."""
        super().watch_scroll_y(old_value, new_value)
        if self._moving:
            return
        at_end = round(new_value) >= self.max_scroll_y
        if self.following and new_value < old_value and not at_end:
            self.follow(False)
        elif not self.following and at_end:
            self.following, self.unseen = True, 0
            self._say()

    def on_resize(self, _: Resize) -> None:
        """What was at the end stays there."""
        self._fit()

    # searching

    def search(self, text: str) -> int:
        """Mark the lines that hold a text, whatever its case, and go to the last; gives how many there are."""
        self.query_text = text
        self._strips.clear()
        self._find()
        self._match = len(self._matches) - 1
        self._show_match()
        return len(self._matches)

    def next_match(self, step: int = 1) -> bool:
        """Go to the next match below (1) or above (-1), around the ends; False when there is none."""
        if not self._matches:
            return False
        self._match = (self._match + step) % len(self._matches)
        self._show_match()
        return True

    def _find(self) -> None:
        """The lines that match now; the current match stays the same line."""
        wanted = self.query_text.casefold()
        self._matches = [y for y, line in enumerate(self._lines) if wanted and wanted in line.casefold()]
        self._match = min(self._match, len(self._matches) - 1)

    def _show_match(self) -> None:
        self._strips.clear()
        if self._matches:
            self.following = False
            self.scroll_to(
                y=max(0, self._matches[self._match] - self.size.height // 2), animate=False, immediate=True, force=True
            )
        self.refresh()
        self._say()

    # showing

    def _say(self) -> None:
        how = "following" if self.following else f"+{self.unseen} new · G follows"
        found = f" · /{self.query_text} {self._match + 1}/{len(self._matches)}" if self.query_text else ""
        self.border_title = Content(f"log  {how}{found}")
        self.post_message(self.Changed())

    def render_line(self, y: int) -> Strip:
        """One line of what is scrolled to."""
        scroll_x, scroll_y = self.scroll_offset
        line, style = scroll_y + y, self.rich_style
        width = self.size.width
        if line >= len(self._lines):
            return Strip.blank(width, style)
        return self._strip(line, style).crop_extend(scroll_x, scroll_x + width, style).apply_offsets(scroll_x, line)

    def _strip(self, line: int, style: Style) -> Strip:
        selection = self.text_selection
        if selection is None and line in self._strips:
            return self._strips[line]
        text = Text(self._lines[line], style=style, no_wrap=True, end="")
        self._mark(text, line)
        if selection is not None and (span := selection.get_span(line)) is not None:
            start, end = span
            text.stylize(self.selection_style, start, len(text) if end == -1 else end)
        strip = Strip([Segment(part.text, part.style) for part in text.render(self.app.console)])
        if selection is None:
            self._strips[line] = strip
        return strip

    @property
    def selection_style(self) -> Style:
        """How selected text looks."""
        return self.screen.get_component_rich_style("screen--selection")

    def _mark(self, text: Text, line: int) -> None:
        if not self.query_text:
            return
        current = bool(self._matches) and self._matches[self._match] == line
        look = self.get_component_rich_style("log--current" if current else "log--match", partial=True)
        wanted, folded = self.query_text.casefold(), text.plain.casefold()
        start = folded.find(wanted)
        while start >= 0:
            text.stylize(look, start, start + len(wanted))
            start = folded.find(wanted, start + len(wanted))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text."""
        return selection.extract("\n".join(self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        del selection
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        """Draw in other colours."""
        super().notify_style_update()
        self._strips.clear()

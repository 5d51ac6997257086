"""The profile's text, in colour and editable."""

from __future__ import annotations

from pygments.lexers.configs import TOMLLexer  # type: ignore[import-untyped]  # pygments has no types
from pygments.token import Token, _TokenType  # type: ignore[import-untyped]  # pygments has no types
from rich.style import Style
from rich.text import Text
from textual.widgets import TextArea

STYLES = {
    Token.Comment: Style(dim=True, italic=True),
    Token.Keyword: Style(bold=True),
    Token.Name: Style(color="cyan"),
    Token.Literal.String: Style(color="green"),
    Token.Literal.Number: Style(color="magenta"),
    Token.Literal: Style(color="magenta"),
    Token.Error: Style(color="red", underline=True),
}
Span = tuple[int, int, Style]


class TomlArea(TextArea):
    """A text field whose TOML is coloured by pygments; the colours say nothing that the text does not."""

    DEFAULT_CSS = """
    TomlArea { border: none; padding: 0; height: 1fr; background: $background; }
    TomlArea:focus { border: none; }
    """

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, show_line_numbers=True, soft_wrap=True, tab_behavior="focus", theme="css")
        self._spans: tuple[str, list[list[Span]]] = ("", [])

    def show(self, text: str) -> None:
        """Show a text that was changed elsewhere; the cursor stays on its line."""
        if text == self.text:
            return
        row, column = self.cursor_location
        self.text = text
        self.move_cursor((min(row, self.document.line_count - 1), column))

    def follow(self, line: int | None) -> None:
        """Show the line of what the form's cursor is on; not while the text itself is edited."""
        if line and not self.has_focus:
            self.mark_line(line)

    def mark_line(self, line: int) -> None:
        """Put the cursor on a line, counted from 1."""
        self.move_cursor((max(0, min(line, self.document.line_count) - 1), 0))
        self.scroll_cursor_visible(animate=False)

    def get_line(self, line_index: int) -> Text:
        """A line in its colours."""
        line = super().get_line(line_index)
        if self._spans[0] != self.text:
            self._spans = (self.text, spans(self.text))
        for start, end, style in self._spans[1][line_index] if line_index < len(self._spans[1]) else ():
            line.stylize(style, start, end)
        return line


def spans(text: str) -> list[list[Span]]:
    """For each line its coloured stretches: first column, column behind the last, style."""
    found: list[list[Span]] = [[]]
    column = 0
    for kind, value in TOMLLexer(stripnl=False, ensurenl=False).get_tokens(text):
        for number, piece in enumerate(value.split("\n")):
            if number:
                found.append([])
                column = 0
            style = _style(kind)
            if piece and style:
                found[-1].append((column, column + len(piece), style))
            column += len(piece)
    return found


def _style(kind: _TokenType) -> Style | None:
    while kind is not Token:
        if kind in STYLES:
            return STYLES[kind]
        kind = kind.parent
    return None

"""A turn on the screen: the prompt, and under it the answers side by side, growing while they are generated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Markdown, Static

from workbench.engine.chat.conversation import Answer, Turn
from workbench.tui.chat.words import answer_head
from workbench.tui.safe import lines, safe_lines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore


def parser() -> MarkdownIt:
    """Markdown without HTML, whose tags would vanish, and with line breaks where the model put them."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("gfm-like", {"html": False})
    made.core.ruler.push("line_breaks", _keep_line_breaks)
    return made


def _keep_line_breaks(state: StateCore) -> None:
    for token in state.tokens:
        for child in token.children or ():
            if child.type == "softbreak":
                child.type = "hardbreak"


class Message(Vertical, can_focus=True):
    """Something that was said; ``y`` copies it when it has the focus."""

    DEFAULT_CSS = """
    Message { height: auto; width: 1fr; border-left: outer $panel; padding: 0 1; }
    Message:focus { border-left: outer $accent; }
    Message > Static { height: auto; width: 1fr; }
    """

    @property
    def copied(self) -> str:
        """The text, character for character."""
        raise NotImplementedError


class Prompt(Message):
    """What the user asked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Who, and what."""
        yield Static(Text("you", style="bold"))
        yield Static(safe_lines(self._text))

    @property
    def copied(self) -> str:
        """The prompt."""
        return self._text


class AnswerView(Message):
    """One answer: a line about it, and its text as Markdown or plain.

    While it is generated it is plain text: one widget, whatever its length. Markdown, which is a widget for each
    block, is rendered once it has ended; streamed, its layout would cost the keyboard more than 50 ms at a time.

    Args:
        answer: What is there of it.
        markdown: Whether it is rendered.
        again: How often it was generated before.
    """

    DEFAULT_CSS = """
    AnswerView Markdown { height: auto; padding: 0; margin: 0; background: transparent; }
    AnswerView .head { height: 1; }
    AnswerView .plain { display: none; }
    AnswerView.is-plain .plain { display: block; }
    AnswerView.is-plain Markdown { display: none; }
    """

    def __init__(self, answer: Answer, markdown: bool, again: int = 0) -> None:
        super().__init__()
        self.answer = answer
        self._again = again
        self._markdown = markdown
        self._rendering = False
        self._plain_only = False
        # kept at hand: to look for them costs more than to show a token
        self._head = Static(classes="head")
        self._as_it_is = Static(classes="plain")
        self._rendered = Markdown(parser_factory=parser, open_links=False)

    def compose(self) -> ComposeResult:
        """The line, and the text in both forms, of which one is shown."""
        yield self._head
        yield self._as_it_is
        yield self._rendered

    def on_mount(self) -> None:
        """Show what is there."""
        self.show(self.answer)

    @property
    def copied(self) -> str:
        """The answer, not its rendering."""
        return self.answer.text

    @property
    def plain(self) -> bool:
        """Whether the text is shown as it is: it still grows, or by choice, or Markdown would show nothing of it."""
        growing = not self.answer.finish
        return growing or not self._markdown or self._plain_only or not self.answer.text.strip()

    def set_markdown(self, markdown: bool) -> None:
        """Render, or show the text as it is."""
        self._markdown = markdown
        self.show(self.answer)

    def show(self, answer: Answer, again: int | None = None) -> None:
        """Show what is known of the answer now; or of one that was generated again in its place."""
        if answer.id != self.answer.id:
            self._plain_only = False
        self.answer = answer
        self._again = self._again if again is None else again
        if not self.children:
            return  # ``on_mount`` comes back to it
        self._head.update(answer_head(answer, self._again), layout=False)
        rendered = not self.plain and self._rendered.source == lines(answer.text)
        self.set_class(not rendered, "is-plain")
        if not rendered:
            said = safe_lines(answer.text)
            if answer.nothing:
                said.append(f"(empty): {answer.nothing}", style="italic")
            self._as_it_is.update(said)
        if not (self.plain or rendered or self._rendering):
            self._rendering = True
            self.run_worker(self._render_whole(), group="render")

    async def _render_whole(self) -> None:
        """Render a finished answer; a text that renders to nothing is shown as it is."""
        try:
            await self._rendered.update(lines(self.answer.text))
            self._plain_only = not self._rendered.children
        except Exception as error:  # noqa: BLE001 - no text of a model may cost the answer: it is shown as it is
            self._plain_only = True
            self.app.notify(f"shown as plain text, for its Markdown cannot be rendered: {error!r}", severity="warning")
        finally:
            self._rendering = False
        self.show(self.answer)


class TurnView(Vertical):
    """A prompt and the answers of one or two sides.

    Args:
        turn: It.
        markdown: Whether answers are rendered.
    """

    DEFAULT_CSS = """
    TurnView { height: auto; margin-bottom: 1; }
    TurnView > Horizontal { height: auto; }
    """

    def __init__(self, turn: Turn, markdown: bool) -> None:
        super().__init__()
        self.turn = turn
        self._markdown = markdown
        self._row = Horizontal()

    def compose(self) -> ComposeResult:
        """The prompt above the answers."""
        yield Prompt(self.turn.prompt)
        with self._row:
            for answer in self.turn.answers.values():
                yield self._view(answer)

    def _view(self, answer: Answer) -> AnswerView:
        return AnswerView(answer, self._markdown, self._again(answer.side))

    @property
    def views(self) -> list[AnswerView]:
        """Those of the answers."""
        return [view for view in self._row.children if isinstance(view, AnswerView)]

    def follow(self) -> None:
        """Bring the answers up to date: new texts, answers of another side, answers generated again."""
        if not self.children:
            return  # it is composed with what is there by then
        shown = {view.answer.side: view for view in self.views}
        for side, answer in self.turn.answers.items():
            if side not in shown:
                self._row.mount(self._view(answer))
            elif shown[side].answer is not answer:
                shown[side].show(answer, self._again(side))

    def _again(self, side: str) -> int:
        return sum(one.side == side for one in self.turn.earlier)

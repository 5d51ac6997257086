"""The screen of mode "chat": prompts, and the answers of a model and of what a run made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.events import Unmount
from textual.widgets import Static, TextArea

from workbench.errors import WorkbenchError
from workbench.tui.chat.lines import Lines
from workbench.tui.chat.moving import Moving
from workbench.tui.chat.pace import Pace
from workbench.tui.chat.views import AnswerView, TurnView
from workbench.tui.chat.words import HELLO, beside
from workbench.tui.files import Export
from workbench.tui.keys import SHARED, Key, bindings
from workbench.tui.status import count_running

if TYPE_CHECKING:
    from workbench.engine.chat.session import Session

TAKE_S = 0.1  # how often what the worker said is shown at most: no token costs a frame of its own
NOBODY = "nobody is chosen to talk to: M chooses a run or a model"


class ChatScreen(Moving):
    """The conversation, the state of the worker, and a field to write in."""

    MODE = "chat"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        Key("chat.send", "ctrl+j", "send", "Send", hint=True),
        Key("chat.both", "b", "both", "Base too", hint=True),
        Key("chat.again", "ctrl+r", "again", "Again", hint=True),
        Key("chat.partner", "M", "partner", "Model", hint=True),
        Key("chat.settings", "S", "settings", "Settings", hint=True),
        SHARED["new"].says("New chat"),
        Key("chat.same_seed", "equals_sign", "same_seed", "Same seed"),
        SHARED["view"].says("Markdown or plain", hint=False),
        SHARED["open"].says("Write a prompt", hint=False),
        *(SHARED[name] for name in ("down", "up", "page_down", "page_up", "first", "last")),
    )
    DEFAULT_CSS = """
    ChatScreen #conversation { height: 1fr; }
    ChatScreen #hello { height: auto; min-height: 8; padding: 1 2; }
    ChatScreen #prompt { height: 5; border: round $panel; padding: 0 1; background: $background; }
    ChatScreen #prompt:focus { border: round $accent; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.session: Session | None = None
        self._both = False
        self._markdown = True
        self._stopping = False
        self._wanted = ""
        self._pace = Pace()

    def compose_body(self) -> ComposeResult:
        """The conversation, two lines about it, the field."""
        with VerticalScroll(id="conversation", can_focus=False):
            yield Static(Text(HELLO), id="hello")
        yield Lines(id="lines")
        field = TextArea(id="prompt", tab_behavior="focus", soft_wrap=True, theme="css", highlight_cursor_line=False)
        field.border_title = "prompt · ^j sends"
        yield field

    def on_mount(self) -> None:
        """Show whom one talks to; without anybody the keys that choose work at once."""
        self._markdown = bool(self.app.settings.get(self.MODE, "markdown", True))
        self._say()
        self.every(TAKE_S, self._take)
        if self._wanted:
            self._open(self._wanted)

    def on_unmount(self, _: Unmount) -> None:
        """The worker ends with the app."""
        if self.session:
            self.session.close()

    @property
    def _sides(self) -> tuple[str, ...]:
        assert self.session
        sides = self.session.partner.sides
        return sides if self._both else sides[:1]

    # whom one talks to

    def show_run(self, run_id: str) -> None:
        """Talk to a run."""
        self._wanted = run_id
        if self.is_mounted and self.query(Lines):
            self._open(run_id)

    @work(group="open", exclusive=True)
    async def _open(self, name: str) -> None:
        """End the worker that is there and start one that loads this run or model."""
        from workbench.engine.chat.partner import find
        from workbench.engine.chat.session import Session

        workspace, old = self.app.workspace, self.session
        partner = await asyncio.to_thread(find, workspace, name)
        if old and old.partner.name == partner.name and old.loaded.state != "failed":
            return
        if old:
            self.session = None
            await asyncio.to_thread(old.close)
        self.session = await asyncio.to_thread(Session, workspace, partner, old.sampling if old else None)
        self._both = self._both and len(partner.sides) > 1
        self.subject = partner.name
        self.app.did("workbench", "chat", partner.name)
        self._warn_of_runs()
        await self._clear()
        self.field.focus()

    def _warn_of_runs(self) -> None:
        running = count_running(self.app.rows or ())
        if running:
            self.app.notify(beside(running), severity="warning")

    @work(group="verb")
    async def action_partner(self) -> None:
        """Choose a run or a model from those that are here."""
        from workbench.engine.evaluables import subjects
        from workbench.engine.form import Choice
        from workbench.tui.profile.choose import Choose

        known = await asyncio.to_thread(subjects, self.app.workspace, self.app.rows or ())
        if not known:
            self.refuse("nothing is trained and no model is here: `workbench fetch smollm2-135m` brings a small one")
            return
        choices = [Choice(one.name, one.kind, one.about + ("" if one.here else ", fetched first")) for one in known]
        now = self.session.partner.name if self.session else None
        chosen = await self.app.push_screen_wait(Choose("talk to", choices, now))
        if chosen is not None:
            self._open(str(chosen.value))

    # asking

    def action_send(self) -> None:
        """Ask what is written."""
        if self.session is None:
            self.refuse(NOBODY)
            return
        try:
            turn = self.session.ask(self.field.text, self._sides)
        except WorkbenchError as error:
            self.refuse(str(error))
            return
        self.field.clear()
        self.query("#hello").remove()
        self.scroll.mount(TurnView(turn, self._markdown))
        self.scroll.anchor()
        self._begun()

    def action_again(self) -> None:
        """Generate the last answers again; the earlier ones stay in the export."""
        if self.session is None:
            self.refuse(NOBODY)
            return
        try:
            self.session.again(self._sides)
        except WorkbenchError as error:
            self.refuse(str(error))
            return
        if self.session.sampling.greedy:
            self.app.notify("greedy: the same answer comes again; S sets a temperature")
        self._begun()

    def action_both(self) -> None:
        """Ask base and tuned side by side, beginning with the last prompt; or the tuned side alone."""
        if self.session is None:
            self.refuse(NOBODY)
        elif len(self.session.partner.sides) < 2:
            self.refuse(f"{self.session.partner.name} is a model as it is: there is nothing to put beside it")
        elif self.session.busy:
            self.refuse("an answer is still being generated; esc stops it")
        else:
            self._both = not self._both
            if self._both and self.session.loaded.state != "failed":
                self.session.beside(self._sides)
            self._begun()

    def _begun(self) -> None:
        from workbench.engine.chat.transcript import command_of

        assert self.session
        self.app.did(command_of(self.session, self._both))
        self._stopping = False
        self._show_last()
        self._say()

    def action_back(self) -> None:
        """Stop the answer that is being generated and keep it; else one step out."""
        if self.session and not self._stopping and self.session.stop():
            self._stopping = True
        else:
            super().action_back()

    @work(group="verb")
    async def action_new(self) -> None:
        """Begin a new conversation; asks when there is one."""
        if self.session is None:
            self.refuse(NOBODY)
        elif not self.session.conversation.turns:
            self.refuse("this is a new chat already")
        elif await self.app.confirm("Begin a new chat? This one is in no file; e exports it.", "New chat"):
            self.session.new()
            await self._clear()
            self.field.focus()

    # what comes back

    def _take(self) -> None:
        """Show what the worker has said since the last look."""
        if self.session is None or not self._pace.begin():
            return
        before = self.session.loaded.state
        happened, _ = self.session.take()
        if happened:
            self._show_last()
            self._say()
            self.call_after_refresh(self._pace.end)
            if self.session.loaded.state == "failed" != before:
                self.app.notify(self.session.loaded.problem, severity="error", timeout=10)

    def _show_last(self) -> None:
        last = self.scroll.children[-1] if self.scroll.children else None
        if isinstance(last, TurnView):
            last.follow()

    def _say(self) -> None:
        self.query_one(Lines).show(self.session, self._both, self._markdown)

    async def _clear(self) -> None:
        await self.query(TurnView).remove()
        self._say()

    # how answers are made and shown

    @work(group="verb")
    async def action_settings(self) -> None:
        """Change how answers are made."""
        from workbench.engine.chat.sampling import changed

        if self.session is None:
            self.refuse(NOBODY)
            return
        text: str | None = self.session.sampling.text()
        while text is not None:
            text = await self.app.ask("How the next answers are made. Temperature 0 is greedy.", text)
            if text is None:
                return
            try:
                self.session.set_sampling(changed(self.session.sampling, text))
            except WorkbenchError as error:
                self.app.notify(str(error), severity="warning")
                continue
            self._say()
            return

    def action_same_seed(self) -> None:
        """The same seed for every answer, or the next one for each."""
        if self.session is None:
            self.refuse(NOBODY)
            return
        self.session.same_seed = not self.session.same_seed
        self._say()

    def action_view(self) -> None:
        """Answers as Markdown, or character for character."""
        self._markdown = not self._markdown
        self.app.settings.set(self.MODE, "markdown", self._markdown)
        for view in self.query(AnswerView):
            view.set_markdown(self._markdown)
        self._say()

    # what is taken out

    def exports(self) -> Iterable[Export]:
        """The conversation, for people and with everything that is known of it."""
        session = self.session
        if session is None or not session.conversation.turns:
            return
        from workbench.engine.chat import transcript

        for form, suffix in transcript.FORMATS.items():
            text = partial(transcript.as_text, session, form)
            yield Export(f"Export the chat as {form}", suffix, text, self.app.command)

"""Above the form: the forecast of the draft, which follows every edit.

The preview comes at once. The simulation, which takes seconds, is asked for once the edits pause, and one at a time:
what it says of a draft that is no longer the newest is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rich.text import Text
from textual import work
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from workbench.choices.cards import CARDS
from workbench.engine.differences import differences
from workbench.engine.draft import Draft
from workbench.engine.edit import parent_of
from workbench.engine.form import Choice
from workbench.engine.memory import Card, detect, find_card
from workbench.errors import InputError
from workbench.tui.profile.forecast import Forecast, plan, preview, simulate
from workbench.tui.profile.lines import Known, gib, parts_line, plan_line, verdict_line

PREVIEW_S, SIMULATE_S = 0.2, 1.5
"""How long the edits must pause."""
AUTO = "auto"


class Summary(Widget):
    """Three lines: verdict, parts, plan."""

    DEFAULT_CSS = """
    Summary { height: 4; padding: 0 1; border-bottom: solid $panel; }
    """
    known: reactive[Known] = reactive(Known())

    def __init__(self, card_name: str, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.card_name = card_name
        self._draft: Draft | None = None
        self._waiting: list[Timer] = []
        self._simulated: Draft | None = None

    def render(self) -> Text:
        """The three lines, cut where the screen ends."""
        lines = [verdict_line(self.known), parts_line(self.known), plan_line(self.known)]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)

    def look(self, draft: Draft, anew: bool = False) -> None:
        """Follow a draft; ``anew`` forgets what is known of another one."""
        self._draft = draft
        if anew:
            self.known = Known(card=self.known.card, no_card=self.known.no_card)
        for timer in self._waiting:
            timer.stop()
        if not draft.syntax:
            self._waiting = [self.set_timer(PREVIEW_S, self._preview), self.set_timer(SIMULATE_S, self._simulate)]

    def _tell(self, draft: Draft, **parts: Any) -> None:
        """Take what a thread found, unless there is a newer draft."""
        if self._draft is not None and draft.text == self._draft.text:
            self.known = replace(self.known, **parts)

    def _later(self, tell: Callable[..., None], *arguments: Any, **parts: Any) -> None:
        """Back from a thread, if the app is still there."""
        if self.is_attached and self.app.is_running:
            self.app.call_from_thread(tell, *arguments, **parts)

    @work(thread=True, exclusive=True, group="preview")
    def _preview(self) -> None:
        draft = self._draft
        if draft is None:
            return
        if self.known.card is None and not self.known.no_card:
            self._find_card()
        self._later(self._tell, draft, forecast=preview(draft), plan=plan(draft), lineage=lineage(draft))

    def _simulate(self) -> None:
        draft = self._draft
        if draft is None or self._simulated is not None:
            return  # the one under way looks again when it has landed
        self._simulated = draft
        self.known = replace(self.known, simulating=True)
        self._run_simulation(draft)

    @work(thread=True, group="simulation")
    def _run_simulation(self, draft: Draft) -> None:
        forecast = Forecast(reason="the simulation ended early")
        try:
            forecast = simulate(draft)
        finally:
            self._later(self._landed, draft, forecast)

    def _landed(self, draft: Draft, forecast: Forecast) -> None:
        self._simulated = None
        self.known = replace(self.known, simulating=False)
        if forecast.estimates:
            self._tell(draft, forecast=forecast)
        if self._draft is not None and self._draft.text != draft.text:
            self._simulate()

    # the card

    def cards(self) -> list[Choice]:
        """What can be chosen as a card."""
        found = self.known.card if self.card_name == AUTO else None
        auto = f"{found.name}, {gib(found.total_bytes)}" if found else "the GPU of this machine"
        return [Choice(AUTO, auto), *(Choice(row.name, f"{row.memory_gib} GiB") for row in CARDS.values())]

    def choose_card(self, name: str) -> None:
        """Judge on another card."""
        self.card_name = name
        self.known = replace(self.known, card=None, no_card="")
        self._look_for_card()

    @work(thread=True, exclusive=True, group="card")
    def _look_for_card(self) -> None:
        self._find_card()

    def _find_card(self) -> None:
        card, reason = named_card(self.card_name)
        self._later(self._found, card, reason)

    def _found(self, card: Card | None, reason: str) -> None:
        self.known = replace(self.known, card=card, no_card=reason)


def named_card(name: str) -> tuple[Card | None, str]:
    """The card of that name, or why there is none. Slow the first time: it talks to the driver."""
    if name == AUTO:
        return detect()
    try:
        return find_card(name), ""
    except InputError as error:
        return None, str(error)


def lineage(draft: Draft) -> str:
    """In how many keys it differs from its parent; empty without one."""
    parent = parent_of(draft.text)
    if not parent:
        return ""
    try:
        what, rows = differences(draft)
    except InputError as error:
        return f"parent {parent}: {error}"
    return f"{len(rows)} key{'s' * (len(rows) != 1)} differ{'s' * (len(rows) == 1)} from {what} (d)"

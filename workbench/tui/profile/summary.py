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
from workbench.engine.memory import Card, Predictor, detect, find_card
from workbench.engine.plan import Plan
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
        self._predictor = Predictor()
        self._under_way = False
        self._simulated: Draft | None = None  # the newest draft, once its simulation has landed
        self._closed = False

    def render(self) -> Text:
        """The three lines, cut where the screen ends."""
        lines = [verdict_line(self.known), parts_line(self.known), plan_line(self.known)]
        for line in lines:
            line.truncate(max(1, self.content_size.width), overflow="ellipsis")
        return Text("\n").join(lines)

    def look(self, draft: Draft, anew: bool = False) -> None:
        """Follow a draft; ``anew`` forgets what is known of another one."""
        self._draft = draft
        known = Known(card=self.known.card, no_card=self.known.no_card) if anew else self.known
        self.known = replace(known, failed="", simulating=self._under_way)
        for timer in self._waiting:
            timer.stop()
        self._simulated = None
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
        card, reason = named_card(self.card_name)
        self._later(self._found, card, reason)
        self._later(self._previewed, draft, preview(draft, card), plan(draft), lineage(draft))

    def _previewed(self, draft: Draft, forecast: Forecast, plan: Plan | None, lineage: str) -> None:
        if self._simulated is None:
            self._tell(draft, forecast=forecast)
        self._tell(draft, plan=plan, lineage=lineage)

    def _simulate(self) -> None:
        if self._draft is None or self._under_way:
            return  # the one under way looks again when it has landed
        self._under_way = True
        self.known = replace(self.known, simulating=True)
        self._run_simulation(self._draft, self.known.card)

    @work(thread=True, group="simulation")
    def _run_simulation(self, draft: Draft, card: Card | None) -> None:
        try:
            forecast = simulate(draft, card, self._predictor)
        except Exception as error:
            if self._closed:
                return  # its process was ended under it
            self._later(self._landed, draft, card, Forecast(reason=f"{type(error).__name__}: {error}"))
            raise
        self._later(self._landed, draft, card, forecast)

    def _landed(self, draft: Draft, card: Card | None, forecast: Forecast) -> None:
        """Take what a simulation found; begin the next one if the draft or the card is another one meanwhile."""
        self._under_way = False
        self.known = replace(self.known, simulating=False)
        if self._draft is None or self._draft.text != draft.text or _title(self.known.card) != _title(card):
            self._simulate()
        elif forecast.estimates:
            self._simulated = draft
            self.known = replace(self.known, forecast=forecast, failed="")
        else:
            self.known = replace(self.known, failed=forecast.reason)

    def look_away(self) -> None:
        """Follow no draft any more."""
        self._draft = None
        self.rest()

    def rest(self) -> None:
        """Let go of the process that simulates, which holds half a GiB, unless it works; an edit starts another."""
        if not self._under_way:
            self._predictor.close()
            self._predictor = Predictor()

    def on_unmount(self) -> None:
        """End the process that simulates."""
        self._closed = True
        self._predictor.close()

    # the card

    def cards(self) -> list[Choice]:
        """What can be chosen as a card."""
        found = self.known.card if self.card_name == AUTO else None
        auto = f"{found.name}, {gib(found.total_bytes)}" if found else "the GPU of this machine"
        return [Choice(AUTO, auto), *(Choice(row.name, f"{row.memory_gib} GiB") for row in CARDS.values())]

    def choose_card(self, name: str) -> None:
        """Judge on another card."""
        self.card_name = name
        if self._draft is not None:
            self.look(self._draft)

    def _found(self, card: Card | None, reason: str) -> None:
        self.known = replace(self.known, card=card, no_card=reason)


def _title(card: Card | None) -> tuple[str, int] | None:
    """What a simulation depends on of a card; what is used of it changes all the time."""
    return (card.name, card.total_bytes) if card else None


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

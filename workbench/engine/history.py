"""All that a run has told, as curves and the newest facts: read in portions by one thread, kept by another.

The reading thread folds events into a ``Portion`` for at most some milliseconds and hands it over; whoever shows the
run adds portions to its ``History`` at almost no cost, so that a log of any length never holds up a screen.
"""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.engine.curves import NAN, Curve
from workbench.engine.events import Event, EventReader
from workbench.engine.run import Run
from workbench.engine.run_state import RunState, fold, settle
from workbench.engine.tell import log_line

STEP_KEYS = ("loss", "eval_loss", "learning_rate", "grad_norm", "tokens_per_s", "seconds")
"""Fields that are curves over the steps."""
TOLD_OF_STEPS = {"step": STEP_KEYS, "evaluated": ("eval_loss",)}
"""The kinds of events that hold them; the seconds of a look at the validation rows are not those of a step."""
SAMPLE_KEYS = frozenset(
    {"rss_bytes", "device_used_bytes", "process_bytes", "allocated_bytes", "reserved_bytes"}
    | {"utilization", "temperature_celsius", "power_watts"}
)
"""Fields that are curves over the seconds that the run has worked."""
MEASURED = ("memory", "step")
"""The kinds that hold them as they were measured; a prediction has fields of the same names."""
SCORE = "score "
"""How the keys of curves over answered questions begin; the data set and the stage follow."""
INFINITY = float("inf")
SAID_S = 10.0
"""Steps and answers are told in the log so often, in seconds of the run."""
HELD = ("step", "memory", "sample")
"""Of events of these kinds only the last one counts in a state, so that the others need not be folded."""
ODD = (KeyError, TypeError, ValueError, AttributeError)
"""What an event raises whose fields are not those of a run."""


class Points:
    """New points of one curve."""

    def __init__(self) -> None:
        self.xs, self.ys = array("d"), array("d")


@dataclass
class Portion:
    """What was read at one go.

    Args:
        state: The run's state after it.
        points: New points by key.
        memory: The newest look at memory in it; None for none.
        lines: What is said of it, for a log.
        worked_s: Seconds of work up to its last event, without the pauses between attempts.
        attempts: Workers so far.
        asked: What the worker was asked for and has not done yet: "stop", "checkpoint" or nothing.
        more: Whether there is more to read at once.
    """

    state: RunState
    points: dict[str, Points] = field(default_factory=dict)
    memory: dict[str, Any] | None = None
    lines: list[str] = field(default_factory=list)
    worked_s: float = 0.0
    attempts: int = 0
    asked: str = ""
    more: bool = False

    @property
    def is_news(self) -> bool:
        """Whether there is any event in it."""
        return bool(self.points or self.memory or self.lines)


class HistoryReader:
    """The reading end, for one thread."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._reader = EventReader(run.events_file)
        self._waiting: Iterator[Event] = iter(())
        self._state = RunState()
        self._held: dict[str, Event] = {}
        self._begun_s = self._last_s = self._before_s = 0.0
        self._attempts = 0
        self._told_s = -SAID_S
        self._sampled_s = -1.0

    def read(self, limit_s: float = 0.05) -> Portion:
        """The events since the last call, as far as ``limit_s`` reaches, and the run's state after them."""
        portion = Portion(self._state)
        until = time.monotonic() + limit_s
        while event := self._next():
            self._take(event, portion)
            if time.monotonic() > until:
                portion.more = True
                break
        portion.state, portion.attempts = self._folded(portion), self._attempts
        portion.worked_s, portion.asked = self._worked_s(self._last_s), _asked(self.run)
        if not portion.more:
            portion.state = settle(self.run, portion.state, lambda: self._rest(portion))
        return portion

    def _next(self) -> Event | None:
        event = next(self._waiting, None)
        if event is None:
            self._waiting = self._reader.read()
            event = next(self._waiting, None)
        return event

    def _rest(self, portion: Portion) -> RunState:
        while event := self._next():
            self._take(event, portion)
        return self._folded(portion)

    def _take(self, event: Event, portion: Portion) -> None:
        try:
            self._clock(event)
            self._sort(event, portion)
        except ODD as error:
            _refuse(event, error, portion)
            return
        self._held.pop(event.kind, None)
        self._held[event.kind] = event
        if event.kind not in HELD:
            self._folded(portion)

    def _folded(self, portion: Portion) -> RunState:
        """The state after all events so far."""
        for event in self._held.values():
            try:
                self._state = fold(self._state, event)
            except ODD as error:
                _refuse(event, error, portion)
        self._held.clear()
        return self._state

    def _clock(self, event: Event) -> None:
        if event.kind == "started":
            self._before_s = self._worked_s(self._last_s)
            self._begun_s = event.time_s
            self._attempts += 1
        self._last_s = event.time_s

    def _worked_s(self, time_s: float) -> float:
        return self._before_s + max(0.0, time_s - self._begun_s) if self._begun_s else 0.0

    def _sort(self, event: Event, portion: Portion) -> None:
        worked_s = self._worked_s(event.time_s)
        if event.kind in TOLD_OF_STEPS:
            _collect(portion, event.fields, TOLD_OF_STEPS[event.kind], float(event.fields["step"]))
        if event.kind in MEASURED and event.fields.keys() & SAMPLE_KEYS:
            # Two looks in one moment, the last of a stage and the first of the next, are two points.
            self._sampled_s = max(worked_s, math.nextafter(self._sampled_s, math.inf))
            _collect(portion, event.fields, SAMPLE_KEYS, self._sampled_s)
        if event.kind == "memory" and "rss_bytes" in event.fields:
            portion.memory = event.fields
        elif event.kind == "sample":
            key = f"{SCORE}{event.fields.get('dataset', '')} · {self._state.stage}"
            _collect(portion, {key: event.fields.get("score")}, (key,), float(event.fields["done"]))
        self._say(event, worked_s, portion)

    def _say(self, event: Event, worked_s: float, portion: Portion) -> None:
        if event.kind in ("step", "sample"):
            if worked_s < self._told_s + SAID_S:
                return
            self._told_s = worked_s
        line = log_line(event)
        if line:
            portion.lines.append(line)


def _refuse(event: Event, error: Exception, portion: Portion) -> None:
    portion.lines.append(f"an event of kind {event.kind!r} cannot be read: {error!r}")


def _asked(run: Run) -> str:
    requests = (("stop", run.stop_file), ("checkpoint", run.checkpoint_file))
    return next((name for name, file in requests if file.exists()), "")


def _collect(portion: Portion, fields: dict[str, Any], keys: Iterable[str], x: float) -> None:
    for key in keys:
        if key in fields:
            points = portion.points.get(key) or portion.points.setdefault(key, Points())
            points.xs.append(x)
            points.ys.append(_finite(fields[key]))


def _finite(value: Any) -> float:
    return float(value) if isinstance(value, (float, int)) and -INFINITY < value < INFINITY else NAN


class History:
    """What is known of a run.

    Attributes:
        state: Its state.
        memory: The newest look at memory; empty before the first.
        worked_s: Seconds of work up to the last event.
        attempts: Workers so far.
        asked: What the worker was asked for and has not done yet.
        loaded: Whether everything that was there has been read.
    """

    def __init__(self) -> None:
        self.state = RunState()
        self.memory: dict[str, Any] = {}
        self.worked_s = 0.0
        self.attempts = 0
        self.asked = ""
        self.loaded = False
        self._curves: dict[str, Curve] = {}

    def add(self, portion: Portion) -> None:
        """Take a portion in; portions come in the order in which they were read."""
        self.state, self.attempts, self.worked_s = portion.state, portion.attempts, portion.worked_s
        self.asked, self.memory = portion.asked, portion.memory or self.memory
        self.loaded = self.loaded or not portion.more
        for key, points in portion.points.items():
            self.curve(key).extend(points.xs, points.ys)

    def curve(self, key: str) -> Curve:
        """The curve of a field; without points when the run has not told it."""
        return self._curves.setdefault(key, Curve())

    def scores(self) -> list[str]:
        """The keys of the curves over answered questions."""
        return [key for key in self._curves if key.startswith(SCORE)]

    def fact(self, kind: str, key: str) -> Any:
        """A field of the last event of a kind; None when there was none."""
        return self.state.fields.get(kind, {}).get(key)

    def elapsed_s(self, now_s: float) -> float | None:
        """Seconds of work until now; None before it has started."""
        if self.state.started_s is None:
            return None
        waiting = now_s - self.state.last_s if self.state.status == "running" and self.state.last_s else 0.0
        return self.worked_s + max(0.0, waiting)

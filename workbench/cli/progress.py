"""Watch a run: a progress line on a terminal, plain lines without one, or each event as JSON."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from workbench.cli.output import NOT_AVAILABLE, console, emit_json, number_text, printable, say, size_text, time_text
from workbench.engine.tell import event_line
from workbench.errors import InputError

if TYPE_CHECKING:
    from workbench.engine.events import Event
    from workbench.engine.run import Run
    from workbench.engine.run_state import RunState

PLAIN_STEPS = 10
PLAIN_S = 10.0
"""Without a terminal a line is printed after so many steps or seconds, whichever comes first."""

Tell = Callable[["Event | None", "RunState"], None]
Latest = dict[str, dict[str, Any]]
"""The fields of the last event of each kind since the stage began; those of ``memory`` outlive it."""


def follow_to_end(run: Run, as_json: bool, stop_on_interrupt: bool, since_s: float = 0.0) -> RunState:
    """Print what happens in a run until it has ended.

    Args:
        run: The run.
        as_json: One JSON line an event on stdout instead of text on stderr.
        stop_on_interrupt: Whether ctrl+c stops the run; else it raises KeyboardInterrupt here.
        since_s: Older events, in seconds since 1970, are not told again.

    Returns:
        The last state.
    """
    from workbench.engine.follow import follow
    from workbench.engine.run_state import RunState

    handled, state = 0, RunState()
    counting = _counted_interrupts() if stop_on_interrupt else nullcontext(lambda: 0)
    with _teller(as_json) as tell, counting as interrupts:
        for event, state in follow(run):
            if event is None or event.time_s >= since_s:
                tell(event, state)
            if interrupts() > handled:
                handled += 1
                _ask_to_stop(run, now=handled > 1)
    return state


@contextmanager
def _counted_interrupts() -> Iterator[Callable[[], int]]:
    """Count ctrl+c instead of raising: the loop acts between two events, where nothing is half printed."""
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: count
    finally:
        signal.signal(signal.SIGINT, before)


def _ask_to_stop(run: Run, now: bool) -> None:
    from workbench.engine import launch

    said = (
        "ending the run at once" if now else "stopping after this step, with a checkpoint; ctrl+c again ends it at once"
    )
    say(said)
    try:
        launch.stop(run, now=now)
    except InputError as error:  # it ended by itself meanwhile; its end is told next
        say(str(error))


@contextmanager
def _teller(as_json: bool) -> Iterator[Tell]:
    if as_json:
        yield _tell_json
    elif sys.stderr.isatty():
        with _live() as tell:
            yield tell
    else:
        yield _plain()


def _tell_json(event: Event | None, _: RunState) -> None:
    if event:
        emit_json({"time_s": event.time_s, "kind": event.kind, **event.fields}, indent=None)


@contextmanager
def _live() -> Iterator[Tell]:
    """One line at the bottom that is redrawn; stages and notes stay above it."""
    from rich.live import Live
    from rich.text import Text

    latest: Latest = {}
    with Live(Text(""), console=console(stderr=True), refresh_per_second=8, transient=True) as live:

        def tell(event: Event | None, state: RunState) -> None:
            if event:
                _remember(latest, event)
                line = event_line(event)
                if line:
                    live.console.print(Text(printable(line)))
            live.update(Text(printable(progress_line(state, latest)), no_wrap=True, overflow="ellipsis"))

        yield tell


def _plain() -> Tell:
    latest: Latest = {}
    told_s, told_step = 0.0, 0

    def tell(event: Event | None, state: RunState) -> None:
        nonlocal told_s, told_step
        if event is None:
            return
        _remember(latest, event)
        line = event_line(event)
        if line:
            say(line)
            told_s, told_step = event.time_s, state.step
        elif event.kind in ("step", "sample") and (_is_last(event) or _is_due(event, told_s, state.step - told_step)):
            say(progress_line(state, latest))
            told_s, told_step = event.time_s, state.step

    return tell


def _is_due(event: Event, told_s: float, steps: int) -> bool:
    return event.time_s - told_s >= PLAIN_S or steps >= PLAIN_STEPS


def _is_last(event: Event) -> bool:
    done, total = ("done", "total") if event.kind == "sample" else ("step", "total_steps")
    return event.fields.get(done) is not None and event.fields.get(done) == event.fields.get(total)


def _remember(latest: Latest, event: Event) -> None:
    if event.kind == "stage":
        memory = latest.get("memory", {})
        latest.clear()
        latest["memory"] = memory
    if event.kind == "asking":
        latest.pop("sample", None)
    if event.kind == "memory" and "rss_bytes" not in event.fields:
        return  # the allocator's peaks, not a look at what is in use now
    latest[event.kind] = event.fields


def progress_line(state: RunState, latest: Latest) -> str:
    """Where a run is, on one line: stage, step, loss, tokens/s, time left, memory now."""
    parts = [state.stage or state.status]
    if "sample" in latest:
        parts += _evaluating(latest["sample"])
    elif "asking" in latest:
        asking = latest["asking"]
        parts += [f"{asking.get('dataset', '')} {asking.get('done')}/{asking.get('total')}", "first batch"]
    elif "step" in latest:
        parts += _training(latest["step"])
    return "  ".join([*parts, memory_text(latest.get("memory", {}))])


def _training(step: dict[str, Any]) -> list[str]:
    speed = step.get("tokens_per_s")
    return [
        f"step {step.get('step')}/{step.get('total_steps') or '?'}",
        f"loss {number_text(step.get('loss'))}",
        f"{NOT_AVAILABLE if speed is None else f'{speed:,.0f}'} tokens/s",
        f"ETA {time_text(step.get('eta_s'))}",
    ]


def _evaluating(sample: dict[str, Any]) -> list[str]:
    metric = sample.get("metric", "score")
    done = f"{sample.get('done')}/{sample.get('total')}"
    return [f"{sample.get('dataset', '')} {done}", f"{metric} {number_text(sample.get('score'))}"]


def memory_text(memory: dict[str, Any]) -> str:
    """The memory in use: the process's share of the GPU, or its resident memory and why there is no GPU figure.

    >>> memory_text({"rss_bytes": 2**30, "reason": "no CUDA device"})
    'RSS 1.00 GiB, GPU n/a (no CUDA device)'
    """
    if not memory:
        return f"memory {NOT_AVAILABLE} (no sample yet)"
    used, own = memory.get("device_used_bytes"), memory.get("process_bytes")
    if own is not None:
        return f"GPU {size_text(own)}"
    if used is not None:
        return f"GPU {size_text(used)} (all processes)"
    return f"RSS {size_text(memory.get('rss_bytes'))}, GPU {size_text(None, memory.get('reason', ''))}"

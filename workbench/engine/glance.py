"""What a long log says, from its beginning, its end and a few places between: enough for a line in a list."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from workbench.engine.events import Event, parse_event
from workbench.engine.run_state import RunState, fold

HEAD_BYTES = 4096
TAIL_BYTES = 32768
CHUNK_BYTES = 4096
WIDTH = 16
"""A sparkline is made of so many losses, or up to twice as many."""
STEP = b'"kind": "step"'


@dataclass
class Curve:
    """Some losses of a run, evenly spread over its steps; None is a loss that was no number.

    Args:
        points: Step and loss, by step.
    """

    points: list[tuple[int, float | None]] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Take a step event in, if it is far enough from the last one; a later telling of a step counts."""
        step, total = int(event.fields["step"]), int(event.fields.get("total_steps") or 0)
        loss = event.fields.get("loss")
        while self.points and self.points[-1][0] >= step:
            self.points.pop()
        if not self.points or step >= self.points[-1][0] + total / (2 * WIDTH):
            self.points.append((step, None if loss is None else float(loss)))


@dataclass(frozen=True)
class Glance:
    """What was seen of a log.

    Args:
        state: As a fold of the whole log would give it, but for ``fields``, which lacks kinds that were not seen.
        curve: Some of its losses.
        offset: Bytes up to the end of the last whole line; ``EventReader`` goes on from there.
    """

    state: RunState
    curve: Curve
    offset: int


def glance(path: Path) -> Glance:
    """Look at a log without reading all of it; nothing when it is not there.

    Raises:
        OSError, ValueError, KeyError, TypeError: It cannot be read, or its lines are not those of a run.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return Glance(RunState(), Curve(), 0)
    try:
        return _glance(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def _glance(descriptor: int, size: int) -> Glance:
    window = min(size, TAIL_BYTES)
    while True:
        tail = os.pread(descriptor, window, size - window)
        begin = tail.find(b"\n") + 1 if window < size else 0  # it may begin inside a line
        end = tail.rfind(b"\n") + 1
        found = _last_of_each(tail[begin:end])
        if window >= size or {"step", "stage"} <= set(found):
            break
        window = min(size, window * 16)  # a stage may have begun long ago, and many answers may follow the last step
    head = os.pread(descriptor, HEAD_BYTES, 0).partition(b"\n")[0] if window < size else b""
    state = RunState()
    for line in (head, *(line for _, line in sorted(set(found.values())))):
        event = parse_event(line)
        state = state if event is None else fold(state, event)
    place, line = found.get("step", (0, b""))
    trained = size - window + begin + place + len(line) + 1  # answers may follow the last step
    return Glance(state, _curve(descriptor, trained) if line else Curve(), size - window + end)


def _last_of_each(lines: bytes) -> dict[str, tuple[int, bytes]]:
    """Begin and text of the last line of each kind that a state depends on, and of the first and the last line."""
    # quotes inside a text are escaped, so these words stand in no text
    places = {kind: lines.rfind(f'"kind": "{kind}"'.encode()) for kind in ("started", "stage", "step", "ended")}
    places |= {"first": lines.find(b'"kind": "started"'), "last": len(lines) - 2}
    found = {}
    for kind, place in places.items():
        if place >= 0:
            begin = lines.rfind(b"\n", 0, place) + 1
            found[kind] = (begin, lines[begin : lines.find(b"\n", place)])
    return found


def _curve(descriptor: int, size: int) -> Curve:
    """The losses of the first step in each of some places, evenly spread over so many bytes, and of the last one."""
    curve, seen = Curve(), 0
    for number in range(WIDTH):
        seen = _take_step(curve, descriptor, max(seen, size * number // WIDTH)) or seen
    _take_step(curve, descriptor, max(seen, size - CHUNK_BYTES), last=True)
    return curve


def _take_step(curve: Curve, descriptor: int, begin: int, last: bool = False) -> int:
    """Take in the first or last step line that lies whole in a chunk; returns where it ends, 0 when there is none."""
    chunk = os.pread(descriptor, CHUNK_BYTES, begin)
    first = chunk.find(b"\n") if begin else 0  # the chunk begins inside a line
    end = chunk.rfind(b"\n") + 1
    place = chunk.rfind(STEP, first, end) if last else chunk.find(STEP, first, end)
    if first < 0 or place < 0:
        return 0
    stop = chunk.find(b"\n", place)
    event = parse_event(chunk[chunk.rfind(b"\n", 0, place) + 1 : stop])
    if event is not None:
        curve.add(event)
    return begin + stop

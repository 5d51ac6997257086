"""The three lines of numbers of the Live screen. What is unknown is n/a, with the reason.

Each line takes the width it may have: what stands elsewhere on the screen, or matters less, gives way first.
"""

from __future__ import annotations

from typing import Any

from textual.content import Content

from workbench.engine.follow import ENDED
from workbench.engine.history import History
from workbench.engine.run_state import RunState
from workbench.tui.live.charts import celsius, none_so_far, own_key, precise, predicted, watts
from workbench.tui.safe import one_line
from workbench.tui.states import state_content
from workbench.tui.widgets import axis
from workbench.tui.widgets.fit import Part, fitted, part
from workbench.tui.widgets.sparkline import sparkline

SPARKS = (8, 4)
"""Cells of the curve of tokens/s."""
BEFORE = {"starting": "loading the libraries", "data": "reading rows and weights", "audit": "checking the rows"}
"""What the stages do in which there is neither a step nor an answer."""
SLOW_S = 5.0
"""A batch that takes longer is said to be awaited."""
ASKED = {
    "stop": ("stops after this step", "stop asked for"),
    "checkpoint": ("checkpoint after this step", "checkpoint asked for"),
}
"""What is said of a request that the worker has not seen yet, at length and in short."""
SHORT = 12
"""Characters of a name or a reason where there is little room."""
RESUMABLE = ("failed", "stopped", "lost")


def progress(history: History, now_s: float, ascii_only: bool = False, width: int | None = None) -> Content:
    """State, stage, steps or questions done, time left, time spent; how it ended and what to do about it."""
    if not history.loaded:
        return Content("reading the log")
    state = history.state
    parts = [part(state_content(state.status, ascii_only)), *_where(history, now_s)]
    if history.asked and state.status == "running":
        parts.append(part(*(Content.styled(said, "bold") for said in ASKED[history.asked]), worth=2))
    if history.attempts > 1:
        parts.append(part(f"attempt {history.attempts}", "", worth=5))
    parts.append(part(f"elapsed {_or_reason(history.elapsed_s(now_s), axis.time, 'not started')}"))
    if state.status == "running":
        parts.append(part(*_eta(history), worth=3))
    if state.status in RESUMABLE:
        parts.append(part(Content.styled("R resumes", "bold")))
    line = fitted(parts, width)
    if state.reason:  # as much of it as there is room for: the log has the whole
        line = Content("  ").join([line, Content(one_line(state.reason))])
    return line if width is None else line.truncate(width, ellipsis=True)


def _where(history: History, now_s: float) -> list[Part]:
    state = history.state
    running = state.status == "running"
    stage = [part(one_line(state.stage))] if state.stage and running else []
    awaited = [part(said, "", worth=6) for said in (_awaited(state, now_s) if running else [])]
    if state.stage.startswith("evaluate"):
        return [*stage, *_answered(state.fields), *awaited]
    if state.total_steps:
        share = part(f"{state.step / state.total_steps:.0%}", "", worth=1)
        return [*stage, part(f"step {state.step}/{state.total_steps}"), share, *awaited]
    return [*stage, *(awaited or [part(f"step {state.step or 'n/a'}")])]


def _awaited(state: RunState, now_s: float) -> list[str]:
    """What comes next and how long it has been waited for: nothing else moves while a model loads or first answers."""
    waited_s = now_s - (state.waited_from_s or now_s)
    sample, is_asked = state.fields.get("sample"), "asking" in state.fields
    if state.stage == "train":
        what = "" if state.step else "first step"
    elif not state.stage.startswith("evaluate"):
        what = BEFORE.get(state.stage, "")
    elif sample:
        what = "next batch" if sample.get("done") != sample.get("total") and waited_s >= SLOW_S else ""
    else:
        what = "first batch" if is_asked else "loading the model"
    return [f"{what} {axis.time(waited_s)}"] if what else []


def _answered(fields: dict[str, dict[str, Any]]) -> list[Part]:
    """The test set that is being asked with how much of it is answered; its score once there is one."""
    told = fields.get("sample") or fields.get("asking")
    if not told:
        return []
    done = f"{told.get('done')}/{told.get('total')}"
    parts = [part(*(f"{one_line(told.get('dataset'), most)} {done}" for most in (0, SHORT)), worth=4)]
    if "score" in told:
        score = _or_reason(told["score"], axis.number, "no number")
        parts.append(part(f"{one_line(told.get('metric', 'score'))} {score}"))
    return parts


def _eta(history: History) -> tuple[str, ...]:
    if not history.state.step:
        return ("ETA n/a (no step done yet)",)
    if history.state.stage != "train":
        return "ETA n/a (known only while it trains)", "ETA n/a (not training)", ""
    return (f"ETA {_or_reason(history.fact('step', 'eta_s'), axis.time, 'not told')}",)


def training(history: History, ascii_only: bool = False, width: int | None = None) -> Content:
    """Loss, that of validation rows, tokens/s with a sparkline, learning rate, gradient norm, checkpoint.

    Why some are unknown comes last.
    """
    step: dict[str, Any] = history.state.fields.get("step", {})
    parts = [
        part(f"loss {_or_unknown(step.get('loss'), precise)}"),
        *_eval_loss(history),
        part(*_speeds(history, step.get("tokens_per_s"), ascii_only)),
        part(f"lr {_or_unknown(step.get('learning_rate'), axis.number)}"),
        part(f"grad {_or_unknown(step.get('grad_norm'), axis.number)}"),
        part(f"ckpt {_saved(history, ascii_only)}"),
    ]
    told = ("loss", "tokens_per_s", "learning_rate", "grad_norm")
    if any(step.get(key) is None for key in told):
        none = f"(n/a: {none_so_far('step', 'done', history)})"
        parts.append(part("(n/a: no number told)", "(n/a: not told)", worth=1) if step else part(none))
    return fitted(parts, width)


def _speeds(history: History, newest: Any, ascii_only: bool) -> list[str]:
    """Tokens/s with the last ones as a curve, a shorter curve, or none: it is a chart of its own."""
    said = f"tok/s {_or_unknown(newest, _thousands)}"
    recent = history.curve("tokens_per_s").ys[-64:]
    return [*(f"{said} {sparkline(recent, cells, ascii_only)}".rstrip() for cells in SPARKS), said]


def _eval_loss(history: History) -> list[Part]:
    looked = history.state.fields.get("evaluated")
    return [part(f"eval {_or_unknown(looked.get('eval_loss'), precise)}")] if looked else []


def _saved(history: History, ascii_only: bool) -> str:
    saved = history.state.fields.get("saved")
    if not saved:
        return "none" if history.state.status in ENDED else "none yet"
    done = "+" if ascii_only else "✓"
    return f"{saved['step']} {done}" if "step" in saved else f"{one_line(saved.get('what'))} {done}"


def memory(history: History, width: int | None = None) -> Content:
    """The memory in use, its peak, the capacity and the prediction; what else the driver tells."""
    sample, foretold = history.memory, predicted(history)
    if not sample:
        return Content(f"memory n/a ({none_so_far('sample', 'taken', history)})")
    told = _gpu(history) if "device_used_bytes" in sample else _process(history)
    return fitted([*told, part(foretold.name if foretold else "predicted n/a (none made)"), *_machine(sample)], width)


def _process(history: History) -> list[Part]:
    sample, peak = history.memory, history.curve("rss_bytes").peak
    reason = sample.get("reason") or "the driver does not tell"
    return [
        part(f"RSS {_size(sample.get('rss_bytes'))}"),
        part(f"peak {_size(peak)}"),
        _unknown("VRAM", reason),
    ]


def _gpu(history: History) -> list[Part]:
    sample, key = history.memory, own_key(history)
    own, whose = history.curve(key), "own" if key == "process_bytes" else "torch"
    known = part(f"VRAM {whose} {_size(own.last)}")
    return [
        known if own.last is not None else _unknown("VRAM own", sample.get("reason") or "no share told"),
        part(f"peak {_size(own.peak)}"),
        part(f"device {_size(sample['device_used_bytes'])}/{_size(sample.get('device_total_bytes'))}"),
    ]


def _unknown(what: str, reason: object) -> Part:
    return part(*(f"{what} n/a ({one_line(reason, most)})" for most in (0, 2 * SHORT, SHORT)), worth=4)


def _machine(sample: dict[str, Any]) -> list[Part]:
    """What else the driver tells; the page "machine" draws it, so that it may go from here."""
    told = (("utilization", axis.percent), ("temperature_celsius", celsius), ("power_watts", watts))
    found = [(key, form) for key, form in told if key in sample]
    return [part(form(sample[key]), "", worth=len(told) - place) for place, (key, form) in enumerate(found)]


def _thousands(value: float) -> str:
    return f"{value:,.0f}"


def _size(value: float | None) -> str:
    return "n/a" if value is None else axis.size(value)


def _or_unknown(value: Any, form: axis.Format) -> str:
    return form(value) if isinstance(value, float | int) else "n/a"


def _or_reason(value: Any, form: axis.Format, reason: str) -> str:
    """The number as text, or n/a with the reason when it is none."""
    return form(value) if isinstance(value, float | int) else f"n/a ({reason})"

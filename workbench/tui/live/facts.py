"""The three lines of numbers of the Live screen. What is unknown is n/a, with the reason."""

from __future__ import annotations

from typing import Any

from textual.content import Content

from workbench.engine.history import History
from workbench.engine.run_state import RunState
from workbench.tui.live.charts import celsius, own_key, precise, predicted, watts
from workbench.tui.safe import one_line
from workbench.tui.states import state_content
from workbench.tui.widgets import axis
from workbench.tui.widgets.sparkline import sparkline

SPARK = 8
BEFORE = {"starting": "loading the libraries", "data": "reading rows and weights", "audit": "checking the rows"}
"""What the stages do in which there is neither a step nor an answer."""
SLOW_S = 5.0
"""A batch that takes longer is said to be awaited."""
ASKED = {"stop": "stops after this step", "checkpoint": "checkpoint after this step"}
"""What is said of a request that the worker has not seen yet."""
RESUMABLE = ("failed", "stopped", "lost")


def progress(history: History, now_s: float, ascii_only: bool = False) -> Content:
    """State, stage, steps or questions done, time left, time spent; how it ended and what to do about it."""
    if not history.loaded:
        return Content("reading the log")
    state = history.state
    parts = [state_content(state.status, ascii_only), *map(Content, _where(history, now_s))]
    if history.asked and state.status == "running":
        parts.append(Content.styled(ASKED[history.asked], "bold"))
    if history.attempts > 1:
        parts.append(Content(f"attempt {history.attempts}"))
    parts.append(Content(f"elapsed {_or_reason(history.elapsed_s(now_s), axis.time, 'not started')}"))
    if state.status == "running":
        parts.append(Content(f"ETA {_eta(history)}"))
    if state.status in RESUMABLE:
        parts.append(Content.styled("R resumes", "bold"))
    if state.reason:
        parts.append(Content(one_line(state.reason)))
    return Content("  ").join(parts)


def _where(history: History, now_s: float) -> list[str]:
    state = history.state
    running = state.status == "running"
    stage = [one_line(state.stage)] if state.stage and running else []
    awaited = _awaited(state, now_s) if running else []
    if state.stage.startswith("evaluate"):
        return [*stage, *_answered(state.fields), *awaited]
    if state.total_steps:
        return [*stage, f"step {state.step}/{state.total_steps}", f"{state.step / state.total_steps:.0%}"]
    return [*stage, *(awaited or [f"step {state.step or 'n/a'}"])]


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


def _answered(fields: dict[str, dict[str, Any]]) -> list[str]:
    """The test set that is being asked with how much of it is answered; its score once there is one."""
    told = fields.get("sample") or fields.get("asking")
    if not told:
        return []
    parts = [f"{one_line(told.get('dataset'))} {told.get('done')}/{told.get('total')}"]
    if "score" in told:
        parts.append(f"{one_line(told.get('metric', 'score'))} {_or_reason(told['score'], axis.number, 'no number')}")
    return parts


def _eta(history: History) -> str:
    if not history.state.step:
        return "n/a (no step yet)"
    if history.state.stage != "train":
        return "n/a (known only while it trains)"
    return _or_reason(history.fact("step", "eta_s"), axis.time, "not told")


def training(history: History, ascii_only: bool = False) -> Content:
    """Loss, that of validation rows, tokens/s with a sparkline, learning rate, gradient norm, checkpoint.

    Why some are unknown comes last.
    """
    step: dict[str, Any] = history.state.fields.get("step", {})
    recent = sparkline(history.curve("tokens_per_s").ys[-64:], SPARK, ascii_only)
    parts = [
        f"loss {_or_unknown(step.get('loss'), precise)}",
        *_eval_loss(history),
        f"tok/s {_or_unknown(step.get('tokens_per_s'), _thousands)} {recent}".rstrip(),
        f"lr {_or_unknown(step.get('learning_rate'), axis.number)}",
        f"grad {_or_unknown(step.get('grad_norm'), axis.number)}",
        f"ckpt {_saved(history, ascii_only)}",
    ]
    told = ("loss", "tokens_per_s", "learning_rate", "grad_norm")
    if any(step.get(key) is None for key in told):
        parts.append("(n/a: no number told)" if step else "(n/a: no step yet)")
    return Content("  ".join(parts))


def _eval_loss(history: History) -> list[str]:
    looked = history.state.fields.get("evaluated")
    return [f"eval {_or_unknown(looked.get('eval_loss'), precise)}"] if looked else []


def _saved(history: History, ascii_only: bool) -> str:
    saved = history.state.fields.get("saved")
    if not saved:
        return "none yet"
    done = "+" if ascii_only else "✓"
    return f"{saved['step']} {done}" if "step" in saved else f"{one_line(saved.get('what'))} {done}"


def memory(history: History) -> Content:
    """The memory in use, its peak, the capacity and the prediction; what else the driver tells."""
    sample = history.memory
    if not sample:
        return Content("memory n/a (no sample yet)")
    if "device_used_bytes" in sample:
        parts = [*_gpu(history), *_machine(sample)]
    else:
        peak = history.curve("rss_bytes").peak
        reason = one_line(sample.get("reason") or "the driver does not tell")
        parts = [f"RSS {_size(sample.get('rss_bytes'))}", f"peak {_size(peak)}", f"VRAM n/a ({reason})"]
    foretold = predicted(history)
    parts.insert(3, foretold.name if foretold else "predicted n/a (none made)")
    return Content("  ".join(parts))


def _gpu(history: History) -> list[str]:
    sample, own = history.memory, history.curve(own_key(history))
    share = _size(own.last) if own.last is not None else f"n/a ({one_line(sample.get('reason') or 'no share told')})"
    return [
        f"VRAM own {share}",
        f"peak {_size(own.peak)}",
        f"device {_size(sample['device_used_bytes'])}/{_size(sample.get('device_total_bytes'))}",
    ]


def _machine(sample: dict[str, Any]) -> list[str]:
    told = (("utilization", axis.percent), ("temperature_celsius", celsius), ("power_watts", watts))
    return [form(sample[key]) for key, form in told if key in sample]


def _thousands(value: float) -> str:
    return f"{value:,.0f}"


def _size(value: float | None) -> str:
    return "n/a" if value is None else axis.size(value)


def _or_unknown(value: Any, form: axis.Format) -> str:
    return form(value) if isinstance(value, float | int) else "n/a"


def _or_reason(value: Any, form: axis.Format, reason: str) -> str:
    """The number as text, or n/a with the reason when it is none."""
    return form(value) if isinstance(value, float | int) else f"n/a ({reason})"

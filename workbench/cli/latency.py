"""latency: time to the first token and per token, several runs in turns."""

from typing import Annotated, Any

import typer

from workbench.cli.options import Json, workspace_of
from workbench.cli.output import emit, emit_json, say

COLUMNS = ("run", "first token ms", "p95", "per token ms", "p95", "natural s", "new tokens", "way")


def latency(
    context: typer.Context,
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Finished runs; several are measured in turns.")],
    repeats: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    new_tokens: Annotated[int, typer.Option(min=2, help="Tokens of each answer; end tokens are ignored.")] = 64,
    as_json: Json = False,
) -> None:
    """Time prompts one by one at a forced length; the figures are kept in each run's result.

    On a CUDA GPU the first pass compiles a step of decoding, which takes a minute or two and is not timed. Where it
    cannot be compiled the reason is told, a slower way is taken, and the figures name it.
    """
    from workbench.engine.latencies import comparable, measure
    from workbench.engine.run import find

    workspace = workspace_of(context)
    chosen = [find(workspace, name) for name in runs]
    found = measure(chosen, repeats, new_tokens, lambda event: say(str(event["stage"])))
    if as_json:
        emit_json(found)
        return
    emit("  ".join(COLUMNS))
    for run in chosen:
        emit("  ".join([run.id, *_cells(found[run.id])]))
    first, *others = chosen
    for other in others:
        for reason in comparable(found[first.id], found[other.id]):
            say(f"not ranked: {first.id} and {other.id}: {reason}")


def _cells(record: dict[str, Any]) -> list[str]:
    first, each, natural = record["ttft_s"], record["tpot_s"], record["natural"]
    return [
        _interval(first, ""),
        _interval(first, "p95_"),
        _interval(each, ""),
        _interval(each, "p95_"),
        "n/a" if natural["seconds_median"] is None else f"{natural['seconds_median']:.2f}",
        "n/a" if natural["new_tokens_mean"] is None else f"{natural['new_tokens_mean']:.1f}",
        str(record["conditions"]["path"]),
    ]


def _interval(figures: dict[str, float], prefix: str) -> str:
    value = figures["p95" if prefix else "median"]
    low, high = figures[f"{prefix}low"], figures[f"{prefix}high"]
    return f"{value * 1e3:.2f} [{low * 1e3:.2f}, {high * 1e3:.2f}]"

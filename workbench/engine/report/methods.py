"""How each number of a report was made, and what it can claim: only of what the report holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.engine.compared_run import ComparedRun
from workbench.engine.comparison import Comparison
from workbench.engine.pairing import SHARED
from workbench.engine.resampling import EXACT_UP_TO, FLIPS, RESAMPLES
from workbench.engine.seeds import ENOUGH
from workbench.engine.statistics import EXACT_BELOW

INTERVALS = {
    "Wilson": "the score interval of Wilson (1927) of a share of right answers.",
    "Wilson of a mean": "the score interval of Wilson (1927) for as many right-or-wrong answers; too wide rather than "
    "too narrow for shares between 0 and 1.",
    "multinomial bootstrap": f"{RESAMPLES:,} tables of gold and answer drawn anew; an answer that could not be read is "
    "a miss of its class.",
    "bootstrap of passages": f"{RESAMPLES:,} times whole passages drawn anew, because questions on one passage stand "
    "or fall together; widened where there are few (Hesterberg 2015).",
    "bootstrap": f"{RESAMPLES:,} times the answers drawn anew, widened where there are few (Hesterberg 2015).",
    "bootstrap of rows": "rows drawn anew, their losses summed over tokens.",
    "standard error of the file": "1.96 standard errors that the imported file gives.",
}


def points(comparison: Comparison, runs: Sequence[ComparedRun]) -> Iterator[str]:
    """A sentence or two on each kind of number that is there."""
    entries = [entry for run in runs for entry in run.entries.values()]
    metrics = [metric for entry in entries for metric in entry["metrics"].values()]
    yield (
        "Intervals are of 95 %: of a hundred made this way some 95 hold the mean over all questions of this kind. They "
        "say nothing of questions of another kind."
    )
    for method in dict.fromkeys(metric.get("method", "") for metric in metrics):
        if method in INTERVALS:
            yield f"Interval, {method}: {INTERVALS[method]}"
    cells = [cell for block in comparison.blocks for line in block.lines for cell in line.cells.values()]
    if any(cell.delta is not None and not cell.unpaired for cell in cells):
        yield (
            f"Differences are taken question by question where two runs share at least {SHARED:.0%} of the questions. "
            f"Right-or-wrong scores: McNemar's test, exact below {EXACT_BELOW} pairs that differ, else mid-p, with "
            f"Newcombe's paired interval. All others: random signs ({FLIPS:,}, all of them up to {EXACT_UP_TO} "
            "clusters) and a paired bootstrap. Macro-F1: answers swapped at random."
        )
    if any(cell.unpaired for cell in cells):
        yield (
            "u: without the answers of both, differences are taken as of independent samples (Fisher's exact test and "
            "Newcombe's interval for counts). On the same questions that finds less than there is, never more."
        )
    yield (
        "Marks: better or worse at a corrected p below 0.05; equivalent when the 90 % interval of the difference lies "
        "within 2 points; else a tie, with a question mark when 5 points might not have shown. A star marks every row "
        "that no row is shown to beat: only a star that stands alone is a winner."
    )
    if any(block.seeds for block in comparison.blocks):
        yield (
            f"Rows over {ENOUGH} or more training seeds: seeds and questions are drawn anew together, the variance of "
            "few seeds is made up for, and the quantile is Student's."
        )
    yield (
        "Coverage is the share of answers that were complete and could be read; all others count as wrong. "
        "Below 95 %, or 2 points below the baseline, a row is flagged; below 80 %, or with the same answer to nine "
        "questions in ten, it has collapsed and is never best."
    )
    if any(entry["floors"] for entry in entries):
        yield "Rows named always ... are floors: what one fixed answer to every question scores. Below one is flagged."
    if any(run.entries and not run.origin for run in runs):
        yield (
            "s/prompt is the time of the batched evaluation over its prompts: it depends on the length of the answers "
            "and on the batch, and compares models only at equal batches. Memory is the peak while the stage ran, of "
            "the kind that stands beside it."
        )
    yield from dict.fromkeys(f"{run.origin}: {caveat}." for run in runs for caveat in run.caveats)

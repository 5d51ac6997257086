"""What takes a while on the Profile screen: rows as they are trained, the dry run, starting a run.

Each runs the same engine functions as the commands ``data preview`` and ``run --detach``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.engine import begin, launch
from workbench.engine.draft import Draft
from workbench.engine.fetch import fetch, model_folder
from workbench.engine.memory import judge
from workbench.errors import Problem
from workbench.profile import ModelOptions, Profile, dump
from workbench.tui.profile.aside import aside
from workbench.tui.profile.lines import Known
from workbench.tui.profile.page import Page
from workbench.tui.profile.pages import dry_run_text, rows_text
from workbench.tui.profile.summary import Summary

if TYPE_CHECKING:
    from workbench.tui.profile.screen import ProfileScreen

MIB = 2**20
ROWS = 3
"""As many rows are shown as by the command."""


async def show_rows(screen: ProfileScreen, draft: Draft) -> None:
    """Show training rows with what is trained of them."""
    answer = await _preview(screen, draft)
    if answer is not None:
        screen.app.did("workbench", "data", "preview", draft.name, "--rows", str(ROWS))
        screen.show_page(Page(f"rows of {draft.name} as they are trained", rows_text(answer)))


async def dry_run(screen: ProfileScreen, draft: Draft, summary: Summary) -> None:
    """Check the draft and audit its rows, and show what both found."""
    problems = await aside(draft.problems)
    report: dict[str, Any] | None = None
    if not any(problem.fatal for problem in problems):
        answer = await _preview(screen, draft)
        if answer is None:
            return
        report = answer["audit"]
    screen.app.did("workbench", "data", "preview", draft.name)
    screen.show_page(Page(f"dry run of {draft.name}", dry_run_text(problems, report, summary.known)))


async def start(screen: ProfileScreen, draft: Draft, problems: list[Problem], known: Known) -> None:
    """Bring what the run needs, start it detached, and show it on Live."""
    profile = draft.profile()
    short = _too_little(known)
    if short and not await screen.app.confirm(f"{draft.name} {short} Start it all the same?", "Start"):
        return
    for problem in problems:
        screen.app.notify(str(problem), severity="warning")
    await _bring(screen, profile, draft)
    with screen.busy("predicting memory and starting"):
        run = await aside(lambda: begin.begin(draft.workspace, profile, anyway=bool(short)))
    screen.app.notify(f"started {run.id}")
    await screen.app.open_run(run.id)
    screen.app.did("workbench", "run", draft.name, "--detach")


def _too_little(known: Known) -> str:
    """That the run is not expected to fit on the card of this machine; empty where it may."""
    worst = known.forecast.worst if known.forecast else None
    if worst is None or known.card is None or not known.card.detected:
        return ""
    verdict = judge(worst, known.card)
    if verdict.word != "does not fit":
        return ""
    return f"is not expected to fit on {known.card.name} ({-verdict.margin:.0%} too much)."


async def _preview(screen: ProfileScreen, draft: Draft) -> dict[str, Any] | None:
    """The answer of the preview job; None when the model would have to be fetched and that is not wanted."""
    profile = draft.profile()
    if model_folder(draft.workspace, profile.model) is None:
        name = profile.model.name
        if not await screen.app.confirm(
            f"Rendering rows needs the model {name}, which is not here. Fetch it?", "Fetch"
        ):
            return None
    await _bring(screen, profile, draft)
    arguments = {"workspace": str(draft.workspace.root), "profile": dump(profile), "name": draft.name, "count": ROWS}
    with screen.busy("rendering rows"):
        return await aside(lambda: launch.call("preview", arguments))


async def _bring(screen: ProfileScreen, profile: Profile, draft: Draft) -> None:
    """Model and data sets, fetched in a thread."""

    def fetch_model(model: ModelOptions) -> None:
        said = ""

        def show(_: str, done: int, total: int | None) -> None:
            nonlocal said
            share = f"{done / total:.0%}" if total else f"{done // MIB:,} MiB"
            if share != said:
                said = share
                screen.app.call_from_thread(screen.say_doing, f"fetching {model.name} {share}")

        fetch(draft.workspace, model.name, show, model.revision)

    with screen.busy("bringing model and data"):
        await aside(lambda: begin.bring(draft.workspace, profile, str(draft.path), fetch_model))

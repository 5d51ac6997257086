"""The forecast above the form: it follows the edits, the newest simulation wins, and a run that does not fit asks."""

import threading

import pytest

from workbench.choices.cards import CARDS
from workbench.engine import begin, launch
from workbench.engine.memory import Card, Estimate
from workbench.engine.plan import Figure, Plan
from workbench.engine.run import runs
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace
from workbench.tui.profile import forecast as forecasts
from workbench.tui.profile import summary as summaries
from workbench.tui.profile.choose import Choose
from workbench.tui.profile.forecast import Forecast
from workbench.tui.profile.lines import Known, parts_line, plan_line, plan_lines, verdict_line
from workbench.tui.profile.pane import DraftPane

GIB = 2**30
CARD = Card("RTX 4060", 8 * GIB, 0, detected=True)
TEXT = """\
[model]
name = "tiny"

[adapter]
method = "lora"
r = 8

[data]
"""


def estimate(size_gib, source="preview", stage="train"):
    parts = {"weights": int(size_gib * GIB) - 4 * 2**20, "adapter": 4 * 2**20, "context": GIB // 2}
    size = sum(parts.values()) - parts["context"]
    return Estimate(source, stage, size, None, size + parts["context"], "backward", parts, 0.15)


@pytest.fixture
def place(tmp_path, sums):
    root = tmp_path / "place"
    (root / "tiny").mkdir(parents=True)
    (root / "tiny" / "config.json").write_text('{"max_position_embeddings": 2048}')
    for name in ("model.safetensors", "tokenizer.json", "chat_template.jinja"):
        (root / "tiny" / name).touch()
    (root / "profiles").mkdir()
    (root / "profiles" / "mine.toml").write_text(TEXT + sums)
    return Workspace(root)


@pytest.fixture
def played(monkeypatch):
    """The preview says as many GiB as r; the card is played; a simulation waits until ``go`` is set."""

    class Played:
        go = threading.Event()
        asked: list[int] = []

    def r(draft):
        value = draft.tree["adapter"]["r"]
        assert isinstance(value, int)
        return value

    def simulate(draft, card, predictor):
        Played.asked.append(r(draft))
        assert Played.go.wait(20)
        return Forecast((estimate(r(draft) + 0.25, "simulation"),))

    Played.asked = []
    Played.go = threading.Event()
    monkeypatch.setattr(summaries, "PREVIEW_S", 0.01)
    monkeypatch.setattr(summaries, "SIMULATE_S", 0.02)
    monkeypatch.setattr(summaries, "preview", lambda draft, card: Forecast((estimate(r(draft)),)))
    monkeypatch.setattr(summaries, "simulate", simulate)
    monkeypatch.setattr(summaries, "detect", lambda: (CARD, ""))
    yield Played
    Played.go.set()


async def until(pilot, condition):
    while not condition():
        await pilot.pause(0.01)


async def opened(app, pilot):
    await until(pilot, lambda: app.screen.shelf.chosen == "mine")
    await pilot.press("enter")
    pane = app.screen.query_one(DraftPane)
    await until(pilot, lambda: pane.is_open)
    return pane


async def test_the_preview_comes_first_and_the_simulation_takes_its_place(drive, place, played, shown):
    async with drive(place, "profile", size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await until(pilot, lambda: "preview ±15%, simulating …" in shown(app))
        assert "✗ does not fit RTX 4060: 8.50 of 8.00 GiB, 6% too much" in shown(app)
        played.go.set()
        await until(pilot, lambda: "simulation ±15%" in shown(app))
        assert "8.75 of 8.00 GiB" in shown(app)
        assert "simulating" not in shown(app)


async def test_the_forecast_follows_each_keystroke_and_the_newest_simulation_wins(drive, place, played, shown):
    async with drive(place, "profile", size=(120, 40)) as (app, pilot):
        pane = await opened(app, pilot)
        await until(pilot, lambda: played.asked == [8])
        pane.query_one("#fields").move_to("adapter.r")
        await pilot.press("enter", "5")
        await until(pilot, lambda: "! tight" not in shown(app) and "✓ fits RTX 4060: 5.50 of 8.00 GiB" in shown(app))
        played.go.set()
        await until(pilot, lambda: "5.75 of" in shown(app))
        assert played.asked == [8, 5]
        assert pane.draft.saved != pane.draft.text


async def test_the_process_that_simulates_goes_when_the_profile_is_left(drive, place, played, monkeypatch):
    closed = []

    class Played:
        def close(self):
            closed.append(self)

    monkeypatch.setattr(summaries, "Predictor", Played)
    played.go.set()
    async with drive(place, "profile") as (app, pilot):
        pane = await opened(app, pilot)
        await until(pilot, lambda: played.asked and not pane.summary.known.simulating)
        first = pane.summary._predictor
        await pilot.press("escape")
        await until(pilot, lambda: not pane.is_open)
        assert closed == [first]
        assert pane.summary._predictor is not first


async def test_a_simulation_that_fails_leaves_the_preview_and_says_why(drive, place, played, shown, monkeypatch):
    monkeypatch.setattr(summaries, "simulate", lambda *_: Forecast(reason="no such kernel"))
    async with drive(place, "profile", size=(160, 40)) as (app, pilot):
        await opened(app, pilot)
        await until(pilot, lambda: "no simulation: no such kernel" in shown(app))
        assert "preview ±15%" in shown(app)


async def test_another_card_is_chosen_by_key_and_kept(drive, place, played, shown, settings):
    last = list(CARDS.values())[-1]
    async with drive(place, "profile", size=(120, 40)) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("G", "enter")
        await until(pilot, lambda: f"✓ fits {last.name}: 8.50 of {last.memory_bytes / GIB:.2f} GiB" in shown(app))
        played.go.set()
    assert settings.get("profile", "card") == last.name


async def test_a_run_that_does_not_fit_asks_before_it_starts(drive, place, played, monkeypatch):
    asked, real = [], begin.begin

    def begun(workspace, profile, anyway):
        asked.append(anyway)
        return real(workspace, profile, anyway)

    monkeypatch.setattr(begin, "begin", begun)
    monkeypatch.setattr(launch, "start", lambda run, verb="run": None)
    async with drive(place, "profile") as (app, pilot):
        pane = await opened(app, pilot)
        await until(pilot, lambda: pane.summary.known.forecast is not None)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert runs(place) == []
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("right", "enter")
        await until(pilot, lambda: app.current_mode == "live")
        played.go.set()
        assert len(runs(place)) == 1
        assert asked == [True]


async def test_a_run_that_the_prediction_before_its_start_refuses_says_so_and_makes_none(
    drive, place, played, monkeypatch
):
    def refused(_, __, anyway):
        assert not anyway
        raise InputError("This run needs 9.00 GiB, and RTX 4060 has 8.00 GiB.")

    monkeypatch.setattr(begin, "begin", refused)
    monkeypatch.setattr(summaries, "preview", lambda *_: Forecast((estimate(2),)))
    async with drive(place, "profile", problems=True) as (app, pilot):
        pane = await opened(app, pilot)
        await until(pilot, lambda: pane.summary.known.forecast is not None)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: any("needs 9.00 GiB" in said.text for said in app.messages.all))
        played.go.set()
        assert app.current_mode == "profile"


def test_what_cannot_be_told_is_na_with_its_reason():
    assert "n/a: not looked at yet" in verdict_line(Known()).plain
    assert "n/a: no shape" in verdict_line(Known(Forecast(reason="no shape"))).plain
    bare = verdict_line(Known(Forecast((estimate(5),)), no_card="NVML: no driver")).plain
    assert "needs 5.50 GiB" in bare
    assert "no card: C chooses one (NVML: no driver)" in bare
    assert plan_line(Known()).plain == "run    n/a"


def test_the_verdict_is_a_glyph_and_a_word():
    for size, said in ((2, "✓ fits"), (7.4, "! tight"), (9, "✗ does not fit")):
        assert said in verdict_line(Known(Forecast((estimate(size),)), CARD)).plain


def test_the_larger_stage_counts():
    both = Forecast((estimate(2), estimate(3, stage="evaluate")))
    assert "preview of evaluate ±15%" in verdict_line(Known(both, CARD)).plain


def test_small_parts_are_told_together():
    assert parts_line(Known(Forecast((estimate(5),)))).plain.strip() == "weights 5.00 + context 0.50 + rest 4M"


def test_steps_tokens_and_time_with_what_they_span():
    unknown = Figure(None, "no earlier run")
    some = Plan(Figure(40, "all training rows"), Figure(45, "train.max_steps"), unknown, unknown)
    assert plan_line(Known(plan=some, lineage="2 keys differ from x (d)")).plain == (
        "run    45 steps · n/a tokens · time n/a · 2 keys differ from x (d)"
    )
    assert "time n/a  (no earlier run)" in plan_lines(some).plain
    timed = Plan(some.rows, some.steps, Figure(12_345, "counted"), Figure(192, "from 2 runs", 180, 240))
    assert "12,345 tokens · about 3m12s (3m00s to 4m00s)" in plan_line(Known(plan=timed)).plain


def test_a_forecast_of_a_draft_that_is_no_profile_says_the_first_problem(place):
    from workbench.engine.draft import open_draft

    draft = open_draft(place, "mine")
    wrong = draft.with_text(draft.text.replace("r = 8", "r = 0\nx = 1"))
    told = forecasts.preview(wrong, None)
    assert told.reason.startswith("adapter.r: this must be greater")
    assert told.reason.endswith("(and 1 more)")
    assert forecasts.plan(wrong) is None

    class Broken:
        def predict(self, *_):
            raise WorkbenchError("The process that predicts memory ended.\nline")

    assert forecasts.simulate(draft, None, Broken()).reason == "The process that predicts memory ended."


def test_a_run_that_does_not_evaluate_is_forecast_by_its_training(place):
    from workbench.engine.draft import open_draft
    from workbench.engine.memory import Prediction
    from workbench.engine.memory.workload import Workload

    train, answer = estimate(3, "simulation"), estimate(5, "simulation", "evaluate")

    class Asked:
        def __init__(self, evaluates):
            self.found = Prediction(train, answer, answer, Workload(1, 8, 8, 1, False, ""), 1, {}, evaluates)

        def predict(self, *_):
            return self.found

    draft = open_draft(place, "mine")
    assert forecasts.simulate(draft, None, Asked(True)).worst is answer
    assert forecasts.simulate(draft, None, Asked(False)).worst is train

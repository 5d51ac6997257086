"""The Profile screen by keys alone; nothing here needs torch, and workers are played."""

import json
import threading

import pytest
from textual.widgets import Input, OptionList, Select, TextArea

from workbench.engine import launch
from workbench.engine.events import EventLog
from workbench.engine.run import create, runs
from workbench.paths import Workspace
from workbench.profile import load
from workbench.tui.profile import deeds
from workbench.tui.profile.choose import Choose
from workbench.tui.profile.editor import FieldEditor
from workbench.tui.profile.fields import FieldList
from workbench.tui.profile.new import NewProfile
from workbench.tui.profile.page import Page
from workbench.tui.profile.pane import DraftPane
from workbench.tui.profile.toml_area import TomlArea

SIZES = [(80, 24), (120, 40)]
TEXT = """\
# Mine: small.

[train]           # first, on purpose
learning_rate = 1e-3
max_steps = 40    # long enough

[model]
name = "tiny"   # the small one

[adapter]
method = "lora"
r = 8

[data]
"""


@pytest.fixture
def place(tmp_path, sums):
    """A workspace with the profile ``mine`` and a folder that looks like a model."""
    root = tmp_path / "place"
    (root / "tiny").mkdir(parents=True)
    (root / "tiny" / "config.json").write_text('{"max_position_embeddings": 2048}')
    for name in ("model.safetensors", "tokenizer.json", "chat_template.jinja"):
        (root / "tiny" / name).touch()
    (root / "profiles").mkdir()
    (root / "profiles" / "mine.toml").write_text(TEXT + sums)
    return Workspace(root)


@pytest.fixture(autouse=True)
def no_simulation(monkeypatch):
    """Nobody simulates beside these tests."""
    from workbench.tui.profile import summary

    monkeypatch.setattr(summary, "simulate", lambda *_: summary.Forecast(reason="not simulated in this test"))


async def until(pilot, condition):
    """Let the app work until something is so; the test's own limit ends it otherwise."""
    while not condition():
        await pilot.pause(0.01)


@pytest.fixture
def open_mine(drive, place):
    """The screen with ``mine`` open and checked."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def opening(size=(80, 24), problems=False):
        async with drive(place, "profile", size=size, problems=problems) as (app, pilot):
            await until(pilot, lambda: app.screen.shelf.chosen == "mine")
            await pilot.press("enter")
            pane = app.screen.query_one(DraftPane)
            await until(pilot, lambda: pane.is_open)
            await settled(pilot, pane)
            yield app, pilot, pane

    return opening


async def settled(pilot, pane):
    """Until what is shown as wrong is what is wrong with the draft."""
    await pilot.pause()
    wanted = pane.draft.problems()
    await until(pilot, lambda: list(pane.problems) == wanted)


async def go(pilot, pane, path):
    """Move the cursor to a key, with the keyboard."""
    await pilot.press("g")
    fields = pane.query_one(FieldList)
    while fields.path != path:
        before = fields.path
        await pilot.press("j")
        assert fields.path != before
    assert pane.field.path == path


def said(app):
    return [message.text for message in app.messages.all]


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
async def test_check_12_the_form_shows_its_fields_at_both_sizes(open_mine, shown, size):
    async with open_mine(size) as (app, _pilot, pane):
        lines = shown(app).splitlines()
        rows = [
            line for line in lines if any(f"  {key} " in line for key in ("name", "method", "r", "dtype", "revision"))
        ]
        assert len(rows) >= 5
        assert "✓ nothing wrong found" in shown(app)
        assert pane.query_one(FieldList).region.height >= 5
        assert pane.query_one(TomlArea).display is (size[0] >= 120)
        assert all(len(line) <= size[0] for line in lines)


async def test_check_12_the_list_of_profiles_shows_its_first_columns_at_80x24(drive, place, shown):
    async with drive(place, "profile") as (app, pilot):
        await until(pilot, lambda: app.screen.shelf.chosen == "mine")
        await pilot.pause()
        row = next(line for line in shown(app).splitlines() if "mine" in line)
        assert [word in row for word in ("tiny", "lora", "none")] == [True] * 3


async def test_an_empty_workspace_says_the_next_key(drive, empty, shown):
    async with drive(empty, "profile") as (app, pilot):
        await until(pilot, lambda: "Press ctrl+n to make one" in shown(app))


async def test_check_05_what_needs_an_open_profile_says_so_and_stays_listed(drive, place):
    keys = ("ctrl+s", "ctrl+r", "ctrl+t", "v", "D", "u", "d", "r", "f5", "n")
    async with drive(place, "profile") as (app, pilot):
        await until(pilot, lambda: app.screen.shelf.chosen == "mine")
        listed = set(app.screen.active_bindings)
        assert set(keys) <= listed
        for number, key in enumerate(keys, 1):
            await pilot.press(key)
            await until(pilot, lambda: len(said(app)) == number)  # noqa: B023 - awaited within this turn
            assert said(app)[-1] == "no profile is open: enter opens one, ctrl+n makes one"


async def test_y_copies_the_value_under_the_cursor_and_the_command_is_known(open_mine):
    async with open_mine() as (app, pilot, pane):
        assert app.command == "workbench check mine"
        await go(pilot, pane, "train.max_steps")
        await pilot.press("y")
        assert app.clipboard == "40"


async def test_known_names_are_told_and_offered(open_mine, shown):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "data.dataset")
        await pilot.pause()
        assert "such as arc, arithmetic, openmath" in shown(app)
        await pilot.press("enter", *"arit")
        line = app.focused
        await until(pilot, lambda: line._suggestion == "arithmetic")
        await pilot.press("right", "enter")
        assert pane.draft.value(pane.field) == "arithmetic"


async def test_check_09_letters_typed_in_an_input_are_text_and_nothing_else(open_mine):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "data.system")
        await pilot.press("enter")
        letters = [*"jkqsvDudrCgGpye0123456"]
        await pilot.press(*letters)
        assert isinstance(app.focused, Input)
        assert app.focused.value == "".join(letters)
        assert pane.draft.value(pane.field) == "".join(letters)
        assert app.current_mode == "profile"
        assert len(app.screen_stack) == 1
        await pilot.press("escape")
        assert pane.draft.text == pane.draft.saved
        assert isinstance(app.focused, FieldList)


async def test_check_09_letters_typed_in_the_text_are_text(open_mine):
    async with open_mine() as (app, pilot, pane):
        await pilot.press("v")
        assert isinstance(app.focused, TextArea)
        app.focused.move_cursor((0, 0))
        await pilot.press(*"qjDv1", "enter")
        assert pane.draft.text == "qjDv1\n" + pane.draft.saved
        assert app.current_mode == "profile"
        await pilot.press("escape")
        assert isinstance(app.focused, FieldList)


async def test_check_38_a_value_is_edited_in_the_form_and_comments_and_order_survive(open_mine, place):
    async with open_mine() as (app, pilot, pane):
        before = place.profile("mine").read_text()
        await go(pilot, pane, "train.max_steps")
        await pilot.press("enter", "7", "enter")
        assert place.profile("mine").read_text() == before
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not pane.draft.dirty)
        assert place.profile("mine").read_text() == before.replace("max_steps = 40", "max_steps = 7")
        assert app.screen.subject == "mine · saved"


async def test_check_38_an_invalid_value_is_marked_at_its_field_with_what_is_allowed(open_mine, shown):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "adapter.r")
        await pilot.press("enter", "0", "enter")
        await settled(pilot, pane)
        lines = shown(app).splitlines()
        at = next(place for place, line in enumerate(lines) if line.startswith("✗ r "))
        told = " ".join(line.strip() for line in lines[at + 1 : at + 4])
        assert told.startswith("✗ error this must be greater than or equal to 1 (it is 0).")
        assert "a whole number, at least 1 and at most 8192" in told
        assert "✗ 1 error" in shown(app)


async def test_check_38_an_unknown_key_names_the_nearest_and_is_never_dropped(open_mine, place, shown):
    file = place.profile("mine")
    file.write_text(file.read_text().replace("max_steps", "max_stps"))
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "train.max_stps")
        await pilot.pause()
        assert '✗ error this key is unknown. Did you mean "max_steps"?' in shown(app)
        await pilot.press("enter")
        assert "no profile has a key train.max_stps; D removes it." in said(app)[-1]
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any(text.startswith("saved") for text in said(app)))
        assert "it cannot run yet: 1 error" in said(app)[-1]
        assert "max_stps = 40" in file.read_text()
        await pilot.press("D")
        assert "max_stps" not in pane.draft.text


async def test_check_38_leaving_with_unsaved_edits_asks_and_no_is_the_safe_answer(open_mine):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "model.trust_remote_code")
        await pilot.press("space")
        assert pane.draft.dirty
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert pane.is_open
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("right", "enter")
        await until(pilot, lambda: not pane.is_open)


async def test_check_38_quitting_with_unsaved_edits_asks_once(open_mine):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "model.trust_remote_code")
        await pilot.press("space", "1")
        await until(pilot, lambda: app.current_mode == "runs")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert len(app.screen_stack) == 2
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.is_running
        await pilot.press("2")
        await until(pilot, lambda: app.current_mode == "profile")
        assert pane.draft.dirty


async def test_check_38_a_file_changed_on_disk_is_read_again_while_nothing_is_unsaved(open_mine, place):
    async with open_mine() as (app, pilot, pane):
        before = pane.draft.text
        place.profile("mine").write_text(before + "# theirs\n")
        await until(pilot, lambda: any("was changed on disk and read again" in text for text in said(app)))
        assert pane.draft.text == before + "# theirs\n"
        assert app.screen.subject == "mine · saved"
        await pilot.press("u")
        assert pane.draft.text == before
        assert pane.draft.dirty


async def test_check_38_a_file_changed_on_disk_is_noticed_and_not_written_over_unasked(open_mine, place):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "model.trust_remote_code")
        await pilot.press("space")
        mine = pane.draft.text
        theirs = place.profile("mine").read_text() + "# theirs\n"
        place.profile("mine").write_text(theirs)
        await until(pilot, lambda: any("was changed on disk. f5" in text for text in said(app)))
        assert "changed on disk" in app.screen.subject
        assert pane.draft.text == mine
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert place.profile("mine").read_text() == theirs
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("right", "enter")
        await until(pilot, lambda: not pane.draft.dirty)
        assert place.profile("mine").read_text() == mine


async def test_check_38_the_file_can_be_read_again_instead(open_mine, place):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "model.trust_remote_code")
        await pilot.press("space", "f5")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("right", "enter")
        await until(pilot, lambda: not pane.draft.dirty)
        assert pane.draft.text == place.profile("mine").read_text()


async def test_the_text_and_the_form_are_the_same_draft(open_mine, shown):
    async with open_mine((120, 40)) as (_app, pilot, pane):
        await pilot.press("v")
        area = pane.query_one(TomlArea)
        area.move_cursor((4, len("max_steps = 4")))
        await pilot.press("1")
        await until(pilot, lambda: "max_steps = 410" in pane.draft.text)
        await pilot.press("escape")
        await go(pilot, pane, "train.max_steps")
        assert pane.draft.shown(pane.field) == "410"
        await pilot.press("enter", "9", "enter")
        assert "max_steps = 9    # long enough" in area.text
        await pilot.press("u")
        assert "max_steps = 410 " in area.text
        await pilot.press("u")
        assert area.text == pane.draft.saved


async def test_the_text_shows_the_line_of_the_key_under_the_cursor(open_mine):
    async with open_mine((120, 40)) as (_app, pilot, pane):
        for path, said in (("adapter.r", "r = 8"), ("train.max_steps", "max_steps = 40")):
            await go(pilot, pane, path)
            await pilot.pause()
            area = pane.query_one(TomlArea)
            assert area.document.get_line(area.cursor_location[0]).startswith(said)


async def test_a_key_is_found_by_its_name_and_n_goes_on(open_mine):
    async with open_mine() as (app, pilot, pane):
        await pilot.press("n")
        assert said(app)[-1] == "no other key has a problem"
        await pilot.press("slash", *"SEED", "enter")
        await until(pilot, lambda: pane.field.path == "data.seed")
        await pilot.press("n")
        assert pane.field.path == "train.seed"
        await pilot.press("n")
        assert pane.field.path == "data.seed"
        await pilot.press("N")
        assert pane.field.path == "train.seed"
        await pilot.press("slash", "ctrl+u", *"nothing", "enter")
        await until(pilot, lambda: said(app)[-1] == 'no other key has "nothing"')


async def test_n_goes_from_problem_to_problem(open_mine):
    async with open_mine() as (_app, pilot, pane):
        for path in ("adapter.r", "train.max_length"):
            await go(pilot, pane, path)
            await pilot.press("enter", "0", "enter")
        await settled(pilot, pane)
        await pilot.press("g", "n")
        assert pane.field.path == "adapter.r"
        await pilot.press("n")
        assert pane.field.path == "train.max_length"


async def test_check_14_another_size_keeps_the_focus_and_the_key(open_mine):
    async with open_mine((120, 40)) as (app, pilot, pane):
        await go(pilot, pane, "adapter.r")
        for width, height in ((200, 50), (80, 24), (50, 12), (120, 40)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
        assert pane.field.path == "adapter.r"
        assert isinstance(app.focused, FieldList)
        assert pane.query_one(TomlArea).display
        await pilot.press("enter", "9")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert isinstance(app.focused, Input)
        await pilot.press("enter")
        assert pane.draft.value(pane.field) == 9


async def test_keys_with_odd_names_have_rows_of_their_own(open_mine, place):
    file = place.profile("mine")
    file.write_text('"adapter.r" = 1\n"section:model" = 2\n' + file.read_text())
    async with open_mine() as (_app, pilot, pane):
        for path, value in (('"adapter.r"', 1), ('"section:model"', 2), ("adapter.r", 8)):
            await go(pilot, pane, path)
            assert pane.draft.value(pane.field) == value
        await go(pilot, pane, '"adapter.r"')
        await pilot.press("D")
        assert pane.draft.text.startswith('"section:model" = 2\n# Mine')


async def test_a_text_that_is_no_toml_says_its_line_and_the_form_waits(open_mine, shown):
    async with open_mine((120, 40)) as (app, pilot, pane):
        await pilot.press("v")
        pane.query_one(TomlArea).move_cursor((0, 0))
        await pilot.press("[", "enter", "escape")
        await pilot.pause()
        assert "✗ error line 1:" in shown(app)
        await pilot.press("D")
        assert "line 1 of the text is no TOML" in said(app)[-1]
        await pilot.press("u")
        await settled(pilot, pane)
        assert "✓ nothing wrong found" in shown(app)


async def test_a_choice_is_picked_with_its_meaning_and_lost_keys_are_told(open_mine, shown):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "adapter.lora_alpha")
        await pilot.press("enter", "3", "2", "enter")
        await go(pilot, pane, "adapter.method")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.pause()
        assert "only two scaling vectors" in shown(app)
        await pilot.press("G", "enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert pane.draft.value(pane.field) == "vera"
        assert "adapter.vera has no lora_alpha: removed. u brings it back." in said(app)
        await pilot.press("u")
        assert "lora_alpha = 32" in pane.draft.text


async def test_the_default_of_a_field_and_what_cannot_have_one(open_mine):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "adapter.r")
        await pilot.press("D")
        assert "r = 8" not in pane.draft.text
        assert pane.draft.value(pane.field) == 16
        await go(pilot, pane, "model.name")
        await pilot.press("D", "space")
        assert "model.name has no default" in said(app)[-2]
        assert "model.name is no switch" in said(app)[-1]


async def test_check_06_a_profile_is_made_and_a_run_started_by_keyboard_alone(drive, place, monkeypatch):
    started = []

    def start(run, verb="run"):
        started.append(run)
        log = EventLog(run.events_file)
        log.append("started", schema=1, pid=1, verb=verb)
        log.append("ended", status="finished")
        log.close()

    monkeypatch.setattr(launch, "start", start)
    async with drive(place, "profile") as (app, pilot):
        await until(pilot, lambda: app.screen.shelf.chosen == "mine")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, NewProfile))
        await pilot.press(*"mine", "enter")
        await pilot.pause()
        assert isinstance(app.screen, NewProfile)
        await pilot.press(*"-r32", "tab", "tab", "tab", "enter")
        adapter = app.screen.query_one("#adapter", Select)
        await until(pilot, lambda: adapter.expanded)
        await pilot.press(*"rsl")
        await pilot.press("enter")
        await until(pilot, lambda: adapter.value == "rslora")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        pane = app.screen.query_one(DraftPane)
        assert pane.draft.saved is None
        await go(pilot, pane, "adapter.r")
        await pilot.press("enter", "3", "2", "enter", "ctrl+r")
        await until(pilot, lambda: started)
        await until(pilot, lambda: app.current_mode == "live")
        written = load(place.profile("mine-r32"))
        assert (written.adapter.method, written.adapter.r) == ("rslora", 32)
        assert started[0].profile() == written
        assert app.command == "workbench run mine-r32 --detach"


async def test_check_26_a_run_started_here_has_the_frozen_profile_of_the_command(open_mine, place, monkeypatch):
    monkeypatch.setattr(launch, "start", lambda run, verb="run": None)
    async with open_mine() as (app, pilot, _pane):
        await pilot.press("ctrl+r")
        await until(pilot, lambda: runs(place))
        here = runs(place)[0]
        await until(pilot, lambda: app.current_mode == "live")
    headless = create(place, load(place.profile("mine")))
    assert here.profile_file.read_text() == headless.profile_file.read_text()
    assert sorted(path.name for path in here.folder.iterdir()) == sorted(
        path.name for path in headless.folder.iterdir()
    )


async def test_a_draft_with_errors_does_not_start_and_leaves_nothing(open_mine, place):
    async with open_mine(problems=True) as (app, pilot, pane):
        await go(pilot, pane, "adapter.r")
        await pilot.press("enter", "0", "enter", "ctrl+r")
        await until(pilot, lambda: any("mine cannot start: adapter.r" in text for text in said(app)))
        assert runs(place) == []
        assert "r = 8" in place.profile("mine").read_text()


def played_preview(fatal=False):
    audit = {"rows": 40, "tokens": 1000, "trained_tokens": 100, "longest_tokens": 30, "problems": []}
    if fatal:
        audit["problems"] = [{"text": "train.max_length: no token would be trained.", "fatal": True}]
    return {
        "rows": [{"id": "a\x1b[31m", "pieces": [["What is [red]1?", False], ["2<|im_end|>", True]]}],
        "audit": audit,
    }


async def test_check_15_rows_show_what_is_trained_with_and_without_colour(open_mine, monkeypatch, shown):
    asked = []

    def call(verb, arguments, on_event=None):
        asked.append((verb, json.loads(json.dumps(arguments))))
        return played_preview()

    monkeypatch.setattr(launch, "call", call)
    async with open_mine() as (app, pilot, _pane):
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Page))
        await pilot.pause()
        text = app.screen.text
        assert "What is [red]1?[[2<|im_end|>]]" in text.plain
        assert "\x1b" not in text.plain
        trained = text.plain.index("[[2")
        assert any("green" in str(span.style) and span.start <= trained < span.end for span in text.spans)
        assert "100 of 1,000 tokens trained (10.0%)" in shown(app)
        assert asked[0][0] == "preview"
        assert asked[0][1]["count"] == 3
        assert app.command == "workbench data preview mine --rows 3"
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_what_takes_long_is_said_in_the_header_and_not_begun_twice(open_mine, monkeypatch):
    begun, go = [], threading.Event()

    def call(*_):
        begun.append(1)
        assert threading.current_thread().daemon  # leaving the app does not wait for it
        assert go.wait(20)
        return played_preview()

    monkeypatch.setattr(launch, "call", call)
    async with open_mine() as (app, pilot, _pane):
        await pilot.press("ctrl+t")
        await until(pilot, lambda: begun)
        assert app.screen.subject == "mine · saved · rendering rows …"
        await pilot.press("r", "ctrl+r")
        await until(pilot, lambda: said(app).count("rendering rows: wait until that is done") == 2)
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "runs")
        go.set()
        await until(pilot, lambda: "dry run of mine: ✓ this run can start" in said(app))
        assert len(app.screen_stack) == 1
        assert begun == [1]


async def test_a_model_that_is_not_here_is_fetched_only_when_that_is_wanted(open_mine, place, monkeypatch):
    fetched, go = [], threading.Event()

    def fetch(workspace, name, on_progress, revision):
        for done in (0, 1, 1, 50):
            on_progress("weights", done, 100)
        fetched.append(name)
        assert go.wait(20)

    monkeypatch.setattr(deeds, "fetch", fetch)
    monkeypatch.setattr(launch, "call", lambda *_: played_preview())
    file = place.profile("mine")
    file.write_text(file.read_text().replace('"tiny"', '"qwen3-0.6b"'))
    async with open_mine() as (app, pilot, _pane):
        for answer in ("enter", "right"):
            await pilot.press("r")
            await until(pilot, lambda: len(app.screen_stack) == 2)
            await pilot.press(answer)
            if answer == "enter":
                await until(pilot, lambda: app.screen.subject == "mine · saved")
                assert fetched == []
        await pilot.press("enter")
        await until(pilot, lambda: fetched == ["qwen3-0.6b"])
        await until(pilot, lambda: app.screen.subject == "mine · saved · fetching qwen3-0.6b 50% …")
        go.set()
        await until(pilot, lambda: isinstance(app.screen, Page))


@pytest.mark.parametrize("fatal", [False, True])
async def test_a_dry_run_checks_and_audits_and_starts_nothing(open_mine, place, monkeypatch, fatal):
    monkeypatch.setattr(launch, "call", lambda *_: played_preview(fatal))
    async with open_mine() as (app, pilot, _pane):
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert ("✗ this run would not start" if fatal else "✓ this run can start") in app.screen.text.plain
        assert ("no token would be trained" in app.screen.text.plain) is fatal
        assert runs(place) == []


async def test_a_dry_run_of_a_wrong_draft_tells_its_errors_without_the_audit(open_mine, monkeypatch):
    async with open_mine() as (app, pilot, pane):
        await go(pilot, pane, "adapter.r")
        await pilot.press("enter", "0", "ctrl+t")
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert "✗ this run would not start" in app.screen.text.plain
        assert "(adapter.r)" in app.screen.text.plain
        assert "not done: the check found errors" in app.screen.text.plain


async def test_the_difference_from_the_parent(open_mine, place, shown):
    file = place.profile("mine")
    place.profile("parent").write_text(file.read_text())
    file.write_text("# From: parent\n" + file.read_text().replace("r = 8", "r = 9"))
    async with open_mine() as (app, pilot, _pane):
        await until(pilot, lambda: "1 key differs from parent (d)" in shown(app))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, Page))
        assert "adapter.r  8  →  9" in app.screen.text.plain


async def test_a_profile_outside_of_the_folder_can_be_edited(drive, place):
    other = place.root / "elsewhere.toml"
    other.write_text(place.profile("mine").read_text())
    async with drive(place, "runs") as (app, pilot):
        await app.open_profile(other)
        await until(pilot, lambda: app.current_mode == "profile" and app.screen.query_one(DraftPane).is_open)
        pane = app.screen.query_one(DraftPane)
        assert (pane.draft.path, pane.draft.profile().name) == (other, "elsewhere")


async def test_another_screen_opens_a_profile(drive, place):
    async with drive(place, "runs") as (app, pilot):
        await app.open_profile(place.profile("mine"))
        await until(pilot, lambda: app.current_mode == "profile" and app.screen.query_one(DraftPane).is_open)
        assert app.screen.query_one(DraftPane).draft.name == "mine"
        assert not app.screen.query_one(FieldEditor).editing
        assert isinstance(app.focused, OptionList)

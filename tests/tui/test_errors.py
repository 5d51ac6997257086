"""Errors, questions, messages and hostile text."""

import asyncio
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Button, Input, OptionList

from workbench.engine import launch
from workbench.errors import InputError
from workbench.tui import status
from workbench.tui.dialogs import Confirm
from workbench.tui.messages import MessagesScreen
from workbench.tui.safe import lines, one_line, safe_lines, safe_text

SECRET = "hf_secret_of_the_user"


def failing(*_):
    token = SECRET
    raise RuntimeError(f"no such thing ({len(token)})")


async def said(app, pilot, text):
    async with asyncio.timeout(20):
        while not any(text in one.text for one in app.messages.all):
            await pilot.pause(0.02)
    return next(one.text for one in app.messages.all if text in one.text)


def traceback_of(text):
    path = Path(text.rpartition("the traceback is in ")[2].rstrip(")"))
    content = path.read_text()
    path.unlink()
    return content


async def test_check_42_an_error_of_a_reader_is_said_once_and_the_app_goes_on(drive, recorded, monkeypatch):
    monkeypatch.setattr(status.Looks, "look", failing)
    monkeypatch.setattr(status, "RUNS_S", 0.01)
    async with drive(recorded.workspace, "runs", problems=True) as (app, pilot):
        text = await said(app, pilot, "no such thing")
        content = traceback_of(text)
        assert "RuntimeError" in content
        assert SECRET not in content
        await pilot.pause(0.2)
        assert sum("no such thing" in one.text for one in app.messages.all) == 1
        await pilot.press("exclamation_mark")
        assert isinstance(app.screen, MessagesScreen)
        await pilot.press("escape", "3")
        assert app.current_mode == "live"


async def test_check_42_an_error_of_a_key_is_said_and_the_app_goes_on(drive, recorded, monkeypatch):
    async with drive(recorded.workspace, "runs", problems=True) as (app, pilot):
        monkeypatch.setattr(type(app.screen), "action_attach", failing)
        await pilot.press("a")
        content = traceback_of(await said(app, pilot, "no such thing"))
        assert "failing" in content
        assert SECRET not in content
        assert app.is_running


async def test_check_42_an_error_of_a_thread_is_said_and_the_app_goes_on(drive, recorded, monkeypatch):
    async with drive(recorded.workspace, "runs", problems=True) as (app, pilot):
        app.run_worker(failing, thread=True)
        traceback_of(await said(app, pilot, "no such thing"))
        assert app.is_running


async def test_check_42_a_poll_that_fails_goes_on(drive, recorded):
    async with drive(recorded.workspace, "runs", problems=True) as (app, pilot):
        calls = []

        def poll():
            calls.append(1)
            failing()

        app.screen.every(0.01, poll)
        traceback_of(await said(app, pilot, "no such thing"))
        async with asyncio.timeout(20):
            while len(calls) < 3:
                await pilot.pause(0.02)


async def test_a_known_error_is_said_as_it_is(drive, recorded):
    async with drive(recorded.workspace, "runs", problems=True) as (app, _):
        app.notify_problem(InputError("profiles/x.toml: adapter.rnak: [bold]no[/bold]"))
        assert app.messages.all[-1].text == "profiles/x.toml: adapter.rnak: [bold]no[/bold]"


async def test_check_37_messages_can_be_read_again_and_copied(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        app.notify("the first")
        app.notify("[red]the second[/red]\nwith a line", severity="warning")
        await pilot.press("exclamation_mark")
        await pilot.pause()
        assert app.screen.query_one(OptionList).option_count == 2
        await pilot.press("y")
        assert app.clipboard == "[red]the second[/red]\nwith a line"
        await pilot.press("j", "y")
        assert app.clipboard == "the first"


async def test_check_25_the_safe_button_has_the_focus_and_escape_is_no(drive, recorded, monkeypatch):
    stopped = []
    monkeypatch.setattr(launch, "stop", lambda run, now=False: stopped.append((run.id, now)))
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await at(app, pilot, recorded["running"].id)
        for key in ("escape", "enter"):
            await pilot.press("s")
            await pilot.pause()
            assert isinstance(app.screen, Confirm)
            assert recorded["running"].id in app.screen.query_one("#question").content.plain
            assert app.focused.id == "no"
            await pilot.press(key)
            await pilot.pause()
        assert stopped == []
        await pilot.press("s")
        await pilot.pause()
        await pilot.press("tab")
        assert app.focused.id == "yes"
        await pilot.press("enter")
        await pilot.pause()
        await settled(app, pilot, lambda: stopped)
        assert stopped == [(recorded["running"].id, False)]
        assert app.command == f"workbench stop {recorded['running'].id}"


async def test_check_25_a_second_s_offers_to_end_it_at_once(drive, recorded, monkeypatch):
    stopped = []
    monkeypatch.setattr(launch, "stop", lambda run, now=False: stopped.append((run.id, now)))
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await at(app, pilot, recorded["running"].id)
        await pilot.press("s")
        await pilot.pause()
        assert len(app.screen.query(Button)) == 2
        await pilot.press("s")
        await pilot.pause()
        assert app.focused.id == "more"
        await pilot.press("enter")
        await settled(app, pilot, lambda: stopped)
        assert stopped == [(recorded["running"].id, True)]
        assert app.command.endswith("--now")


async def at(app, pilot, run_id):
    await settled(app, pilot, lambda: app.rows is not None and app.screen.table.move_to(run_id))
    await pilot.pause()


async def settled(app, pilot, done):
    async with asyncio.timeout(20):
        while not done():
            await pilot.pause(0.02)


async def test_check_24_quitting_says_once_how_many_runs_go_on(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await pilot.press("q")
        await settled(app, pilot, lambda: app._exit)
        assert [str(one) for one in app._exit_renderables] == ["1 run keeps running; `workbench` shows them."]
        app._exit_renderables.clear()


async def test_quitting_without_runs_says_nothing(drive, empty):
    async with drive(empty, "runs") as (app, pilot):
        await pilot.press("ctrl+q")
        await settled(app, pilot, lambda: app._exit)
        assert app._exit_renderables == []


async def test_y_copies_the_command_of_what_was_done(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await pilot.press("Y")
        assert app.messages.all[-1].severity == "warning"
        app.did("workbench", "tag", "a run", "good")
        await pilot.press("Y")
        assert app.clipboard == "workbench tag 'a run' good"


async def test_check_37_copied_text_reaches_the_terminal_as_osc_52(drive, recorded, monkeypatch):
    async with drive(recorded.workspace, "runs") as (app, _):
        written = []
        monkeypatch.setattr(app._driver, "write", written.append)
        app.copy("abc")
        assert "\x1b]52;c;YWJj\a" in written


async def test_the_line_of_a_question_gives_its_text_or_nothing(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        answers = []

        async def ask():
            answers.append(await app.ask("Name", "x"))

        for key in ("enter", "escape"):
            app.run_worker(ask())
            await settled(app, pilot, lambda: app.screen.query(Input) and app.screen.query_one(Input).id == "answer")
            await pilot.press("y", key)
            await pilot.pause()
        await settled(app, pilot, lambda: len(answers) == 2)
        assert answers == ["xy", None]


HOSTILE = "a\x1b[31mred\x1b[0m\x07[bold]b[/bold]\u202ec\nd"


def test_hostile_text_is_shown_as_text():
    assert one_line(HOSTILE).isprintable()
    assert "\\x1b[31m" in one_line(HOSTILE)
    assert "[bold]" in safe_text(HOSTILE).plain
    assert not safe_text(HOSTILE).spans
    assert "\\u202e" in lines(HOSTILE)
    assert lines(HOSTILE).count("\n") == 1
    assert safe_lines("a\r\nb").plain == "a\nb"
    assert one_line("\ud800") == "\\ud800"


@pytest.mark.parametrize("screen", ["messages", "confirm", "toast"])
async def test_hostile_names_do_not_reach_the_terminal(drive, recorded, shown, screen):
    async with drive(recorded.workspace, "runs", toasts=True) as (app, pilot):
        if screen == "confirm":
            app.push_screen(Confirm(f"Stop {HOSTILE}?", HOSTILE))
        else:
            app.notify(HOSTILE, title=HOSTILE)
        if screen == "messages":
            await pilot.press("exclamation_mark")
        await settled(app, pilot, lambda: "[bold]" in shown(app))
        assert "\x1b" not in shown(app)


async def test_keys_typed_at_once_after_a_question_do_nothing_to_the_screen_below(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await settled(app, pilot, lambda: app.rows is not None)
        for key, character in (("colon", ":"), ("b", "b"), ("e", "e"), ("t", "t")):
            app.post_message(events.Key(key, character))
        await settled(app, pilot, lambda: app.screen.query(Input) and app.screen.query_one(Input).id == "goto")
        await pilot.pause()
        assert not recorded.workspace.exports.exists()
        await pilot.press("escape")
        await pilot.pause()
        for key, character in (("slash", "/"), ("x", "x"), ("R", "R")):
            app.post_message(events.Key(key, character))
        await settled(app, pilot, lambda: isinstance(app.focused, Input))
        await pilot.pause()
        assert app.screen is app.mode_screen
        assert not app.messages.all


async def test_go_to_finds_a_run_a_profile_and_a_screen(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        for typed, mode in (("bette", "live"), ("compar", "compare"), ("mine", "profile")):
            await pilot.press("colon")
            await settled(app, pilot, lambda: app.screen.query(Input) and app.focused.id == "goto")
            await pilot.press(*typed, "enter")
            await settled(app, pilot, lambda mode=mode: app.current_mode == mode)
        await pilot.press("colon")
        await settled(app, pilot, lambda: app.focused is not None and app.focused.id == "goto")
        await pilot.press(*"zzzz", "enter")
        await pilot.pause()
        assert app.messages.all[-1].text == "nothing here has such a name"


@pytest.mark.parametrize("lookup", [lambda screen: screen.table, lambda screen: screen.app.screen])
async def test_a_worker_that_comes_back_while_the_app_closes_says_nothing(drive, recorded, lookup):
    ended = asyncio.Event()

    async def late(screen):
        try:
            while True:
                lookup(screen)
                await asyncio.sleep(0)
        finally:
            ended.set()

    async with drive(recorded.workspace, "evals") as (app, _):
        # the app's own worker: those of a screen are cancelled with it, now sooner and now later
        app.run_worker(late(app.screen))
    assert ended.is_set()

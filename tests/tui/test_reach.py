"""Every key of every screen can be found, means one thing, and is taken by no text field or terminal."""

import asyncio

import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.fuzzy import Matcher
from textual.widgets import Input, OptionList, TextArea

from workbench.errors import InputError
from workbench.tui import keymap, theme
from workbench.tui.available import available
from workbench.tui.help import HelpScreen, sections
from workbench.tui.keys import FORBIDDEN, SHARED
from workbench.tui.modes import MODES
from workbench.tui.palette import commands
from workbench.tui.runs import quickstart
from workbench.tui.widgets.hints import Hints

LEAVE = {"escape", "q", "ctrl+q", "ctrl+p", "ctrl+o", "ctrl+c", "exclamation_mark", "colon", "question_mark", "f1"}


def own_bindings(app):
    """Bindings with an id, of the app, the screen and its widgets."""
    nodes = (app, app.screen, *app.screen.walk_children())
    return [(node, binding) for node in nodes for _, binding in node._bindings if binding.id]


async def test_check_01_every_action_is_in_the_help_and_in_the_palette(drive, recorded, mode):
    async with drive(recorded.workspace, mode) as (app, _):
        helped = {text for _, rows in sections(app.screen) for _, text in rows}
        offered = {command.name for command in commands(app, app.screen)}
        here = [app, app.screen, *app.screen.focus_chain]
        wanted = {b.description for node, b in own_bindings(app) if node in here and not b.id.startswith("mode.")}
        assert wanted
        assert wanted <= helped
        assert wanted <= offered


async def test_check_02_help_lists_this_screens_keys_first_and_gives_the_focus_back(drive, recorded, mode, size):
    async with drive(recorded.workspace, mode, size=size) as (app, pilot):
        screen, before = app.screen, app.focused
        await pilot.press("f1")
        assert isinstance(app.screen, HelpScreen)
        text = app.screen.query_one("#keys").content.plain
        own = [binding for binding in type(screen).__dict__.get("BINDINGS", ()) if binding.description]
        if own:
            assert text.startswith("This screen")
            assert all(binding.description in text.split("Everywhere")[0] for binding in own)
        await pilot.press("escape")
        assert app.screen is screen
        assert app.focused is before


async def test_check_02_without_a_focus_help_names_no_class(drive, recorded, mode):
    async with drive(recorded.workspace, mode) as (app, pilot):
        app.screen.set_focus(None)
        app.action_help()
        await pilot.pause()
        assert "NoneType" not in app.screen.query_one("#keys").content.plain


@pytest.mark.parametrize("mode", ["runs"])
async def test_check_03_the_palette_finds_by_three_letters(drive, recorded, mode):
    async with drive(recorded.workspace, mode) as (app, pilot):
        await pilot.press("ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"lig")
        listed = app.screen.query_one(OptionList)
        async with asyncio.timeout(10):
            while not listed.option_count:
                await pilot.pause(0.02)
        await pilot.press("enter")
        async with asyncio.timeout(10):
            while app.theme != "workbench-light":
                await pilot.pause(0.02)


async def test_check_03_every_screen_theme_and_export_is_found(drive, recorded, mode):
    async with drive(recorded.workspace, mode) as (app, _):
        offered = list(commands(app, app.screen))
        names = [command.name for command in offered]
        exports = [way.name for way in app.screen.exports()]
        wanted = [*(f"Screen: {one.title}" for one in MODES.values()), *(f"Theme: {name}" for name in theme.THEMES)]
        for name in (*wanted, *exports):
            assert name in names
            word = name.rpartition(" ")[2].rpartition("-")[2]
            assert Matcher(word[:3]).match(name) > 0


async def test_check_04_help_and_palette_come_first_and_at_most_six_others_follow(drive, recorded, mode, size):
    async with drive(recorded.workspace, mode, size=size) as (app, _):
        hints = app.screen.query_one(Hints)
        actions = [binding.action for binding in hints.shown()]
        assert actions[:2] == ["app.help", "app.command_palette"]
        assert len(actions) <= 8
        assert hints.render().cell_len <= size[0] + 2


async def test_check_05_a_key_that_can_do_nothing_says_why(drive, empty, mode, monkeypatch):
    def refused(*_):
        raise InputError("no model can be had here")

    monkeypatch.setattr(quickstart, "start", refused)
    async with drive(empty, mode, problems=True) as (app, pilot):
        screen = app.screen
        for offered in available(screen):
            binding = offered.binding
            if not binding.id or binding.id.startswith("mode.") or set(offered.keys) & LEAVE or "theme" in binding.id:
                continue
            before = len(app.messages.all)
            await app.run_action(binding.action, offered.node)
            await pilot.pause()
            while app.screen is not screen and app.current_mode == mode:
                await pilot.press("escape")
            if app.current_mode != mode:
                await app.action_mode(mode)
            said = app.messages.all[before:]
            assert not [one for one in said if "unexpected" in one.text], said
        assert app.is_running


async def test_check_05_runs_says_that_no_run_is_selected(drive, empty):
    async with drive(empty, "runs") as (app, pilot):
        for key in "asRctx":
            await pilot.press(key)
            await pilot.pause()
            assert app.messages.all[-1].text == "no run is selected", key
        await pilot.press("e", "y")
        assert app.messages.all[-1].severity == "warning"


async def test_check_07_a_key_means_the_same_on_every_screen(drive, recorded, mode):
    wanted = {}
    for key in SHARED.values():
        wanted |= {binding.key: key.id for binding in Binding.make_bindings([key.binding()])}
    async with drive(recorded.workspace, mode) as (app, _):
        for node, binding in own_bindings(app):
            if binding.key in wanted:
                assert binding.id == wanted[binding.key], f"{binding.key} is {binding.id} in {node}"


async def test_check_08_no_key_that_tmux_or_the_terminal_takes(drive, recorded, mode):
    async with drive(recorded.workspace, mode) as (app, _):
        assert not {binding.key for _, binding in own_bindings(app)} & FORBIDDEN


async def test_check_09_letters_typed_in_a_field_are_text(drive, recorded, mode):
    async with drive(recorded.workspace, mode) as (app, pilot):
        fields = [one for one in app.screen.query("Input, TextArea") if not getattr(one, "read_only", False)]
        for field in fields[:2]:
            for shown in field.ancestors_with_self:
                shown.display = True
            field.focus()
            await pilot.pause()
            if app.focused is not field:
                continue
            before = field.value if isinstance(field, Input) else field.text
            if isinstance(field, Input) and field.restrict:
                continue
            await pilot.press("end", *"qsxp")
            after = field.value if isinstance(field, Input) else field.text
            assert "qsxp" in after.replace(before, "", 1) or "qsxp" in after
            assert app.current_mode == mode
            assert isinstance(field, Input | TextArea)


async def test_check_09_the_line_of_a_question_takes_letters(drive, recorded):
    async with drive(recorded.workspace, "runs") as (app, pilot):
        await pilot.press("colon")
        await pilot.pause()
        field = app.screen.query_one(Input)
        await pilot.press(*"q1s?")
        assert field.value == "q1s?"
        assert app.current_mode == "runs"


async def test_check_10_keys_can_be_remapped(settings, recorded, tmp_path):
    from workbench.tui.app import WorkbenchApp

    path = tmp_path / "keys.toml"
    path.write_text('[keys]\nmessages = "f9"\n"runs.archive" = "X"\n')
    app = WorkbenchApp(recorded.workspace, settings=settings, keys=path)
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press("f9")
        assert type(app.screen).__name__ == "MessagesScreen"
        assert not app.messages.all
        await pilot.press("escape")
        keys = {offered.binding.id: offered.keys for offered in available(app.screen)}
        assert keys["runs.archive"] == ("X",)


async def test_check_10_a_bad_entry_is_said_with_the_nearest_name_and_the_others_hold(settings, recorded, tmp_path):
    from workbench.tui.app import WorkbenchApp

    path = tmp_path / "keys.toml"
    path.write_text('[keys]\nmesages = "f9"\ntheme = "ctrl+m"\nhelp = 3\nquit = "1"\nexport = "f8"\n')
    app = WorkbenchApp(recorded.workspace, settings=settings, keys=path)
    async with app.run_test() as pilot:
        await pilot.pause()
        said = "\n".join(one.text for one in app.messages.all)
        assert 'keys.mesages: there is no such action. Did you mean "messages"?' in said
        assert "keys.theme: ctrl+m does not reach programs" in said
        assert "keys.help: give a key as text" in said
        assert 'keys.quit: "1" is the key of "mode.runs" already' in said
        assert app.keymap == {"export": "f8"}
        assert app.is_running


def test_check_10_a_file_that_is_no_toml_is_said(tmp_path):
    path = tmp_path / "keys.toml"
    path.write_text("[keys")
    assert keymap.read(path)[0] == {}
    assert "cannot be read" in keymap.read(path)[1][0]
    assert keymap.read(tmp_path / "none.toml") == ({}, [])

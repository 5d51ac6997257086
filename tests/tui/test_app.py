"""The shell over all screens: every mode is driven, so a screen is covered as soon as it is there."""

import pytest

from workbench.tui.keys import FORBIDDEN, SHARED
from workbench.tui.modes import MODES

SIZES = [(80, 24), (120, 40)]
each_screen = pytest.mark.parametrize("mode", list(MODES))
each_size = pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])


@each_screen
@each_size
async def test_check_44_every_screen_opens_at_both_sizes(drive, recorded, mode, size, shown):
    async with drive(recorded.workspace, mode, size=size) as (app, pilot):
        assert app.current_mode == mode
        assert MODES[mode].title in shown(app).splitlines()[0]
        assert "? Help  ^p Commands" in shown(app).splitlines()[-1]


@each_screen
async def test_check_08_no_key_that_tmux_or_the_terminal_takes(drive, recorded, mode):
    async with drive(recorded.workspace, mode) as (app, pilot):
        own = [b for node in (app, app.screen, *app.screen.walk_children()) for _, b in node._bindings if b.id]
        assert own
        assert not {binding.key for binding in own} & FORBIDDEN


@each_screen
async def test_check_07_a_key_means_the_same_on_every_screen(drive, recorded, mode):
    async with drive(recorded.workspace, mode) as (app, pilot):
        wanted = {}
        for key in SHARED.values():
            for name in key.binding().key.split(","):
                wanted[name] = key.id
        for node in (app, app.screen, *app.screen.walk_children()):
            for key, binding in node._bindings:
                if binding.id and key in wanted:
                    assert binding.id == wanted[key], f"{key} is {binding.id} in {node}"

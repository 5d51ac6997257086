import asyncio
import csv
import io
import json
import subprocess
import sys
import threading
from contextlib import asynccontextmanager

import pytest
from textual.widgets import Input, OptionList, Static

from workbench.engine.compare import compare
from workbench.engine.contenders import finished
from workbench.engine.curves import Curve
from workbench.engine.run import Run
from workbench.tui.compare.block_bar import BlockBar
from workbench.tui.compare.diff_screen import DiffScreen
from workbench.tui.compare.overlay import Losses, overlay
from workbench.tui.compare.scatter import Scatter
from workbench.tui.widgets.table import Table

from .conftest import BASE, ended, record_run, started, training, write_events, write_result

FINISHED, BETTER, FLOOR = "20260101-120000-finished", "20260101-130000-better", 'always "A"'


async def until(condition, seconds=30.0):
    """Wait for what a thread brings."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def comparing(drive):
    """The Compare screen with its first comparison."""

    @asynccontextmanager
    async def driving(workspace, size=(80, 24), **arguments):
        async with drive(workspace, "compare", size=size, **arguments) as (app, pilot):
            await until(lambda: app.screen.is_compared)
            await pilot.pause()
            yield app, pilot, app.screen

    return driving


async def press(pilot, *keys):
    await pilot.press(*keys)
    await pilot.pause()


def says(screen):
    return str(screen.query_one("#said", Static).content)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_check_12_run_score_claim_and_difference_are_seen_without_scrolling(comparing, recorded, shown, size):
    async with comparing(recorded.workspace, size=size) as (app, _, screen):
        text = shown(app)
        head = next(line for line in text.splitlines() if "to baseline" in line)
        assert all(word in head for word in ("run", "accuracy ↑", "to baseline", "difference"))
        row = next(line for line in text.splitlines() if "0.950" in line)
        assert "0.950 [0.835, 0.986] *" in row
        assert "▲ better" in row
        assert "+0.450 [+0.273, +0.598]" in row
        hints = text.splitlines()[-1]
        assert all(word in hints for word in ("? Help", "^p Commands", "space Mark", "p Baseline", "d Diff", "v View"))
        assert screen.table.scroll_offset.x == 0
        assert len(screen.table.rows.keys) == 4


async def test_it_shows_what_the_command_says(comparing, recorded):
    said = compare(recorded.workspace, finished(recorded.workspace))
    async with comparing(recorded.workspace) as (_, _, screen):
        assert screen.comparison == said
        assert [line.id for line in said.blocks[0].lines] == screen.table.rows.keys
        assert screen.table.pinned == (said.baseline,)
        for note in said.notes:
            assert note in says(screen)
        assert "would probably not have shown" in says(screen)


async def test_ties_are_ties_and_every_row_that_is_not_beaten_is_starred(comparing, recorded):
    async with comparing(recorded.workspace) as (_, _, screen):
        column = next(one for one in screen.table.rows.columns if one.key == "accuracy")
        cells = {key: column.cell(screen.table.rows[key]) for key in screen.table.rows.keys}
        assert [key for key, cell in cells.items() if cell.plain.endswith("*")] == [BETTER, FINISHED]
        assert {cells[key].style for key in (BETTER, FINISHED)} == {"bold"}


async def test_without_a_result_it_says_what_to_do(comparing, empty, shown):
    async with comparing(empty) as (app, pilot, screen):
        assert "No run has a result yet" in shown(app)
        await press(pilot, "space", "p", "d", "v", "v", "v", "e", "y")
        assert screen.table.rows.keys == []


async def test_check_33_the_filter_knows_every_figure_and_the_state_persists(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        await press(pilot, "slash", *"accuracy>0.9 latency<1s")
        assert screen.table.rows.keys == [BASE, BETTER]
        await press(pilot, "enter", "l", "o", "O")
        assert app.settings.get("compare", "table.arc")["filter"] == "accuracy>0.9 latency<1s"
    async with comparing(recorded.workspace) as (_, pilot, screen):
        state = screen.table.state()
        assert (state["filter"], state["sort"], state["reverse"]) == ("accuracy>0.9 latency<1s", "accuracy", True)
        await press(pilot, "escape")
        assert len(screen.table.rows.keys) == 4


async def test_check_34_p_takes_another_baseline(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        screen.table.move_to(FINISHED)
        await press(pilot, "p")
        await until(lambda: screen.comparison.baseline == FINISHED)
        await pilot.pause()
        assert screen.table.pinned == (FINISHED,)
        assert screen.table.rows.keys[0] == FINISHED
        assert screen.table.rows[BASE]["mark"] == "worse"
        assert app.command == f"workbench compare --baseline {FINISHED}"
        await press(pilot, "p")
        await until(lambda: screen.comparison.baseline == BASE)


async def test_the_base_model_stays_pinned_while_nothing_else_is(comparing, recorded):
    async with comparing(recorded.workspace) as (_, pilot, screen):
        await press(pilot, "g", "p")
        await until(lambda: screen.table.pinned == (BASE,))
        assert screen.comparison.baseline == BASE


async def test_a_floor_is_no_baseline_and_cannot_be_opened(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        assert screen.table.move_to(FLOOR)
        await press(pilot, "p", "enter")
        said = [one.text for one in app.messages.all]
        assert any("differences to it cannot be paired" in text for text in said)
        assert screen.table.pinned == (BASE,)
        assert app.current_mode == "compare"


async def test_check_34_d_says_in_what_the_marked_runs_differ(comparing, recorded, shown):
    async with comparing(recorded.workspace, size=(120, 40)) as (app, pilot, screen):
        await press(pilot, "d")
        assert any("mark two runs" in one.text for one in app.messages.all)
        screen.table.set_marks([FINISHED, BETTER, FLOOR])
        await press(pilot, "d")
        await until(lambda: isinstance(app.screen, DiffScreen))
        await pilot.pause()
        keys = app.screen.query_one("#diff-keys", Table)
        found = {row["c0"]: (row["c1"], row["c2"]) for row in keys.rows.shown()}
        assert found["adapter.r"] == ("16", "32")
        assert found["adapter.method"] == ("lora", "dora")
        assert "train.learning_rate" not in found
        figures = {row["c1"]: row["c3"] for row in app.screen.query_one("#diff-figures", Table).rows.shown()}
        assert figures["accuracy ↑"].startswith("0.950  +0.100 ")
        assert "accuracy ↑" in shown(app)
        assert app.command == f"workbench diff {FINISHED} {BETTER}"
        await press(pilot, "escape")
        assert app.screen is screen


async def test_check_35_table_and_scatter_share_the_cursor(comparing, recorded):
    async with comparing(recorded.workspace, size=(120, 40)) as (app, pilot, screen):
        screen.table.move_to(FINISHED)
        await press(pilot, "v")
        assert screen.view == "scatter"
        scatter = screen.query_one(Scatter)
        assert scatter.plane.cursor == FINISHED
        await press(pilot, "k")
        assert scatter.plane.cursor == screen.table.cursor_key == BETTER
        await press(pilot, "j", "j")
        assert scatter.plane.cursor == screen.table.cursor_key == BASE
        await press(pilot, "k", "space", "v", "v")
        assert screen.view == "table"
        assert screen.table.marked == (FINISHED,)
        assert app.focused is screen.table


async def test_check_19_a_click_goes_to_the_nearest_run(comparing, recorded):
    async with comparing(recorded.workspace, size=(120, 40)) as (_, pilot, screen):
        await press(pilot, "v")
        for key, name in ((BETTER, "better"), (FINISHED, "finished"), (BASE, BASE)):
            screen.table.move_to(key)
            screen.draw_plane()
            lines = screen.scatter.text().splitlines()[1:-1]
            row = next(place for place, line in enumerate(lines) if f" {name}" in line)
            column = lines[row].index(f" {name}") - 1
            screen.table.move_to(BETTER if key != BETTER else BASE)
            screen.draw_plane()
            await pilot.click(Scatter, offset=(column + 1, row + 1))
            await pilot.pause()
            assert screen.table.cursor_key == key


async def test_check_35_axes_are_chosen_and_kept_and_the_front_goes_off(comparing, recorded, shown):
    async with comparing(recorded.workspace, size=(120, 40)) as (app, pilot, screen):
        await press(pilot, "X")
        await until(lambda: isinstance(app.focused, OptionList))
        await press(pilot, "home", "tab", "end", "enter")
        await until(lambda: app.screen is screen and screen.view == "scatter")
        await pilot.pause()
        plane = screen.scatter.plane
        assert (plane.x.key, plane.y.key) == ("accuracy", "mean_new_tokens")
        assert app.settings.get("compare", "axes") == ["accuracy", "mean_new_tokens"]
        assert "new tokens ↓ over accuracy ↑" in shown(app)
        assert [point.key for point in plane.front] == [BETTER]
        await press(pilot, "P")
        assert screen.scatter.plane.front == []
        assert "front" not in screen.scatter.text()


async def test_the_scatter_draws_what_the_filter_leaves_in_the_app_s_glyphs(comparing, recorded, settings):
    settings.set("app", "glyphs", "ascii")
    async with comparing(recorded.workspace) as (_, pilot, screen):
        screen.table.set_filter("kind=train")
        await press(pilot, "v")
        assert {point.key for point in screen.scatter.plane.points} == {BASE, FINISHED, BETTER}
        picture = ["".join(text for text, _ in row) for row in screen.scatter._rows]
        assert "".join(picture).isascii()


async def test_loss_curves_of_the_marked_runs_lie_over_each_other(comparing, recorded):
    async with comparing(recorded.workspace) as (_, pilot, screen):
        screen.table.set_marks([FINISHED, BETTER])
        await press(pilot, "v", "v")
        await until(lambda: len(screen.curves.plot.series) == 2)
        assert [(one.name, len(one.curve)) for one in screen.curves.plot.series] == [("finished", 40), ("better", 40)]
        await press(pilot, "L")
        assert screen.curves.view.log_y


def looked(run, *losses):
    """Add looks at validation rows to a run that has ended."""
    looks = [{"kind": "evaluated", "step": 10 * at, "eval_loss": loss} for at, loss in enumerate(losses, 1)]
    write_events(run, *looks, ended("finished"))


async def draw_three(screen, pilot):
    """Go on to the losses of two runs, of which one looked at validation rows."""
    screen.table.set_marks([FINISHED, BETTER])
    await press(pilot, "v", "v")
    await until(lambda: len(screen.curves.plot.series) == 3)


async def test_the_loss_on_validation_rows_lies_beside_the_training_loss_of_its_run(comparing, recorded, shown):
    looked(recorded["better"], 2.25, 2.125)
    async with comparing(recorded.workspace) as (app, pilot, screen):
        await draw_three(screen, pilot)
        await pilot.pause()
        legend = screen.curves.text().splitlines()[0]
        assert legend.startswith("loss  ● finished ")
        assert "■ eval 2.125" in legend[legend.index("○ better ") :]
        inks = [ink for row in screen.curves._picture.rows for text, ink in row if "■" in text]
        assert inks == ["series-1"] * 2  # the colour of its run
        assert legend in shown(app)


async def test_m_shows_one_of_the_losses_alone(comparing, recorded, shown):
    looked(recorded["better"], 2.25, 2.125)
    async with comparing(recorded.workspace) as (app, pilot, screen):
        await draw_three(screen, pilot)
        await press(pilot, "m")
        assert [(one.name, len(one.curve)) for one in screen.curves.plot.series] == [("finished", 40), ("better", 40)]
        assert "training loss" in shown(app)
        await press(pilot, "m")
        assert [(one.name, list(one.curve.ys)) for one in screen.curves.plot.series] == [("better", [2.25, 2.125])]
        assert "validation loss, 1 has none" in shown(app)
        await press(pilot, "m")
        assert len(screen.curves.plot.series) == 3


async def test_m_says_why_there_is_no_loss_on_validation_rows(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        await press(pilot, "m")
        assert "loss curves; v goes there" in app.messages.all[-1].text
        screen.table.set_marks([FINISHED, BETTER])
        await press(pilot, "v", "v")
        await until(lambda: len(screen.curves.plot.series) == 2)
        await press(pilot, "m")
        assert "data.validation_rows" in app.messages.all[-1].text
        assert len(screen.curves.plot.series) == 2


def test_runs_that_have_no_place_in_the_picture_are_counted(recorded):
    def loss(*ys):
        return Curve(enumerate(ys))

    found = {f"run-{number}": Losses(loss(2.0, 1.0), loss(2.5, 1.5)) for number in range(8)}
    both, train = (overlay(found, {}, 3, shown) for shown in ("both", "train"))
    assert (len(both.series), len(train.series)) == (8, 8)
    assert both.title == "loss, 7 more marked than can be told apart (m shows one loss alone)"
    assert train.title == "training loss, 3 more marked than can be told apart"


async def test_without_a_baseline_it_says_why_there_is_no_difference_and_which_key_takes_one(
    comparing, recorded, shown
):
    other = record_run(recorded.workspace, "other", "20260102-120000")
    write_events(other, started(), *training(5), ended("finished"))
    write_result(other, 30)
    base = Run(recorded.workspace, "base-another")
    base.folder.mkdir()
    base.profile_file.write_bytes(recorded["base"].profile_file.read_bytes())
    write_events(base, started("base"), ended("finished"))
    write_result(base, 21)
    other.result_file.write_text(other.result_file.read_text().replace(BASE, base.id))
    async with comparing(recorded.workspace) as (app, pilot, screen):
        assert "No baseline among these runs" in shown(app)
        screen.table.move_to(BASE)
        await press(pilot, "p")
        await until(lambda: screen.comparison.baseline == BASE)
        await pilot.pause()
        assert "No baseline" not in says(screen)
        assert "▲ better" in shown(app)


async def test_a_base_model_has_no_loss_curve_and_says_so(comparing, recorded, shown):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        screen.table.move_to(BASE)
        await press(pilot, "v", "v")
        await until(lambda: len(screen.curves.plot.series) == 1)
        await pilot.pause()
        assert "none of these runs has trained" in shown(app)


async def test_a_run_that_finishes_meanwhile_comes_in_and_the_cursor_stays(comparing, recorded):
    async with comparing(recorded.workspace) as (_, _, screen):
        screen.table.move_to(FINISHED)
        new = record_run(recorded.workspace, "new", "20260102-120000")
        write_events(new, started(), *training(5), ended("finished"))
        write_result(new, 30)
        screen.look()
        await until(lambda: new.id in screen.table.rows)
        assert screen.table.cursor_key == FINISHED


async def test_a_run_that_another_screen_asks_for_is_under_the_cursor(drive, recorded):
    async with drive(recorded.workspace, "compare", FINISHED) as (app, pilot):
        await until(lambda: app.screen.table.cursor_key == FINISHED)
        app.screen.show_run("20260101-140000-failed")
        await pilot.pause()
        assert any("has no scores here yet" in one.text for one in app.messages.all)


@pytest.mark.parametrize("keys", [["h"], ["left_square_bracket"]])
async def test_several_data_sets_are_blocks(comparing, recorded, keys):
    for run in (recorded["finished"], recorded["base"]):
        _ask_more(run)
    async with comparing(recorded.workspace, size=(120, 40)) as (_, pilot, screen):
        assert [block.dataset for block in screen.comparison.blocks] == ["quiz", "more"]
        screen.query_one(BlockBar).focus()
        await press(pilot, *keys)
        assert screen.block.dataset == "more"
        assert BETTER not in screen.table.rows
        await pilot.click(BlockBar, offset=(2, 0))
        await pilot.pause()
        assert screen.block.dataset == "quiz"


async def test_a_filter_stays_with_its_kind_of_data_set(comparing, recorded):
    for run in (recorded["finished"], recorded["base"]):
        _ask_more(run, task="math")
    async with comparing(recorded.workspace, size=(120, 40)) as (_, pilot, screen):
        screen.table.set_filter("macro_f1>0.9")
        await pilot.pause()
        await press(pilot, "right_square_bracket")
        assert (screen.block.dataset, screen.table.rows.filter) == ("more", "")
        assert len(screen.table.rows.keys) > 1
        await press(pilot, "right_square_bracket")
        assert screen.table.rows.filter == "macro_f1>0.9"


def _ask_more(run, **changes):
    """The same answers under the name of another data set."""
    result = json.loads(run.result_file.read_text())
    result["evaluation"]["more"] = {**result["evaluation"]["quiz"], "protocol_key": "key-more", **changes}
    run.result_file.write_text(json.dumps(result))
    lines = [json.loads(line) for line in run.samples_file.read_text().splitlines()]
    more = [{**line, "dataset": "more", "key": "key-more"} for line in lines]
    run.samples_file.write_text("".join(json.dumps(line) + "\n" for line in [*lines, *more]))


async def test_check_14_resizing_keeps_the_view_and_the_cursor(comparing, recorded):
    async with comparing(recorded.workspace, size=(200, 50)) as (app, pilot, screen):
        screen.table.move_to(BETTER)
        for view in ("table", "scatter", "curves"):
            screen.show_view(view)
            for size in ((80, 24), (120, 40), (200, 50)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                assert (screen.view, screen.table.cursor_key) == (view, BETTER)
                assert app.focused is {"table": screen.table, "scatter": screen.scatter, "curves": screen.curves}[view]


async def test_check_37_the_comparison_is_exported_as_the_command_prints_it(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        screen.table.set_filter("accuracy>0.9")
        ways = {way.suffix: way for way in screen.exports()}
        assert ways[".csv"].command == "workbench compare --where 'accuracy>0.9' --csv"
        records = list(csv.DictReader(io.StringIO(ways[".csv"].write())))
        assert {record["id"] for record in records} == {BASE, BETTER}
        assert json.loads(ways[".json"].write())["baseline"] == BASE
        assert f"| {BETTER} |" in ways[".md"].write()
        await press(pilot, "e")
        (file,) = recorded.workspace.exports.glob("compare-*.csv")
        assert file.read_text() == ways[".csv"].write()
        assert app.command == ways[".csv"].command


async def test_check_37_the_scatter_is_exported_as_a_picture(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, _):
        await press(pilot, "v", "e")
        await until(lambda: "--png" in app.command)
        (file,) = recorded.workspace.exports.glob("compare-*.png")
        assert file.read_bytes().startswith(b"\x89PNG")


async def test_check_37_y_copies_the_cell_and_the_picture(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        screen.table.move_to(BETTER)
        await press(pilot, "l", "y")
        assert app.clipboard == "0.950 [0.835, 0.986] *"
        await press(pilot, "v", "y")
        assert "accuracy ↑ over s/prompt ↓" in app.clipboard
        await press(pilot, "Y")
        assert app.clipboard == "workbench compare"
        screen.table.set_filter("lora accuracy>0.5")
        await pilot.pause()
        await press(pilot, "Y")
        assert app.clipboard == "workbench compare --where 'lora accuracy>0.5'"


async def test_check_05_keys_of_another_view_say_where_they_work(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        for key, where in (("P", "scatter"), ("L", "loss curves")):
            await press(pilot, key)
            assert where in app.messages.all[-1].text
        assert not screen.curves.view.log_y


async def test_escape_goes_back_one_step_at_a_time(comparing, recorded):
    async with comparing(recorded.workspace) as (_, pilot, screen):
        screen.table.set_marks([BETTER])
        screen.table.set_filter("better")
        await press(pilot, "v", "escape")
        assert (screen.view, screen.table.rows.filter) == ("table", "better")
        await press(pilot, "escape")
        assert (screen.table.rows.filter, screen.table.marked) == ("", (BETTER,))
        await press(pilot, "escape")
        assert screen.table.marked == ()


async def test_check_09_letters_in_the_filter_do_nothing_else(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        await press(pilot, "slash", *"dvpXPL")
        assert screen.query_one("#filter").query_one(Input).value == "dvpXPL"
        assert (screen.view, app.screen) == ("table", screen)


async def test_the_notes_can_be_given_more_room(comparing, recorded):
    async with comparing(recorded.workspace) as (app, pilot, screen):
        before = screen.query_one("#notes").size.height
        await press(pilot, "plus")
        assert screen.query_one("#notes").size.height > before
        assert app.settings.get("compare", "notes") > before
        await press(pilot, "0")
        assert screen.query_one("#notes").size.height == before


def test_the_screen_loads_neither_scipy_nor_matplotlib():
    heavy = "('scipy', 'matplotlib', 'torch')"
    code = f"import sys, workbench.tui.compare.screen; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_a_baseline_that_is_gone_is_said_and_left(drive, recorded):
    async with drive(recorded.workspace, "compare", problems=True) as (app, _):
        await until(lambda: app.screen.is_compared)
        app.screen.take_baseline("20250101-000000-gone")
        await until(lambda: any(one.severity == "error" for one in app.messages.all))
        assert "20250101-000000-gone" in app.messages.all[-1].text
        assert app.screen.chosen_baseline == ""
        app.screen.look()
        await until(lambda: app.screen.table.pinned == (BASE,))


async def test_check_42_a_comparison_that_fails_is_said_and_the_app_goes_on(drive, recorded, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("no numbers")

    monkeypatch.setattr("workbench.engine.compare.compare", broken)
    async with drive(recorded.workspace, "compare", problems=True) as (app, _):
        await until(lambda: any("no numbers" in one.text for one in app.messages.all))
        monkeypatch.setattr("workbench.engine.compare.compare", compare)
        app.screen.take_baseline(FINISHED)
        await until(lambda: app.screen.comparison is not None)


async def test_the_app_ends_while_a_comparison_is_being_made(drive, recorded, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_):
        begun.set()
        go_on.wait(30)

    monkeypatch.setattr("workbench.engine.compare.compare", slow)
    async with drive(recorded.workspace, "compare") as (app, _):
        await until(begun.is_set)
        thread = app.screen._thread
    assert thread.daemon
    go_on.set()
    thread.join(30)
    assert not thread.is_alive()

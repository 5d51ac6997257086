import time

import pytest
from textual.app import App
from textual.geometry import Offset
from textual.selection import Selection

from workbench.tui.widgets.log import MOST_CHARS, MOST_LINES, LogView, clean


class Bench(App):
    def compose(self):
        yield LogView(id="log")


@pytest.fixture
async def log():
    app = Bench()
    async with app.run_test(size=(60, 12)) as pilot:
        view = app.query_one(LogView)
        view.focus()
        view.pilot = pilot
        await pilot.pause()
        yield view


def shown(log):
    return [log.render_line(y).text.rstrip() for y in range(log.size.height)]


def numbered(start, end):
    return [f"line {number}" for number in range(start, end)]


async def test_check_31_a_log_follows_its_end_until_somebody_scrolls_up(log):
    log.write(numbered(0, 100))
    await log.pilot.pause()
    assert shown(log)[-1] == "line 99"
    assert "following" in str(log.border_title)
    await log.pilot.press("up")
    await log.pilot.pause()
    log.write(numbered(100, 112))
    await log.pilot.pause()
    assert shown(log)[-1] == "line 98"
    assert "+12 new" in str(log.border_title)
    log.follow()
    await log.pilot.pause()
    assert shown(log)[-1] == "line 111"
    assert log.unseen == 0


async def test_check_31_reaching_the_end_goes_on_following(log):
    log.write(numbered(0, 50))
    await log.pilot.pause()
    await log.pilot.press("up", "down")
    await log.pilot.pause()
    assert log.following


async def test_check_31_what_is_looked_at_stays_while_old_lines_are_dropped(log):
    log.write(numbered(0, MOST_LINES))
    await log.pilot.pause()
    await log.pilot.press("pageup")
    await log.pilot.pause()
    before = shown(log)
    log.write(numbered(MOST_LINES, MOST_LINES + 7))
    await log.pilot.pause()
    assert shown(log) == before
    assert len(log.lines) == MOST_LINES


async def test_check_31_a_search_marks_all_and_goes_from_one_to_the_next(log):
    log.write(["Step 1", *numbered(0, 30), "[b]step[/b] 2", *numbered(0, 30)])
    assert log.search("step") == 2
    assert "2/2" in str(log.border_title)
    await log.pilot.pause()
    assert "[b]step[/b] 2" in shown(log)
    assert log.next_match()
    await log.pilot.pause()
    assert "Step 1" in shown(log)
    assert log.next_match(-1)
    assert log.search("nowhere") == 0
    assert not log.next_match()


async def test_check_31_a_megabyte_on_one_line_and_escape_codes_do_no_harm(log):
    begun = time.process_time()
    log.write(["x" * 2**20, "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J after", "10%\r55%\r100%", "\x1b[" * 2**19])
    log.search("x")
    await log.pilot.pause()
    assert time.process_time() - begun < 1.0
    lines = log.lines
    assert len(lines[0]) < MOST_CHARS + 50
    assert "1,048,576 characters" in lines[0]
    assert lines[1:3] == ["red   after", "100%"]
    assert not any("\x1b" in line for line in lines)
    assert all("\x1b" not in segment.text for y in range(4) for segment in log.render_line(y))
    colours = {segment.style.color for segment in log.render_line(1) if segment.text.strip()}
    assert len(colours) == 1  # nothing is red


@pytest.mark.parametrize("text", ["[red]no[/red]", "a\u202eb", "\x00\x9b31m", "日本語" * 10, "\ud800"])
async def test_check_31_hostile_text_is_shown_and_not_obeyed(log, text):
    log.write([text])
    await log.pilot.pause()
    line = log.render_line(0)
    assert line.cell_length == log.size.width
    assert line.text.rstrip("\n").replace(" ", "").isprintable()


async def test_check_31_text_can_be_selected_and_copied(log):
    log.write(["first line", "second line"])
    await log.pilot.pause()
    selection = Selection.from_offsets(Offset(6, 0), Offset(6, 1))
    assert log.allow_select
    assert log.get_selection(selection) == ("line\nsecond", "\n")
    log.screen.selections = {log: selection}
    await log.pilot.pause()
    assert len({segment.style for segment in log.render_line(0)}) > 1


async def test_check_31_a_mouse_drag_selects(log):
    log.write(["first line", "second line"])
    await log.pilot.pause()
    await log.pilot.mouse_down(log, offset=(1, 1))
    await log.pilot.hover(log, offset=(7, 2))
    await log.pilot.mouse_up(log, offset=(7, 2))
    await log.pilot.pause()
    assert "first" in (log.screen.get_selected_text() or "")


async def test_check_14_a_log_stays_at_its_end_through_any_size(log):
    log.write(numbered(0, 100))
    for size in ((80, 24), (20, 5), (200, 50)):
        await log.pilot.resize_terminal(*size)
        await log.pilot.pause()
        assert shown(log)[-1] == "line 99"
        assert log.following


async def test_a_cleared_log_is_empty_and_follows(log):
    log.write(numbered(0, 100))
    log.search("line")
    log.clear()
    await log.pilot.pause()
    assert (log.lines, log.following) == ([], True)
    assert set(shown(log)) == {""}


def test_cleaning_keeps_what_can_be_read():
    assert clean("plain\n") == "plain"
    assert clean("tab\tbed") == "tab bed"
    assert clean("") == ""

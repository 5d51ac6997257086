"""The terminals of the tests themselves: what they show is what was written."""

import sys
import time

from .pty_reader import PtyReader
from .terminal import as_svg

SAYS = 'import sys; print("\x1b[2;3Hgreen\x1b[32m word\x1b[0m"); print(*__import__("os").get_terminal_size())'


def test_a_picture_has_the_words_in_their_colours_and_fetches_nothing():
    drawn = as_svg("plain \x1b[32mgreen\x1b[0m\nsecond", (20, 2), "a title")
    assert all(word in drawn for word in ("plain", "green", "second", "a&#160;title", "#0dbc79"))
    assert "url(http" not in drawn
    assert "cdn" not in drawn


def test_a_pty_without_an_emulator_gives_words_without_codes():
    shown = PtyReader([sys.executable, "-c", f"{SAYS}; sys.stdin.read()"], (90, 30))
    deadline = time.monotonic() + 30
    while "90 30" not in shown.screen():
        assert time.monotonic() < deadline, shown.screen()
        time.sleep(0.05)
    shown.close()
    assert "green word" in shown.screen()
    assert "\x1b" not in shown.screen()

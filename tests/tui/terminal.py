"""A terminal of its own for a test: a tmux server with one pane that runs a command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORKBENCH = [sys.executable, "-m", "workbench"]
DEADLINE_S = 60.0
PAUSE_S = 0.05
ANSI_COLOURS = [
    *((0, 0, 0), (205, 49, 49), (13, 188, 121), (229, 229, 16), (36, 114, 200), (188, 63, 188), (17, 168, 205)),
    *((229, 229, 229), (102, 102, 102), (241, 76, 76), (35, 209, 139), (245, 245, 67), (59, 142, 234)),
    *((214, 112, 214), (41, 184, 219), (255, 255, 255)),
]
"""The sixteen that a terminal gives, as a usual one shows them."""


def need_tmux() -> None:
    """Skip the test where there is no tmux."""
    import pytest  # here, because a benchmark opens terminals where there is no pytest

    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed: the tests of a real terminal need it")


class Terminal:
    """One pane.

    Args:
        folder: Where its command runs, and where its socket and exit code are kept.
        command: What runs in it.
        size: Columns and rows.
        term: Value of TERM inside.
        environment: Set for the command.
    """

    def __init__(
        self,
        folder: Path,
        command: list[str],
        size: tuple[int, int] = (80, 24),
        term: str = "screen-256color",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._socket = f"/tmp/wb-{os.getpid()}-{time.monotonic_ns()}"
        self.ended = folder / "ended"
        self.pid_file = folder / "pid"
        config = folder / "tmux.conf"
        config.write_text(f'set -g default-terminal "{term}"\nset -g remain-on-exit on\n')
        script = folder / "pane.sh"
        quoted = " ".join(f"'{word}'" for word in command)
        script.write_text(f"unset COLUMNS LINES\necho $$ > '{self.pid_file}'\nexec {quoted}\n")
        outer = folder / "outer.sh"
        outer.write_text(f"sh '{script}'\necho $? > '{self.ended}'\nexec sleep 600\n")
        state = {name: str(folder / name) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME")}
        environment = {"PYTHONPATH": str(ROOT), **state, **(environment or {})}
        settings = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
        where = ["-x", str(size[0]), "-y", str(size[1]), "-c", str(folder)]
        self.tmux("-f", str(config), "new-session", "-d", *where, *settings, f"sh '{outer}'")

    def tmux(self, *words: str) -> str:
        """What a tmux command prints."""
        done = subprocess.run(
            ["tmux", "-S", self._socket, *words], capture_output=True, text=True, check=False, timeout=30
        )
        return done.stdout

    def screen(self, colours: bool = False) -> str:
        """What is on the screen; with its colours as escape codes and in its whole width if asked."""
        return self.tmux("capture-pane", "-p", *(["-e", "-N"] if colours else []))

    def press(self, *keys: str) -> None:
        """Press keys, in tmux's spelling."""
        self.tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window."""
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def modes(self) -> str:
        """Alternate screen and mouse, "0 0" when the terminal is as it was."""
        return self.tmux("display", "-p", "#{alternate_on} #{mouse_any_flag}").strip()

    @property
    def pid(self) -> int:
        """Of the command."""
        return int(self.pid_file.read_text())

    def wait(self, text: str, deadline_s: float = DEADLINE_S) -> str:
        """The screen once it shows a text."""
        self.until(lambda: text in self.screen(), f'"{text}"', deadline_s)
        return self.screen()

    def wait_end(self) -> int:
        """The exit code of the command once it has ended."""
        self.until(lambda: self.ended.exists() and bool(self.ended.read_text()), "the end of the command")
        return int(self.ended.read_text())

    def until_still(self) -> None:
        """Wait until nothing is drawn for a moment: a frame comes in pieces."""
        seen: list[str] = []

        def still() -> bool:
            time.sleep(2 * PAUSE_S)
            seen.append(self.screen(colours=True))
            return len(seen) > 1 and seen[-1] == seen[-2]

        self.until(still, "a moment without a change")

    def until(self, done: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
        """Wait; fails with what is on the screen."""
        import pytest  # as above

        deadline = time.monotonic() + deadline_s
        while not done():
            if time.monotonic() > deadline:
                pytest.fail(f"{what} did not come; the screen is:\n{self.screen()}")
            time.sleep(PAUSE_S)

    def close(self) -> None:
        """End the server with everything in it."""
        self.tmux("kill-server")
        Path(self._socket).unlink(missing_ok=True)


def shown_step(screen: str) -> int:
    """The step that a Live screen tells in its first line of numbers; 0 without one.

    The log below it tells some of the steps too, later and not each of them.
    """
    found = re.findall(r"\bstep (\d+)/\d+ +\d+%", screen)
    return int(found[-1]) if found else 0


def as_svg(screen: str, size: tuple[int, int], title: str) -> str:
    """A picture of a screen with its colours, drawn by rich; whoever looks at it fetches no font from elsewhere."""
    from rich.console import Console
    from rich.terminal_theme import TerminalTheme
    from rich.text import Text

    theme = TerminalTheme((18, 18, 18), (224, 224, 224), ANSI_COLOURS[:8], ANSI_COLOURS[8:])
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=size[0], file=nowhere, color_system="truecolor", force_terminal=True)
        for line in screen.splitlines()[: size[1]]:
            console.print(Text.from_ansi(line), no_wrap=True, overflow="crop", crop=True)
        drawn = console.export_svg(title=title, theme=theme, unique_id="screen")
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)

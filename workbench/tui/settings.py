"""What a user chose, kept across restarts: one small JSON file in the user's state folder.

It lies outside the workspace (``~/.local/state/workbench/app.json`` on Linux): the theme, the columns and the sort are
a person's and not an experiment's, and a workspace may be read-only or shared.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.paths import write_atomically


def default_path() -> Path:
    """The file of the user that runs this process."""
    from platformdirs import user_state_path

    return user_state_path("workbench", appauthor=False) / "app.json"


class Settings:
    """Choices by screen and key; every ``set`` is on the disk when it returns.

    A folder that cannot be written is said once, to ``on_problem``; the choices then hold until the app ends.

    Args:
        path: The file; by default the user's own.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self.problem = ""
        self.on_problem: Callable[[str], None] = lambda _: None
        self._said = False
        self._values = self._read()

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self.problem = (
                f"{self.path}: the settings cannot be read ({error}); the defaults are used until you change one."
            )
            return {}
        return (
            {name: part for name, part in values.items() if isinstance(part, dict)} if isinstance(values, dict) else {}
        )

    def get(self, screen: str, key: str, default: Any = None) -> Any:
        """The choice, or the default where none was made."""
        return self._values.get(screen, {}).get(key, default)

    def set(self, screen: str, key: str, value: Any) -> None:
        """Keep a choice. What another app of the same user chose meanwhile stays.

        Args:
            screen: A mode's name, or "app".
            key: What was chosen.
            value: Anything that JSON has.
        """
        if self.get(screen, key) == value:
            return
        self._values = {**self._values, **self._read()}
        self._values[screen] = {**self._values.get(screen, {}), key: value}
        try:
            write_atomically(self.path, json.dumps(self._values, indent=1, ensure_ascii=False) + "\n")
        except OSError as error:
            if not self._said:
                self._said = True
                self.on_problem(f"{self.path}: your choices cannot be kept for the next start: {error.strerror}.")

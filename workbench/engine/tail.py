"""The end of a text file that grows, in whole lines, however large it is."""

from __future__ import annotations

from pathlib import Path

WINDOW_BYTES = 256 * 1024
"""So much of the end of a file that is there already is read."""
PORTION_BYTES = 1024 * 1024
LINE_BYTES = 64 * 1024
"""What is kept of a longer line."""


class Tail:
    """Each call of ``read`` gives the whole lines since the last one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = -1
        self._begun = b""
        self._skip = False

    def read(self) -> list[str]:
        """New whole lines, from at most ``PORTION_BYTES`` of the file; none while it is not there.

        A file that became shorter is read from its beginning.
        """
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                if self._offset < 0:
                    self._offset = max(0, size - WINDOW_BYTES)
                    self._skip = self._offset > 0  # it begins inside a line
                if size < self._offset:
                    self._offset, self._begun, self._skip = 0, b"", False
                file.seek(self._offset)
                data = file.read(PORTION_BYTES)
        except FileNotFoundError:
            return []
        self._offset += len(data)
        return self._lines(data)

    def _lines(self, data: bytes) -> list[str]:
        *whole, rest = data.split(b"\n")
        lines = []
        for part in whole:
            line, self._begun = (self._begun + part)[:LINE_BYTES], b""
            if not self._skip:
                lines.append(line.decode("utf-8", errors="replace"))
            self._skip = False
        self._begun = (self._begun + rest)[:LINE_BYTES]
        return lines

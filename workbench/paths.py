"""Where things lie in a workspace: the only file that spells data/, models/, metrics/, profiles/."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """A folder that holds profiles, data, models and metrics; by default the current one."""

    root: Path

    @property
    def profiles(self) -> Path:
        """Folder of ``<name>.toml`` profiles."""
        return self.root / "profiles"

    @property
    def data(self) -> Path:
        """Folder of prepared data sets, one folder each."""
        return self.root / "data"

    @property
    def models(self) -> Path:
        """Folder of fetched base models and of what runs produced."""
        return self.root / "models"

    @property
    def metrics(self) -> Path:
        """Folder of runs, one folder each."""
        return self.root / "metrics"

    @property
    def exports(self) -> Path:
        """Folder of tables and models that a person took out."""
        return self.root / "exports"

    @property
    def queue(self) -> Path:
        """Folder of the evaluations that wait for their turn; hidden, because it is no run."""
        return self.metrics / ".queue"

    def profile(self, name: str) -> Path:
        """Path of a profile given by name (``quickstart``) or by path (anything ending in .toml)."""
        return Path(name) if name.endswith(".toml") else self.profiles / f"{name}.toml"

    def dataset(self, dataset_id: str) -> Path:
        """Folder of a prepared data set."""
        return self.data / dataset_id

    def model(self, name: str) -> Path:
        """Folder of a fetched base model."""
        return self.models / name

    def run(self, run_id: str) -> Path:
        """Folder with the records of a run."""
        return self.metrics / run_id

    def artifacts(self, run_id: str) -> Path:
        """Folder with the weights that a run produced: adapter or model, and checkpoints."""
        return self.models / run_id


def write_atomically(path: Path, text: str) -> None:
    """Write a file that is either wholly there or not at all, even when the machine dies meanwhile.

    Raises:
        OSError: The disk is full or the folder cannot be written; nothing is left behind.
    """
    import tempfile  # only writers pay for it

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

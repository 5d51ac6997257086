import os
from pathlib import Path

import pytest

from workbench.paths import Workspace, write_atomically


def test_everything_lies_under_the_root():
    place = Workspace(Path("/w"))
    assert place.profile("x") == Path("/w/profiles/x.toml")
    assert place.profile("elsewhere/x.toml") == Path("elsewhere/x.toml")
    assert (place.dataset("d"), place.model("m")) == (Path("/w/data/d"), Path("/w/models/m"))
    assert (place.run("r"), place.artifacts("r")) == (Path("/w/metrics/r"), Path("/w/models/r"))


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "new" / "file"
    write_atomically(path, "one")
    write_atomically(path, "two ✓")
    assert path.read_text(encoding="utf-8") == "two ✓"
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, "old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]

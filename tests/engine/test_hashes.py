import os

from workbench.engine import hashes
from workbench.paths import Workspace


def test_the_hash_of_weights_follows_their_content_not_their_name(tmp_path):
    workspace, folder = Workspace(tmp_path), tmp_path / "models" / "m"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"one")
    (folder / "config.json").write_text("{}")
    first = hashes.of_weights(workspace, folder)
    assert hashes.of_weights(workspace, folder) == first
    stat = (folder / "model.safetensors").stat()
    (folder / "model.safetensors").write_bytes(b"two")  # the same name and size
    os.utime(folder / "model.safetensors", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    second = hashes.of_weights(workspace, folder)
    assert second != first
    (folder / "README.md").write_text("words do not count")
    assert hashes.of_weights(workspace, folder) == second
    (folder / "config.json").write_text('{"a": 1}')
    assert hashes.of_weights(workspace, folder) != second


def test_equal_json_has_equal_hashes():
    assert hashes.of_json({"a": 1, "b": [2]}) == hashes.of_json({"b": [2], "a": 1})
    assert hashes.of_json({"a": 1}) != hashes.of_json({"a": "1"})

from pathlib import Path

from workbench.engine.shipped import quickstart
from workbench.paths import Workspace

ROOT = Path(__file__).parents[2]


def test_an_empty_folder_gets_the_quickstart_that_the_repository_shows(tmp_path):
    path = quickstart(Workspace(tmp_path))
    assert path == tmp_path / "profiles" / "quickstart.toml"
    assert path.read_text() == (ROOT / "profiles" / "quickstart.toml").read_text()


def test_a_quickstart_that_is_there_stays_as_it_is(tmp_path):
    path = tmp_path / "profiles" / "quickstart.toml"
    path.parent.mkdir()
    path.write_text("mine")
    assert quickstart(Workspace(tmp_path)).read_text() == "mine"

import pytest

from workbench.choices.sources import SOURCES
from workbench.engine import launch
from workbench.engine.begin import begin, bring
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import dump, parse


def profile(sums, **keys):
    extra = "".join(f"{section}\n" for section in keys.values())
    return parse(f'[model]\nname = "some-model"\n[data]\n{sums}{extra}', "p", "p")


def test_what_is_not_here_is_fetched_and_prepared(tmp_path, sums):
    fetched = []
    bring(Workspace(tmp_path), profile(sums), "p.toml", fetched.append)
    assert [one.name for one in fetched] == ["some-model"]
    assert len(list((tmp_path / "data").glob("*/manifest.json"))) == 1


def test_a_model_that_is_here_is_not_fetched(tmp_path, sums):
    (tmp_path / "some-model").mkdir()
    (tmp_path / "some-model" / "config.json").write_text("{}")
    fetched = []
    bring(Workspace(tmp_path), profile(sums), "p.toml", fetched.append)
    assert fetched == []


def test_a_further_data_set_that_cannot_be_had_is_named_by_its_key(tmp_path, sums):
    wanted = profile(sums, eval='[eval]\ndatasets = ["nowhere"]')
    with pytest.raises(InputError, match=r'p\.toml: eval\.datasets: there is no data set "nowhere"'):
        bring(Workspace(tmp_path), wanted, "p.toml", lambda _: None)
    assert "nowhere" not in SOURCES


def test_a_begun_run_holds_the_frozen_profile_and_has_a_worker(tmp_path, sums, monkeypatch):
    started = []
    monkeypatch.setattr(launch, "start", started.append)
    run = begin(Workspace(tmp_path), profile(sums))
    assert started == [run]
    assert run.profile_file.read_text() == dump(profile(sums))

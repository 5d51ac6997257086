import pytest

from workbench.choices.sources import SOURCES
from workbench.engine import begin as module
from workbench.engine.begin import begin, bring
from workbench.engine.memory import Card
from workbench.engine.memory.preflight import Preflight
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import dump, parse

PROFILE = parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', "p", "p")


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def started(monkeypatch):
    """Runs that a worker would carry out."""
    runs = []
    monkeypatch.setattr(module.launch, "start", runs.append)
    return runs


@pytest.fixture
def card(monkeypatch):
    found = Card("c", 100)
    monkeypatch.setattr(module, "detect", lambda: (found, ""))
    return found


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


def test_a_begun_run_holds_the_frozen_profile_and_has_a_worker(tmp_path, sums, started):
    run = begin(Workspace(tmp_path), profile(sums))
    assert started == [run]
    assert run.profile_file.read_text() == dump(profile(sums))


def test_without_a_gpu_a_run_begins_unpredicted(workspace, started, monkeypatch):
    monkeypatch.setattr(module, "detect", lambda: (None, "no driver"))
    run = module.begin(workspace, PROFILE)
    assert started == [run]
    assert not run.prediction_file.exists()


def test_a_run_that_does_not_fit_leaves_no_folder(workspace, started, card, monkeypatch):
    def refuses(*_):
        raise InputError("needs more")

    monkeypatch.setattr(module, "preflight", lambda *_: Preflight(PROFILE))
    monkeypatch.setattr(module, "refuse", refuses)
    with pytest.raises(InputError, match="needs more"):
        module.begin(workspace, PROFILE)
    assert started == []
    assert not list(workspace.root.rglob("profile.toml"))
    run = module.begin(workspace, PROFILE, anyway=True)
    assert started == [run]


def test_what_was_decided_is_what_runs(workspace, started, card, monkeypatch):
    train = PROFILE.train.model_copy(update={"per_device_train_batch_size": 4})
    decided = PROFILE.model_copy(update={"train": train})
    monkeypatch.setattr(module, "preflight", lambda *_: Preflight(decided, ("chosen",)))
    run = module.begin(workspace, PROFILE)
    assert "per_device_train_batch_size = 4" in run.profile_file.read_text()

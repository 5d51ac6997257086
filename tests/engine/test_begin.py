import pytest

from workbench import profile as profiles
from workbench.engine import begin as module
from workbench.engine.memory import Card
from workbench.engine.memory.preflight import Preflight
from workbench.errors import InputError
from workbench.paths import Workspace

PROFILE = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', "p", "p")


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

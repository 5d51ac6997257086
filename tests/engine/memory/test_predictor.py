import json

import pytest

from workbench.engine.memory import cache, predictor
from workbench.engine.memory.cards import Card
from workbench.engine.memory.machine import machine_file
from workbench.engine.memory.predictor import Predictor
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace

CARD = Card("c", 2**30)


@pytest.fixture
def workspace(tmp_path, llama):
    """A workspace with the config of the small decoder, and no weights."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(llama()))
    return Workspace(tmp_path)


@pytest.fixture
def local(workspace, a_profile):
    """A profile on it; its rows are not here, so the worst case is predicted."""

    def make(**keys):
        profile = a_profile(data='dataset = "openmath"', **keys)
        model = profile.model.model_copy(update={"name": str(workspace.root / "tiny")})
        return profile.model_copy(update={"model": model})

    return make


def test_a_process_predicts_survives_mistakes_and_is_asked_once(workspace, local, monkeypatch):
    with Predictor() as asked:
        found = asked.predict(workspace, local(train="max_length = 64"), CARD)
        assert found.train.parts["weights"] > 139_584 * 2
        process = asked._process
        with pytest.raises(InputError, match="nosuch"):
            asked.predict(workspace, local(adapter='method = "lora"\ntarget_modules = ["nosuch"]'), CARD)
        with pytest.raises(WorkbenchError, match="AttributeError: ") as failed:
            asked._ask({"verb": "predict", "profile": 3, "name": "p"})
        assert failed.value.exit_code == 1
        for _ in range(3):  # more talk than a pipe holds must not stop it
            with pytest.raises(WorkbenchError):
                asked._ask({"verb": "predict", "profile": "", "name": 1, "x" * 10: "y" * 100_000, "machine": []})
        assert asked.predict(workspace, local(train="max_length = 65"), CARD) != found
        assert asked._process is process
        assert process.poll() is None
        with pytest.raises(InputError, match="no CUDA GPU"):
            asked.calibrate()
        assert not machine_file().exists()
        monkeypatch.setattr(asked, "_ask", lambda _: pytest.fail("the cache knows it"))
        assert asked.predict(workspace, local(train="max_length = 64"), CARD) == found
    assert asked._process is None
    assert process.poll() is not None


def test_a_process_that_ends_leaves_its_last_words(workspace, local, monkeypatch):
    speaks = "import sys; sys.stderr.write('out of luck\\n'); sys.stdin.readline()"
    started = predictor.subprocess.Popen

    def plays(command, **keys):
        return started([command[0], "-c", speaks], **keys)

    monkeypatch.setattr(predictor.subprocess, "Popen", plays)
    with Predictor() as asked, pytest.raises(WorkbenchError, match=r"(?s)predicts memory ended.*out of luck"):
        asked.predict(workspace, local(), CARD)


def test_a_lot_of_talk_does_not_stop_the_process(workspace, local, monkeypatch, predicted):
    answer = json.dumps({"answer": predicted().to_json()})
    speaks = (
        f"import sys; sys.stdin.readline(); sys.stderr.write('x' * 1_000_000); sys.stderr.flush(); print({answer!r})"
    )
    started = predictor.subprocess.Popen
    monkeypatch.setattr(
        predictor.subprocess, "Popen", lambda command, **keys: started([command[0], "-c", speaks], **keys)
    )
    with Predictor() as asked:
        assert asked.predict(workspace, local(), CARD) == predicted()
        asked.close()


def test_closing_twice_is_no_mistake():
    asked = Predictor()
    asked.close()
    asked.close()


def test_a_measured_context_is_kept(monkeypatch):
    measured = {"uuid": "GPU-1", "context_bytes": 5, "torch": "2", "driver": "1"}
    with Predictor() as asked:
        monkeypatch.setattr(asked, "_ask", lambda request: measured if request == {"verb": "calibrate"} else None)
        assert asked.calibrate() == measured
    assert json.loads(machine_file().read_text()) == {"GPU-1": measured}


def test_the_cache_is_asked_before_any_process_starts(workspace, local, predicted, monkeypatch):
    monkeypatch.setattr(cache, "find", lambda _: predicted())
    with Predictor() as asked:
        assert asked.predict(workspace, local(), CARD) == predicted()
        assert asked._process is None

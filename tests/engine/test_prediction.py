import json

import pytest

from workbench import profile as profiles
from workbench.engine.events import EventLog, EventReader
from workbench.engine.memory import Estimate
from workbench.engine.prediction import announce, read_prediction
from workbench.engine.run import create
from workbench.paths import Workspace

PARTS = {"weights": 900, "context": 800}
TRAIN = Estimate("simulation", "train", 1000, 1100, 1900, "backward", PARTS, 0.02, ("rows of 451 tokens",))


@pytest.fixture
def run(tmp_path):
    return create(Workspace(tmp_path), profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', "p", "p"))


def announced(run):
    log = EventLog(run.events_file)
    predicted = announce(run, "train", log)
    log.close()
    return predicted, list(EventReader(run.events_file).read())


def test_an_estimate_written_before_the_run_is_told_by_it(run):
    content = {"train": TRAIN.to_json(), "evaluate": None, "versions": {"torch": "2.13.0"}}
    run.prediction_file.write_text(json.dumps(content))
    predicted, (event,) = announced(run)
    assert (predicted.source, predicted.parts, predicted.versions) == ("simulation", PARTS, {"torch": "2.13.0"})
    assert event.kind == "predicted"
    sizes = {"allocated_bytes": 1000, "reserved_bytes": 1100, "process_bytes": 1900}
    assert event.fields == {"stage": "train", **sizes}


def test_without_a_prediction_nothing_is_told(run):
    assert announced(run) == (None, [])
    run.prediction_file.write_text('{"train": null}')
    assert announced(run) == (None, [])


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"train": {}}', '{"train": {"allocated_bytes": "many"}}'])
def test_a_damaged_prediction_is_left_aside_with_a_warning(run, text):
    run.prediction_file.write_text(text)
    predicted, (note,) = announced(run)
    assert predicted is None
    assert (note.kind, note.fields["level"]) == ("note", "warning")
    assert "prediction.json is damaged" in note.fields["text"]
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        read_prediction(run)

import json

import pytest

from workbench.engine.memory import cards, predictor
from workbench.engine.memory.estimate import Estimate, Prediction
from workbench.engine.memory.workload import Workload
from workbench.errors import InputError
from workbench.profile import load

GIB = 2**30


def estimate(stage, allocated):
    context = GIB // 2
    parts = {"weights": allocated - 1024, "activations": 1024, "context": context}
    return Estimate(
        *("simulation", stage, allocated, allocated, allocated + context, "backward", parts, 0.02, ("a note of mine",))
    )


def size(profile):
    """2 GiB a row, half of it with NF4."""
    return 2 * GIB * profile.train.micro_batch // (2 if profile.quant.method == "nf4" else 1)


@pytest.fixture(autouse=True)
def _played(monkeypatch):
    """Predictions at once, and no GPU."""

    def predict(self, workspace, profile, card=None, quick=False):
        one = estimate("evaluate", GIB)
        workload = Workload(1, 8, 8, 1, False, "")
        return Prediction(estimate("train", size(profile)), one, one, workload, 1, {"torch": "1"})

    monkeypatch.setattr(predictor.Predictor, "predict", predict)
    monkeypatch.setattr(cards, "detect", lambda: (None, "no driver"))
    monkeypatch.setattr("workbench.engine.memory.detect", lambda: (None, "no driver"))


@pytest.fixture
def wide(workspace):
    """The profile with four rows at once."""
    path = workspace.profile("mine")
    path.write_text(path.read_text() + "\n[train]\nper_device_train_batch_size = 4  # many\n")
    return path


def test_figures_without_a_card_have_no_verdict(cli):
    found = cli("fit", "mine")
    assert found.code == 0
    assert "no verdict: no driver. --gpu 8GiB" in found.err
    assert "2.00 GiB" in found.out
    assert "training" in found.out
    assert "note: a note of mine" in found.err


def test_what_fits_says_so_and_suggests_nothing(cli):
    found = cli("fit", "mine", "--gpu", "8GiB")
    assert found.out.startswith("mine on 8GiB (8.00 GiB): fits, 5.50 GiB to spare (+68.8%)")
    assert "what to change" not in found.out
    assert found.err.startswith("counted: 2.00 GiB allocated while training + 512.00 MiB of CUDA itself\n")


def test_what_does_not_fit_says_what_to_change_within_eighty_columns(cli, wide):
    found = cli("fit", "mine", "--gpu", "6GiB")
    assert found.code == 0
    assert "does not fit, 2.50 GiB too much" in found.out
    assert "half the micro-batch, accumulate longer" in found.out
    assert max(map(len, found.out.splitlines())) <= 80
    assert 'quant.method = "nf4"; time: n/a: not measured' in found.err
    assert "train.per_device_train_batch_size = 2, train.gradient_accumulation_steps" in found.err


def test_as_json_it_is_all_there(cli, wide):
    found = cli("fit", "mine", "--gpu", "6GiB", "--json").json()
    assert found["prediction"]["train"]["allocated_bytes"] == 8 * GIB
    assert found["verdict"]["word"] == "does not fit"
    assert {"name", "values", "estimate", "verdict", "cost", "keeps_learning"} == set(found["changes"][0])


def test_the_best_change_that_fits_is_written_and_comments_stay(cli, wide):
    found = cli("fit", "mine", "--gpu", "6GiB", "--apply")
    assert found.code == 0
    assert "wrote one row at a time" in found.err
    assert load(wide).train.micro_batch == 1
    assert "# many" in wide.read_text()


def test_when_nothing_fits_nothing_is_written(cli, wide):
    before = wide.read_text()
    found = cli("fit", "mine", "--gpu", "1GiB", "--apply")
    assert found.code == 2
    assert "no single change makes it fit" in found.err
    assert wide.read_text() == before


def test_auto_is_decided_and_written(cli, wide):
    wide.write_text(wide.read_text().replace("= 4  #", '= "auto"  #'))
    found = cli("fit", "mine", "--gpu", "6GiB", "--apply")
    assert "note: train.per_device_train_batch_size = 2" in found.err
    assert load(wide).train.per_device_train_batch_size == 2


def test_auto_without_a_card_is_one_row_and_says_so(cli, wide):
    wide.write_text(wide.read_text().replace("= 4  #", '= "auto"  #'))
    found = cli("fit", "mine")
    assert found.code == 0
    assert 'no driver; a micro-batch of "auto" was taken as one row' in found.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name a profile"),
        (("mine", "--gpu", "RTX 4091"), "RTX 4090"),
        (("nosuch",), "nosuch"),
        (("mine", "--apply"), "--apply needs a card to fit on, and there is none (no driver)"),
        (("mine", "--gpu", "6GiB", "--apply", "--set", "adapter.r=4"), "give one of them"),
    ],
)
def test_mistakes_have_exit_code_2_and_a_sentence(cli, arguments, said):
    found = cli("fit", *arguments)
    assert found.code == 2
    assert said in found.err
    assert "Traceback" not in found.err


def test_calibration_without_a_gpu_is_a_sentence(cli, monkeypatch):
    def fails(self):
        raise InputError("There is no CUDA GPU whose context could be measured.")

    monkeypatch.setattr(predictor.Predictor, "calibrate", fails)
    found = cli("fit", "--calibrate")
    assert (found.code, found.err.strip()) == (2, "There is no CUDA GPU whose context could be measured.")


def test_a_measured_context_is_told(cli, monkeypatch):
    measured = {"uuid": "GPU-1", "context_bytes": GIB // 2}
    monkeypatch.setattr(predictor.Predictor, "calibrate", lambda self: measured)
    assert "CUDA takes 512.00 MiB" in cli("fit", "--calibrate").out
    assert cli("fit", "--calibrate", "--json").json() == measured


def test_a_report_of_nothing_says_so(cli):
    found = cli("fit", "--report")
    assert found.code == 0
    assert "no finished run has a prediction" in found.err
    assert json.loads(cli("fit", "--report", "--json").out)["rows"] == []

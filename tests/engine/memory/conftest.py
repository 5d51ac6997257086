"""A small decoder that has no files, and profiles on it."""

import pytest

from workbench.engine.memory.estimate import Estimate, Prediction
from workbench.engine.memory.workload import Workload
from workbench.profile import parse

LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 512,
    "tie_word_embeddings": False,
}
"""139,584 parameters: 2 * 32,768 of embeddings and head, 2 * 36,864 of linear layers, 5 * 64 of norms."""


@pytest.fixture(scope="session")
def llama():
    """Gives the config with other keys."""
    return lambda **keys: {**LLAMA, **keys}


@pytest.fixture(scope="session")
def a_profile():
    """Call with the lines of sections; the rest is a LoRA of rank 8 in bf16."""

    def make(
        adapter='method = "lora"\nr = 8',
        quant="",
        train="",
        model='dtype = "bfloat16"',
        data='dataset = "quiz"',
        evals="",
    ):
        text = (
            f'[model]\nname = "no-one/tiny"\n{model}\n[adapter]\n{adapter}\n[quant]\n{quant}\n'
            f"[data]\n{data}\n[train]\nuse_liger_kernel = false\n{train}\n[eval]\n{evals}\n"
        )
        return parse(text, "mine", "mine")

    return make


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    """Predictions and constants of this machine are kept under the test's own folders."""
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.fixture(scope="session")
def estimated():
    """Gives an estimate."""
    return an_estimate


@pytest.fixture(scope="session")
def predicted():
    """Gives a prediction."""
    return a_prediction


@pytest.fixture(scope="session")
def played():
    """Gives a predictor that answers at once."""
    return PlayedPredictor


def an_estimate(stage="train", allocated=1000, context=100, **keys):
    """An estimate of so many bytes, most of them weights."""
    return Estimate(
        **{
            "source": "simulation",
            "stage": stage,
            "allocated_bytes": allocated,
            "reserved_bytes": allocated + 50,
            "process_bytes": allocated + 50 + context,
            "phase": "backward",
            "parts": {"weights": allocated, "context": context},
            "error": 0.02,
            "notes": ("rows of 451 tokens",),
            **keys,
        }
    )


def a_prediction(allocated=1000, evaluated=500, trains=True, evaluates=True):
    """A prediction of so many bytes for training and for answering one prompt."""
    return Prediction(
        an_estimate("train", allocated) if trains else None,
        an_estimate("evaluate", evaluated + 200),
        an_estimate("evaluate", evaluated),
        Workload(1, 451, 450, 8, False, "rows of 451 tokens"),
        7,
        {"torch": "1"},
        evaluates,
    )


class PlayedPredictor:
    """Answers with what ``size`` says of a profile, and remembers what it was asked."""

    def __init__(self, size, evaluated=1):
        self.size, self.evaluated, self.asked = size, evaluated, []

    def predict(self, workspace, profile, card=None, quick=False):
        self.asked.append(profile)
        return a_prediction(self.size(profile), self.evaluated, evaluates=profile.eval.enabled)

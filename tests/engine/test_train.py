"""What the profile leaves to the machine that trains; the training itself is looked at in test_worker."""

import pytest
import torch

from workbench.engine import train as module
from workbench.engine.train import uses_liger_here
from workbench.profile import TrainOptions


@pytest.mark.parametrize(
    ("wanted", "device", "installed", "used"),
    [
        ("auto", "cuda", True, True),
        ("auto", "cuda", False, False),
        ("auto", "cpu", True, False),  # a GPU elsewhere would use them: see memory.predict
        (True, "cpu", False, True),
        (False, "cuda", True, False),
    ],
)
def test_liger_by_itself_is_used_where_it_can_run(monkeypatch, wanted, device, installed, used):
    monkeypatch.setattr(module, "device", lambda: torch.device(device))
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: object() if installed else None)
    assert uses_liger_here(TrainOptions(use_liger_kernel=wanted)) is used

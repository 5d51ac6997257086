import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from workbench.engine.memory.tracker import Tracker

KIB = 1024


@pytest.fixture
def tracker():
    """On fake tensors, counting under "activations" in the phase "forward"."""
    tracker = Tracker("activations", "forward")
    with FakeTensorMode(allow_non_fake_inputs=True), tracker:
        yield tracker


def test_a_tensor_counts_from_its_birth_to_its_death(tracker):
    made = torch.empty(KIB)
    assert tracker.live == {"activations": 4 * KIB}
    del made
    assert tracker.live == {"activations": 0}
    assert [step.size_bytes for step in tracker.steps] == [4 * KIB, 0]
    assert tracker.peak_bytes("forward") == 4 * KIB


def test_a_view_does_not_count_twice_and_keeps_its_storage(tracker):
    made = torch.empty(KIB, 4)
    view = made[:2].t()
    del made
    assert tracker.live == {"activations": 16 * KIB}
    assert len(tracker.steps) == 1
    del view
    assert tracker.live == {"activations": 0}


def test_parts_and_phases_are_kept_apart(tracker):
    first = torch.empty(KIB)
    with tracker.within(part="loss", phase="loss"):
        second = torch.empty(2 * KIB)
    assert tracker.live == {"activations": 4 * KIB, "loss": 8 * KIB}
    assert tracker.peaks["loss"] == {"activations": 4 * KIB, "loss": 8 * KIB}
    assert (tracker.part, tracker.phase) == ("activations", "forward")
    assert tracker.peak_bytes("backward") == 0
    del first, second


def test_a_tensor_moves_to_another_part_once(tracker):
    made = torch.empty(KIB)
    tracker.move(made, "gradients")
    tracker.move(made, "gradients")
    assert tracker.live == {"activations": 0, "gradients": 4 * KIB}
    del made
    assert tracker.live == {"activations": 0, "gradients": 0}


def test_what_a_tensor_of_the_outside_shares_is_counted_once():
    tracker = Tracker()
    tied = torch.empty(KIB)
    tracker.count(tied)
    tracker.count(tied.view(2, -1), "adapter")
    assert tracker.live == {"weights": 4 * KIB}


def test_an_empty_tensor_takes_nothing(tracker):
    empty = torch.empty(0)
    assert tracker.live == {}
    del empty


def test_gradients_of_one_tensor_are_summed_in_place_as_on_a_gpu(tracker):
    weight = torch.empty(KIB, requires_grad=True)
    loss = (weight * 2.0).sum() + (weight * 3.0).sum()
    before = len([step for step in tracker.steps if step.size_bytes == 4 * KIB])
    with tracker.within(phase="backward"):
        loss.backward()
    made = [step for step in tracker.steps if step.size_bytes == 4 * KIB and step.phase == "backward"]
    assert before == 3  # the weight and two products
    assert len(made) == 2  # a gradient through each product; their sum is none of its own
    assert tracker.live["activations"] == 8 * KIB + 512 * 1  # weight, gradient and the loss


def test_a_kernels_workspace_is_taken_and_given_back_within_the_call(tracker):
    import bitsandbytes  # noqa: F401 - registers the operation

    activations = torch.empty(64, 128, dtype=torch.bfloat16)
    weight = torch.empty(32, 128, dtype=torch.int8)
    scales, more = torch.empty(64), torch.empty(32)
    activations_int8 = torch.empty(64, 128, dtype=torch.int8)
    torch.ops.bitsandbytes.int8_scaled_mm(activations_int8, weight, scales, more, dtype=torch.bfloat16)
    assert tracker.peaks["forward"]["workspace"] == 64 * 32 * (4 + 2)
    assert tracker.live["workspace"] == 0
    del activations

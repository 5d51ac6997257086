import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from trl.kernels import chunked_logprob
from trl.trainer import utils

from workbench.engine.memory import head
from workbench.engine.memory.tracker import Tracker, rounded

VOCABULARY, HIDDEN = 70_000, 32


def test_the_tiles_are_those_of_the_installed_trl():
    assert head.TOKEN_CHUNK_SIZE is chunked_logprob.TOKEN_CHUNK_SIZE
    assert head.VOCABULARY_CHUNK_SIZE is utils._CHUNKED_LOGPROB_CHUNK_SIZE


def run(labels, trained_head=False, weight_dtype=torch.bfloat16):
    tracker = Tracker("loss", "loss")
    with FakeTensorMode():
        hidden = torch.empty(1, labels + 1, HIDDEN, dtype=torch.bfloat16, requires_grad=True)
        weight = torch.empty(VOCABULARY, HIDDEN, dtype=weight_dtype, requires_grad=trained_head)
        tracker.count(hidden, "activations")
        tracker.count(weight, "weights")
        with tracker, torch.autocast("cpu", dtype=torch.bfloat16):
            loss = head.tiled(hidden, weight, labels)
        with tracker, tracker.within(phase="backward"):
            loss.backward()
    return tracker


@pytest.mark.parametrize("labels", [10, 5000])
def test_a_tile_and_never_all_the_logits_is_held(labels):
    tile = min(labels, head.TOKEN_CHUNK_SIZE) * head.VOCABULARY_CHUNK_SIZE * 2
    figures = head.STATISTICS * rounded(labels * 4)
    peak = run(labels).peak_bytes("loss")
    given = rounded((labels + 1) * HIDDEN * 2) + VOCABULARY * HIDDEN * 2
    chosen = rounded(labels * HIDDEN * 2) + rounded(labels * 8)
    assert tile + figures + given + chosen <= peak <= tile + figures + given + chosen + 16 * 1024


def test_a_trained_head_has_its_gradient_in_fp32_first():
    tile = rounded(10 * head.VOCABULARY_CHUNK_SIZE * 2)
    more = run(10, trained_head=True).peak_bytes("backward") - run(10).peak_bytes("backward")
    assert more == VOCABULARY * HIDDEN * (4 + 2)
    assert run(10).peak_bytes("backward") > tile


def test_a_head_in_fp32_is_cast_a_chunk_at_a_time_and_two_live_in_the_backward_pass():
    chunk = head.VOCABULARY_CHUNK_SIZE * HIDDEN * 2
    plain, cast = run(10), run(10, weight_dtype=torch.float32)
    assert cast.peaks["loss"]["loss"] - plain.peaks["loss"]["loss"] == chunk
    assert cast.peaks["backward"]["loss"] - plain.peaks["backward"]["loss"] == pytest.approx(2 * chunk, abs=1024)


def test_it_gives_and_keeps_what_trls_own_function_does():
    hidden = torch.randn(12, HIDDEN, requires_grad=True)
    weight = torch.randn(100, HIDDEN, requires_grad=True)
    targets = torch.randint(0, 100, (12,))
    theirs = chunked_logprob.ChunkedLogProbFunction.apply(hidden, weight, None, targets, 1.0, 64, None, 1.0, ())[0]
    ours = head.FusedHead.apply(hidden, weight)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    kept = [tensor for tensor in theirs.grad_fn.saved_tensors if tensor is not None]
    assert [tensor.shape for tensor in ours.grad_fn.saved_tensors] == [tensor.shape for tensor in kept[:2]]
    assert sum(tensor.nbytes for tensor in kept[2:4]) == 12 * (8 + 4)  # the labels, there anyway, and one figure each
    for made, truth in zip(
        torch.autograd.grad(ours.sum(), (hidden, weight)),
        torch.autograd.grad(theirs.sum(), (hidden, weight)),
        strict=True,
    ):
        assert (made.shape, made.dtype) == (truth.shape, truth.dtype)

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional

from workbench.engine.memory.kernels import MASKED, PLAIN, CudaDropout
from workbench.engine.memory.tracker import Tracker, rounded

HEADS, GROUPS, SIZE, TOKENS = 8, 2, 64, 100
"""Query heads, key heads, numbers a head, tokens."""


class Module:
    num_key_value_groups = HEADS // GROUPS


def attended(implementation, requires_grad=True, rows=1):
    """A tracker after attention forth, and what is alive besides the inputs; and after its backward pass."""
    from transformers import AttentionInterface

    tracker = Tracker("activations", "forward")
    with FakeTensorMode(allow_non_fake_inputs=True):
        made = [
            torch.empty(rows, TOKENS, heads, SIZE, dtype=torch.bfloat16, requires_grad=requires_grad)
            for heads in (HEADS, GROUPS, GROUPS)
        ]
        for tensor in made:
            tracker.count(tensor, "inputs")
        with tracker:
            output = AttentionInterface()[implementation](Module(), *(one.transpose(1, 2) for one in made), None)[0]
            forward = dict(tracker.live)
            if requires_grad:
                with tracker.within(phase="backward"):
                    output.sum().backward()
    return tracker, forward["activations"], output


def test_flash_attention_keeps_its_output_and_a_figure_a_row_never_the_scores():
    _, kept, output = attended(PLAIN)
    assert output.shape == (1, TOKENS, HEADS, SIZE)
    out = rounded(HEADS * TOKENS * SIZE * 2)
    lse = rounded(HEADS * TOKENS * 4)
    assert kept == out + lse
    assert kept < HEADS * TOKENS * TOKENS * 2 + out  # the scores alone would be more


def test_without_a_backward_pass_the_figures_are_dropped():
    _, kept, _ = attended(PLAIN, requires_grad=False)
    assert kept == rounded(HEADS * TOKENS * SIZE * 2)


def test_the_backward_pass_takes_fp32_queries_padded_to_128():
    tracker, kept, _ = attended(PLAIN)
    accumulator = rounded(128 * HEADS * SIZE * 4) + rounded(HEADS * 128 * 4)
    assert (
        tracker.peak_bytes("backward")
        > sum(rounded(TOKENS * n * SIZE * 2) for n in (HEADS, 2 * GROUPS)) + kept + accumulator
    )


def test_with_a_mask_keys_and_values_are_expanded_to_every_head():
    _, plain, _ = attended(PLAIN, rows=2)
    _, masked, _ = attended(MASKED, rows=2)
    expanded = 2 * rounded(2 * HEADS * TOKENS * SIZE * 2)
    padded_mask = rounded(2 * 1 * TOKENS * 104 * 2)
    assert masked >= plain + expanded
    assert masked <= plain + expanded + padded_mask + rounded(2 * HEADS * TOKENS * SIZE * 2)


def test_dropout_keeps_one_byte_a_number_as_cuda_does():
    tracker = Tracker("activations", "forward")
    with FakeTensorMode(), tracker, CudaDropout():
        given = torch.empty(1024, dtype=torch.bfloat16, requires_grad=True)
        dropped = functional.dropout(given, 0.1, True)
        assert tracker.live["activations"] == 2048 + 2048 + 1024  # input, output, mask
        del dropped


@pytest.mark.parametrize(("p", "training"), [(0.0, True), (0.5, False)])
def test_dropout_that_drops_nothing_takes_nothing(p, training):
    with CudaDropout():
        given = torch.ones(8)
        assert functional.dropout(given, p, training) is given

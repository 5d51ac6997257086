import pytest

from workbench.choices.optimizers import OPTIMIZERS
from workbench.engine.memory.cards import Card
from workbench.engine.memory.need import STAGES, counted, displaced_bytes, paged_bytes, paged_note
from workbench.engine.memory.states import keep_states

GIB = 2**30


def test_only_the_state_of_paged_optimizers_is_paged():
    sizes = {optim: paged_bytes(optim, 1000, 100) for optim in OPTIMIZERS}
    assert {optim: size for optim, size in sizes.items() if size} == {
        "paged_adamw_8bit": 900 * 2 + 100 * 8,
        "paged_adamw_32bit": 1000 * 8,
    }


def test_the_state_of_a_measured_run():
    """QLoRA of rank 256 on Qwen3-8B's attention: the device held 0.506 GiB beside the process, 0.464 by calculation."""
    trained = 36 * 256 * (2 * (4096 + 4096) + 2 * (4096 + 1024))
    assert paged_bytes("paged_adamw_8bit", trained, 0) / GIB == pytest.approx(0.464, rel=0.02)  # its scales are missing


def test_what_is_counted_is_the_sum_that_is_judged(estimated):
    one = estimated(allocated=3 * GIB, context=GIB // 2)
    assert counted(one, Card("c", 8 * GIB)) == [
        "counted: 3.00 GiB allocated while training + 512.00 MiB of CUDA itself"
    ]
    (said,) = counted(one, Card("c", 8 * GIB, used_bytes=GIB))
    assert said.endswith(" + 512.00 MiB of CUDA itself + 1.00 GiB held by others")
    (said,) = counted(estimated(stage="evaluate"), Card("c", 8 * GIB))
    assert STAGES["evaluate"] in said


@pytest.mark.parametrize(("total", "used", "displaced"), [(20, 0, 0), (11, 0, 0), (10, 0, 1), (11, 2, 2), (6, 0, 4)])
def test_a_paged_state_lies_in_ram_as_far_as_the_card_has_no_room(estimated, total, used, displaced):
    """Seven GiB count; four more are paged. Where seven do not fit either, all four have to go."""
    one = estimated(allocated=6 * GIB, context=GIB, paged_bytes=4 * GIB)
    card = Card("c", total * GIB, used * GIB)
    assert displaced_bytes(one, card) == displaced * GIB
    said = counted(one, card)[1:]
    assert len(said) == bool(displaced)
    assert all(f"about {displaced}.00 GiB of the paged optimizer state will lie in RAM" in text for text in said)


def test_a_state_that_is_not_paged_is_never_displaced(estimated):
    assert displaced_bytes(estimated(allocated=9 * GIB), Card("c", 8 * GIB)) == 0


def test_the_note_says_how_much_is_not_counted():
    assert paged_note(3 * GIB).startswith("about 3.00 GiB of optimizer state is paged and not counted")


def test_no_paged_state_is_in_torchs_memory_but_its_scales():
    """Of large tensors; were it simulated there, it would count twice."""
    import torch

    large = torch.empty(1024, 200, device="meta")
    kept = {
        row.name: [one.nbytes for one in keep_states(row.name, [large])] for row in OPTIMIZERS.values() if row.paged
    }
    assert kept == {"paged_adamw_8bit": [1024 * 200 // 256 * 4] * 2, "paged_adamw_32bit": []}


def test_a_tight_need_says_what_a_fit_leaves_free(estimated):
    one = estimated(allocated=7 * GIB, context=0, safe_margin=0.125, spare_bytes=GIB // 2)
    (_, said) = counted(one, Card("c", 8 * GIB))
    assert said.startswith("a fit leaves 1.50 GiB free")
    assert len(counted(one, Card("c", 9 * GIB))) == 1

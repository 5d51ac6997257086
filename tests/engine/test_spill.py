import pytest

from workbench.engine.monitor import Sample
from workbench.engine.spill import CONFIRMED, STALLED, SpillWatch, spilling_system

GIB = 2**30


def watch(system, reserved_gib, samples):
    """What is told of samples of (used GiB of 8, utilization)."""
    told = []
    reserved = None if reserved_gib is None else int(reserved_gib * GIB)
    spill = SpillWatch(system, lambda: reserved, told.append)
    for used, utilization in samples:
        used_bytes = None if used is None else int(used * GIB)
        spill.look(Sample(0, device_used_bytes=used_bytes, device_total_bytes=8 * GIB, utilization=utilization))
    return told


@pytest.mark.parametrize("system", ["", "WSL", "Windows"])
def test_more_than_the_card_has_is_told_once_everywhere(system):
    (said,) = watch(system, 9, [(7.9, 1.0)] * 5)
    assert "torch holds 9.0 GiB, and the card has 8.0 GiB" in said


def test_more_than_the_driver_shows_is_told_where_memory_can_spill():
    (said,) = watch("WSL", 7, [(5.0, 1.0)] * 5)
    assert "probably" in said
    assert "WSL" in said
    assert watch("", 7, [(5.0, 1.0)] * 5) == []
    assert watch("WSL", 7, [(5.0, 1.0)] * (CONFIRMED - 1)) == []
    assert watch("WSL", 5.1, [(5.0, 1.0)] * 5) == []  # asked one after the other
    assert watch("WSL", 7, [(5.0, 1.0), (7.5, 1.0)] * 5) == []


def test_a_full_card_that_hardly_works_may_be_spilling():
    (said,) = watch("Windows", 7, [(7.9, 0.05)] * STALLED)
    assert "may lie" in said
    assert watch("Windows", 7, [(7.9, 0.05)] * (STALLED - 1)) == []
    assert watch("Windows", 7, [(7.9, 0.9)] * STALLED) == []
    assert watch("Windows", 7, [(7.0, 0.05)] * STALLED) == []
    assert watch("", 7, [(7.9, 0.05)] * STALLED) == []


def test_what_is_unknown_is_no_sign():
    assert watch("WSL", None, [(7.9, 0.05)] * 30) == []
    assert watch("WSL", 9, [(None, None)] * 30) == []
    assert watch("WSL", 7, [(7.9, None)] * 30) == []


@pytest.mark.parametrize(
    ("kernel", "model", "system"),
    [
        ("Linux version 5.15.153.1-microsoft-standard-WSL2", None, "WSL"),
        ("Linux version 6.8.0-45-generic", None, ""),
        (None, 0, "Windows"),
        (None, 1, ""),
    ],
)
def test_where_memory_can_spill(tmp_path, kernel, model, system):
    file = tmp_path / "version"
    if kernel:
        file.write_text(kernel)
    assert spilling_system(model, file) == system

from workbench.engine.memory.operations import (
    Operation,
    backward_peak,
    forward_peak,
    kept,
    kept_from_start,
    passing_peak,
)

NORM, LINEAR, HEAD = Operation(4, 2, 9), Operation(3, 5, 1, trained=True), Operation(1, 0, 0)
ALL = [NORM, LINEAR, HEAD]


def test_what_is_kept_adds_up():
    assert kept(ALL) == 8


def test_before_the_first_trained_operation_nothing_is_kept():
    assert kept_from_start(ALL) == 3 + 1
    assert kept_from_start([NORM, HEAD]) == 0


def test_the_forward_peak_is_what_was_kept_so_far_and_what_passes():
    assert forward_peak(ALL) == 4 + 3 + 5
    assert forward_peak([NORM, HEAD]) == 4 + 2


def test_the_backward_peak_is_what_is_still_kept_and_what_passes():
    assert backward_peak(ALL) == 4 + 9
    assert backward_peak([NORM, LINEAR, Operation(6, 0, 1)]) == 4 + 3 + 6 + 1


def test_without_a_backward_pass_what_would_be_kept_passes():
    assert passing_peak(ALL) == 3 + 5

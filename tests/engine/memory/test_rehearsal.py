from workbench.engine.memory.allocator import MIB, Allocator
from workbench.engine.memory.rehearsal import Rehearsal
from workbench.engine.memory.tracker import Step


def moves(*pairs):
    return [Step(uid, size, "forward") for uid, size in pairs]


WEIGHTS = moves((1, 40 * MIB))
MAKES = moves((2, 60 * MIB), (3, 30 * MIB), (2, 0))
"""An activation comes and goes, a gradient stays."""
ADDS = moves((4, 60 * MIB), (5, 30 * MIB), (4, 0), (5, 0))
STATES = moves((6, 50 * MIB))


def test_gradients_go_after_each_step_and_states_are_made_once():
    found = Rehearsal(WEIGHTS, MAKES, ADDS, STATES, moves((7, 8 * MIB), (7, 0))).moves()
    taken = [step.size_bytes // MIB for step in found if step.size_bytes]
    assert taken == [40, 60, 30, 60, 30, 50, 8, 60, 30, 60, 30, 8]
    live: dict[int, int] = {}
    for step in found:
        if step.size_bytes:
            assert step.uid not in live
            live[step.uid] = step.size_bytes
        else:
            del live[step.uid]
    assert sorted(size // MIB for size in live.values()) == [40, 50]


def test_the_second_step_finds_other_gaps_than_the_first():
    once = Allocator().replay([*WEIGHTS, *MAKES, *STATES])
    twice = Allocator().replay(Rehearsal(WEIGHTS, MAKES, [], STATES, []).moves())
    assert once.reserved_bytes == 130 * MIB  # the states lie where the activation was
    assert twice.reserved_bytes == 190 * MIB  # which has no room in the second step


def test_a_block_that_was_there_before_a_recording_is_not_freed_by_it():
    found = Rehearsal(WEIGHTS, [*MAKES, Step(1, 0, "forward")], [], [], []).moves()
    assert [step for step in found if step.uid == 1 and not step.size_bytes] == []

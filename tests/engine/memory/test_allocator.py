from workbench.engine.memory.allocator import MIB, Allocator
from workbench.engine.memory.tracker import Step, rounded


def replayed(*moves):
    """Moves as (uid, bytes), 0 for a free."""
    return Allocator().replay(Step(uid, size, "forward") for uid, size in moves)


def test_sizes_are_rounded_up_to_512():
    assert [rounded(size) for size in (0, 1, 512, 513, 1024)] == [512, 512, 512, 1024, 1024]


def test_up_to_one_mib_comes_from_a_segment_of_two():
    found = replayed((1, MIB), (2, MIB))
    assert (found.reserved_bytes, found.allocated_bytes) == (2 * MIB, 2 * MIB)
    assert replayed((1, MIB), (2, MIB), (3, 512)).reserved_bytes == 4 * MIB


def test_up_to_ten_mib_comes_from_a_segment_of_twenty():
    assert replayed((1, MIB + 512)).reserved_bytes == 20 * MIB
    assert replayed((1, 9 * MIB), (2, 9 * MIB)).reserved_bytes == 20 * MIB
    assert replayed((1, 9 * MIB), (2, 9 * MIB), (3, 9 * MIB)).reserved_bytes == 40 * MIB


def test_from_ten_mib_a_request_has_a_segment_of_its_own_rounded_to_two():
    assert replayed((1, 10 * MIB)).reserved_bytes == 10 * MIB
    assert replayed((1, 11 * MIB)).reserved_bytes == 12 * MIB


def test_a_large_block_whose_rest_is_at_most_one_mib_stays_whole():
    assert replayed((1, 11 * MIB)).allocated_bytes == 12 * MIB
    assert replayed((1, 10 * MIB + 512)).allocated_bytes == 10 * MIB + 512


def test_small_and_large_requests_do_not_share_segments():
    assert replayed((1, 30 * MIB), (1, 0), (2, 512)).reserved_bytes == 32 * MIB


def test_the_smallest_free_piece_that_is_large_enough_is_taken():
    found = replayed((1, 40 * MIB), (2, 20 * MIB), (1, 0), (2, 0), (3, 20 * MIB), (4, 40 * MIB))
    assert found.reserved_bytes == 60 * MIB


def test_freed_neighbours_are_merged_on_both_sides():
    pieces = [(1, 20 * MIB), (1, 0), (2, 6 * MIB), (3, 6 * MIB), (4, 8 * MIB)]
    merged = replayed(*pieces, (2, 0), (4, 0), (3, 0), (5, 20 * MIB))
    assert merged.reserved_bytes == 20 * MIB
    kept_apart = replayed(*pieces, (2, 0), (4, 0), (5, 20 * MIB))
    assert kept_apart.reserved_bytes == 40 * MIB


def test_the_peak_of_a_phase_is_what_was_held_at_most_in_it():
    moves = [Step(1, 20 * MIB, "forward"), Step(2, 30 * MIB, "loss"), Step(2, 0, "loss"), Step(3, 2 * MIB, "backward")]
    found = Allocator().replay(moves)
    assert found.peaks == {"forward": 20 * MIB, "loss": 50 * MIB, "backward": 22 * MIB}
    assert found.allocated_bytes == 22 * MIB

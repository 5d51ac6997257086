from workbench.engine.pacing import SHARE, Pace, TrainingClock


class Seconds:
    """A clock that is set."""

    at = 100.0

    def __call__(self):
        return self.at


def test_what_was_left_out_is_no_time_of_training():
    seconds = Seconds()
    clock = TrainingClock(seconds)
    begun = clock()
    seconds.at += 7.0
    clock.leave_out(5.0)
    assert clock() - begun == 2.0


def test_it_is_due_once_it_takes_no_more_than_its_share():
    seconds = Seconds()
    pace = Pace(2.0, seconds)
    seconds.at += 2.0 * (1 - SHARE) / SHARE - 0.01
    assert not pace.is_due()
    seconds.at += 0.02
    assert pace.is_due()
    pace.done(0.1)
    assert not pace.is_due()
    seconds.at += 0.1 * (1 - SHARE) / SHARE
    assert pace.is_due()

import pytest

from workbench.engine.locks import alive, held, locked, take_lock
from workbench.errors import RunStopped


def test_a_lock_is_held_as_long_as_its_process_lives(new_run, holder):
    assert alive(new_run)
    assert take_lock(new_run.lock_file) is None
    holder.kill()
    holder.wait()
    assert not alive(new_run)


def test_looking_at_the_lock_does_not_drop_it(new_run, holder):
    assert [alive(new_run) for _ in range(3)] == [True] * 3


def test_a_lock_that_was_never_made_is_free(tmp_path):
    assert not held(tmp_path / "lock")


def test_who_waits_for_a_lock_can_be_stopped(new_run, holder):
    with pytest.raises(RunStopped, match=new_run.id), locked(new_run, should_stop=lambda: True):
        pytest.fail("it was taken from its holder")


def test_a_lock_makes_the_folder_it_lies_in(new_run):
    new_run.profile_file.unlink()
    new_run.folder.rmdir()
    with locked(new_run, should_stop=lambda: True):
        assert new_run.lock_file.exists()

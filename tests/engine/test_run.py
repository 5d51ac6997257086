import pytest

from workbench import profile as profiles
from workbench.engine.run import Run, create, find, runs
from workbench.errors import InputError
from workbench.paths import Workspace

PROFILE = profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', name="my run", where="here")


def test_a_new_run_has_its_frozen_profile_and_no_result(tmp_path):
    run = create(Workspace(tmp_path), PROFILE)
    assert run.profile() == PROFILE.model_copy(update={"name": "my-run"})
    assert run.result() is None


def test_two_runs_of_one_second_have_two_ids(tmp_path):
    first, second = (create(Workspace(tmp_path), PROFILE) for _ in range(2))
    assert first.id != second.id
    assert runs(Workspace(tmp_path)) == sorted([first, second], key=lambda run: run.id)
    assert second.profile().name == "my-run"


def test_runs_are_found_by_id_by_name_and_as_the_last(tmp_path):
    workspace = Workspace(tmp_path)
    with pytest.raises(InputError, match="has none yet"):
        find(workspace, "x")
    first = create(workspace, PROFILE)
    second = create(workspace, PROFILE.model_copy(update={"name": "other"}))
    base = Run(workspace, "base-m-12345678")
    base.folder.mkdir()
    base.profile_file.write_text(profiles.dump(PROFILE))
    assert find(workspace, first.id) == first
    assert find(workspace, "my-run") == first
    assert find(workspace, "last") == second
    assert find(workspace, base.id) == base
    with pytest.raises(InputError, match=f'Did you mean "{second.id}"'):
        find(workspace, second.id + "s")

import os

import pytest

from workbench.engine.contenders import finished, stamp
from workbench.engine.run import Run
from workbench.paths import Workspace


@pytest.fixture
def make(tmp_path):
    def run(run_id, result=True, tags=""):
        made = Run(Workspace(tmp_path), run_id)
        made.folder.mkdir(parents=True)
        made.profile_file.touch()
        if result:
            made.result_file.write_text("{}")
        if tags:
            made.tags_file.write_text(tags)
        return made

    return run


def test_runs_with_a_result_that_are_not_archived(make):
    workspace = make("20260102-000000-b").workspace
    make("20260101-000000-a")
    make("20260103-000000-c", result=False)
    make("20260104-000000-d", tags='{"tags": [], "archived": true}')
    make("20260105-000000-e", tags="damaged")
    assert [run.id[-1] for run in finished(workspace)] == ["a", "b", "e"]


def test_the_stamp_changes_when_a_run_comes_and_when_it_is_evaluated_again(make):
    run = make("20260101-000000-a")
    before = stamp(finished(run.workspace))
    assert stamp(finished(run.workspace)) == before
    os.utime(run.result_file, ns=(1, 1))
    again = stamp(finished(run.workspace))
    assert again != before
    make("20260102-000000-b")
    assert stamp(finished(run.workspace)) != again

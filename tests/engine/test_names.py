from workbench.engine.names import run_name, run_names
from workbench.paths import Workspace


def test_names_come_newest_first_and_others_last(tmp_path):
    workspace = Workspace(tmp_path)
    assert run_names(workspace) == []
    for name in ("20260101-120000-old", "20260102-120000.2-new", "base-m-1", "20261399-999999-odd", ".hidden"):
        (workspace.metrics / name).mkdir(parents=True)
    (workspace.metrics / "README.md").touch()
    found = run_names(workspace)
    assert [run.name for run in found] == ["new", "old", "base-m-1", "20261399-999999-odd"]
    assert [run.made_s is None for run in found] == [False, False, True, True]


def test_an_id_without_a_name_is_its_own_name():
    assert run_name("20260101-120000").name == "20260101-120000"

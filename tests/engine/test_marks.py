import pytest

from workbench import profile as profiles
from workbench.engine import marks
from workbench.engine.events import EventLog
from workbench.engine.marks import Marks
from workbench.engine.run import create
from workbench.errors import InputError
from workbench.paths import Workspace


@pytest.fixture
def run(tmp_path):
    made = create(Workspace(tmp_path), profiles.parse('[model]\nname = "m"\n[data]\ndataset = "d"\n', "p", "p"))
    log = EventLog(made.events_file)
    log.append("started")
    log.append("ended", status="finished")
    log.close()
    return made


def test_tags_come_once_in_their_order_and_go(run):
    assert marks.read(run) == Marks()
    marks.tag(run, ["good", "seed-1"])
    assert marks.tag(run, ["seed-1", "x"]).tags == ("good", "seed-1", "x")
    assert marks.untag(run, ["good"]).tags == ("seed-1", "x")
    assert marks.read(run).tags == ("seed-1", "x")
    assert not list(run.folder.glob(".*"))


def test_what_is_no_tag_is_refused_and_nothing_is_written(run):
    for wrong in ("", "two words", "-x", "a" * 41, "\x1b[31m"):
        with pytest.raises(InputError, match="is no tag"):
            marks.tag(run, ["good", wrong])
    assert not run.marks_file.exists()
    with pytest.raises(InputError, match="It has none"):
        marks.untag(run, ["good"])
    marks.tag(run, ["good"])
    with pytest.raises(InputError, match='Did you mean "good"'):
        marks.untag(run, ["goood"])


def test_an_archived_run_keeps_its_tags_and_can_be_restored(run):
    marks.tag(run, ["good"])
    assert marks.archive(run) == Marks(("good",), archived=True)
    assert marks.read(run).archived
    assert marks.restore(run) == Marks(("good",))


def test_a_run_that_waits_for_its_worker_is_not_archived(run):
    run.events_file.unlink()
    with pytest.raises(InputError, match="is waiting; stop it first"):
        marks.archive(run)
    assert not run.marks_file.exists()


def test_a_damaged_file_is_named(run):
    run.marks_file.write_text("[]")
    with pytest.raises(InputError, match=r"marks.json is damaged .* Remove it"):
        marks.read(run)

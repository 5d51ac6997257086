import pytest

from workbench import profile as profiles
from workbench.engine import tags
from workbench.engine.events import EventLog
from workbench.engine.run import create
from workbench.engine.tags import Noted
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
    assert tags.read(run) == Noted()
    tags.tag(run, ["good", "seed-1"])
    assert tags.tag(run, ["seed-1", "x"]).tags == ("good", "seed-1", "x")
    assert tags.untag(run, ["good"]).tags == ("seed-1", "x")
    assert tags.read(run).tags == ("seed-1", "x")
    assert not list(run.folder.glob(".*"))


def test_what_is_no_tag_is_refused_and_nothing_is_written(run):
    for wrong in ("", "two words", "-x", "a" * 41, "\x1b[31m"):
        with pytest.raises(InputError, match="is no tag"):
            tags.tag(run, ["good", wrong])
    assert not run.tags_file.exists()
    with pytest.raises(InputError, match="It has none"):
        tags.untag(run, ["good"])
    tags.tag(run, ["good"])
    with pytest.raises(InputError, match='Did you mean "good"'):
        tags.untag(run, ["goood"])


def test_an_archived_run_keeps_its_tags_and_can_be_restored(run):
    tags.tag(run, ["good"])
    assert tags.archive(run) == Noted(("good",), archived=True)
    assert tags.read(run).archived
    assert tags.restore(run) == Noted(("good",))


def test_a_run_that_waits_for_its_worker_is_not_archived(run):
    run.events_file.unlink()
    with pytest.raises(InputError, match="is waiting; stop it first"):
        tags.archive(run)
    assert not run.tags_file.exists()


def test_a_damaged_file_is_named(run):
    run.tags_file.write_text("[]")
    with pytest.raises(InputError, match=r"tags.json is damaged .* Remove it"):
        tags.read(run)

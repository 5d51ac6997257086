import json
import math
import threading

from workbench.engine.events import EventLog, EventReader


def test_a_reader_gets_each_event_once_and_in_order(tmp_path):
    log, reader = EventLog(tmp_path / "events.jsonl"), EventReader(tmp_path / "events.jsonl")
    log.append("stage", stage="data")
    assert [event.fields for event in reader.read()] == [{"stage": "data"}]
    log.append("step", step=1, loss=2.5)
    (event,) = reader.read()
    assert (event.kind, event.fields) == ("step", {"step": 1, "loss": 2.5})
    assert list(reader.read()) == []


def test_a_missing_log_has_no_events(tmp_path):
    assert list(EventReader(tmp_path / "none.jsonl").read()) == []


def test_a_torn_line_is_not_there_and_does_not_swallow_the_next(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append("step", step=1)
    log.close()
    with path.open("a") as file:
        file.write('{"time_s": 1, "kind": "st')
    assert [event.fields["step"] for event in EventReader(path).read()] == [1]
    EventLog(path).append("step", step=2)
    assert [event.fields["step"] for event in EventReader(path).read()] == [1, 2]


def test_nan_is_stored_as_null_and_a_note_says_so(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    log.append("step", step=1, loss=math.nan, grad_norm=math.inf)
    step, note = EventReader(tmp_path / "events.jsonl").read()
    assert step.fields == {"step": 1, "loss": None, "grad_norm": None}
    assert note.fields["text"] == "loss is nan, grad_norm is inf"
    for line in (tmp_path / "events.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))


def test_threads_never_mix_their_lines(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")

    def write(writer):
        for number in range(200):
            log.append("note", text=f"{writer}-{number}" + "x" * 500)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(EventReader(tmp_path / "events.jsonl").read())) == 800

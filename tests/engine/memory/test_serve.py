import io
import json
import os

import pytest

from workbench.engine.memory import serve
from workbench.errors import InputError


@pytest.fixture
def said(monkeypatch):
    """Serve these lines with a played ``answer``; gives the replies."""

    def run(lines, answer):
        reading, writing = os.pipe()
        before = os.dup(1)
        os.dup2(writing, 1)
        os.close(writing)
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(lines)))
        monkeypatch.setattr(serve, "answer", answer)
        try:
            serve.main()
        finally:
            os.dup2(before, 1)
            os.close(before)
        with os.fdopen(reading) as file:
            return [json.loads(line) for line in file]

    return run


def answers(request):
    os.write(1, b"talk of a library\n")
    if "mistake" in request:
        raise InputError("no such layer")
    if "failure" in request:
        raise KeyError("x\nsecond line")
    return {"n": request["n"]}


def test_an_error_of_one_request_does_not_end_it_and_talk_is_no_answer(said):
    replies = said(['{"n": 1}\n', '{"mistake": 1}\n', '{"failure": 1}\n', "no json\n", '{"n": 2}\n'], answers)
    assert [replies[0], replies[4]] == [{"answer": {"n": 1}}, {"answer": {"n": 2}}]
    assert replies[1] == {"error": "no such layer", "exit_code": 2}
    assert replies[2]["error"].startswith("KeyError")
    assert "\n" not in replies[2]["error"]
    assert replies[3]["error"].startswith("JSONDecodeError")


def test_calibration_is_a_request_of_its_own(monkeypatch):
    monkeypatch.setattr(serve, "measure_context", lambda: {"context_bytes": 1})
    assert serve.answer({"verb": "calibrate"}) == {"context_bytes": 1}

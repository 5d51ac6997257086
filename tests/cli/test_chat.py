"""chat: one prompt, a dialogue, ctrl+c; the worker is played."""

import builtins
import io
import signal
import sys
from pathlib import Path

import pytest

from workbench.engine.chat import client
from workbench.engine.chat.session import Session

from .conftest import FINISHED, STARTED

FAKE = [sys.executable, str(Path(__file__).parents[1] / "engine" / "fake_chat_worker.py")]


@pytest.fixture
def run(make_run):
    run = make_run(STARTED, FINISHED)
    run.adapter.mkdir(parents=True)
    return run


@pytest.fixture
def plays(monkeypatch):
    """Call to play the worker, at a speed in tokens/s."""

    def play(*arguments):
        monkeypatch.setattr(client, "command", lambda *_: [*FAKE, *arguments])

    play()
    return play


@pytest.fixture
def types(monkeypatch):
    """Call with what a user types, line by line; an exception is what a key does."""

    def on_terminal(*lines):
        waiting = iter(lines)

        def typed(_prompt=""):
            line = next(waiting)
            if isinstance(line, str):
                return line
            raise line

        monkeypatch.setattr(sys, "stdin", io.StringIO())
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(builtins, "input", typed)

    return on_terminal


@pytest.mark.usefixtures("plays")
def test_one_prompt_goes_to_the_tuned_side_and_the_answer_alone_to_stdout(cli, run):
    done = cli("chat", "mine", "--prompt", "hello", "--seed", "7")
    assert done.code == 0
    assert done.out == "tuned heard user: hello with seed 7\n"
    assert f"{run.id} (tiny · lora · none), a CPU, float32" in done.err
    assert "ended by the model · 4 new tokens" in done.err
    assert "greedy (temperature 0)" in done.err
    assert "seed 7" in done.err


@pytest.mark.usefixtures("plays", "run")
def test_both_sides_as_json_with_all_that_is_known(cli):
    record = cli("chat", "--base-too", "--prompt", "hello", "--temperature", "0.5", "--json").json()
    assert record["prompt"] == "hello"
    assert [answer["side"] for answer in record["answers"]] == ["tuned", "base"]
    for answer in record["answers"]:
        assert answer["sampling"] == {"temperature": 0.5, "top_p": 1.0, "max_new_tokens": 256, "seed": 42}
        assert (answer["finish"], answer["new_tokens"]) == ("stop", 4)
        assert answer["tokens_per_s"] > 0
    assert record["worker"]["device_name"] == "a CPU"


@pytest.mark.usefixtures("plays", "run")
def test_the_prompt_may_come_from_stdin_and_no_answer_steers_the_terminal(cli, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("say \\x1b[31mred\n"))
    assert cli("chat", "mine").out == "\\x1b[31mred\n"


@pytest.mark.usefixtures("plays", "run")
def test_an_empty_answer_is_said_with_its_reason(cli):
    done = cli("chat", "mine", "--prompt", "nothing")
    assert (done.code, done.out) == (0, "")
    assert "((empty) ended by the model: the model ended at once" in done.err


@pytest.mark.usefixtures("run")
def test_what_cannot_be_is_refused(cli, plays, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(" \n"))
    assert "The prompt is empty" in cli("chat", "mine").err
    assert cli("chat", "nobody", "--prompt", "x").code == 2
    wrong = cli("chat", "mine", "--prompt", "x", "--temperature", "-1", "--max-new-tokens", "0")
    assert wrong.code == 2
    assert "temperature: this must be" in wrong.err
    assert "max_new_tokens: this must be" in wrong.err
    assert "only a run has a tuned and a base side" in cli("chat", "./tiny", "--base-too", "--prompt", "x").err
    plays("refuse")
    refused = cli("chat", "mine", "--prompt", "x")
    assert (refused.code, refused.err.splitlines()[-1]) == (2, "There is no model here.")


@pytest.mark.usefixtures("plays", "run")
def test_a_failed_answer_and_a_crash_are_errors(cli):
    broken = cli("chat", "mine", "--prompt", "break")
    assert (broken.code, broken.err.splitlines()[-1]) == (1, "It broke.")
    crashed = cli("chat", "mine", "--prompt", "crash")
    assert (crashed.code, crashed.err.splitlines()[-1]) == (1, "The chat worker ended by SIGKILL.")


@pytest.mark.usefixtures("plays", "run")
def test_a_dialogue_remembers_what_was_said(cli, types):
    types("one", "  ", "say two", EOFError())
    done = cli("chat", "mine")
    assert done.code == 0
    assert done.out == "tuned heard user: one with seed 42\ntwo\n"
    types("one", "two", KeyboardInterrupt(), KeyboardInterrupt())
    done = cli("chat", "mine")
    assert done.code == 130
    heard = "user: one | assistant: tuned heard user: one with seed 42 | user: two"
    assert done.out.splitlines()[1] == f"tuned heard {heard} with seed 43"
    assert "ctrl+c again leaves" in done.err


@pytest.mark.usefixtures("run")
def test_ctrl_c_stops_the_answer_and_keeps_it(cli, plays, monkeypatch):
    plays("50")
    take, presses = Session.take, []

    def interrupted(session, timeout_s=0.0):
        news = take(session, timeout_s)
        if not presses and any(answer.new_tokens >= 3 for answer in news[1]):
            presses.append(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return news

    monkeypatch.setattr(Session, "take", interrupted)
    done = cli("chat", "mine", "--prompt", "long", "--max-new-tokens", "100000")
    assert done.code == 0
    assert done.out.startswith("one **two** [three](x) ")
    assert "stopped by you" in done.err


def test_the_front_end_is_refused_json_on_a_terminal(cli, run, types):
    types("one")
    assert run.adapter.is_dir()
    assert "--json prints one answer" in cli("chat", "mine", "--json").err

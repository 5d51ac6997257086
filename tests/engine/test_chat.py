"""The chat: settings, conversation, the worker's messages, and the real worker on a tiny model."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench import profile as profiles
from workbench.engine.chat import client, transcript
from workbench.engine.chat.conversation import Answer, Conversation
from workbench.engine.chat.partner import find
from workbench.engine.chat.sampling import Sampling, changed, sampling
from workbench.engine.chat.session import Session
from workbench.engine.run import create
from workbench.errors import InputError, ProblemsError
from workbench.paths import Workspace

FAKE = [sys.executable, str(Path(__file__).with_name("fake_chat_worker.py"))]
DEADLINE_S = 120.0


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def trained(workspace, tiny_model):
    """A run that looks trained: a profile and a folder for its adapter."""
    data = '[data]\ndataset = "quiz"\nsystem = "Be brief."\n'
    text = f'[model]\nname = "{tiny_model}"\n[adapter]\nmethod = "lora"\nr = 4\n{data}'
    run = create(workspace, profiles.parse(text, "mine", "here"))
    run.adapter.mkdir(parents=True)
    return run


@pytest.fixture
def fake(workspace, trained, monkeypatch):
    """Call for a session whose worker is played; the argument is its speed in tokens/s."""
    opened = []

    def open_session(*arguments, settings=None):
        monkeypatch.setattr(client, "command", lambda *_: [*FAKE, *arguments])
        opened.append(Session(workspace, find(workspace, trained.id), settings))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()


def until(session, done):
    """Take events until something holds."""
    deadline = time.monotonic() + DEADLINE_S
    while not done():
        assert time.monotonic() < deadline, (session.loaded, session.conversation.turns)
        session.take(0.1)


def answered(session, prompt, sides=("tuned",)):
    turn = session.ask(prompt, sides)
    until(session, lambda: not session.busy)
    return [turn.answers[side] for side in sides]


def gone(pid):
    """Whether a process has ended; one that nobody has waited for counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# settings


def test_the_default_is_greedy_and_says_so():
    assert Sampling().greedy
    assert "greedy (temperature 0)" in Sampling().about()
    assert changed(Sampling(), Sampling(0.5, 0.9, 8, 3).text()) == Sampling(0.5, 0.9, 8, 3)


def test_every_wrong_setting_is_named_at_once():
    with pytest.raises(ProblemsError) as caught:
        changed(Sampling(), "temprature=1 top_p=0 max_new_tokens=1.5 seed=-1 temperature=nan")
    places = [problem.where for problem in caught.value.problems]
    assert places == ["temperature", "top_p", "max_new_tokens", "seed", "temprature"]
    assert 'Did you mean "temperature"?' in str(caught.value)
    with pytest.raises(InputError, match="settings look like temperature=0"):
        changed(Sampling(), "hot")
    with pytest.raises(ProblemsError):
        sampling(temperature=True)


# conversation


def finished(turn, side, text, finish="stop", new_tokens=5):
    turn.answers[side] = turn.answers[side].with_event({"text": text, "finish": finish, "new_tokens": new_tokens})


def test_each_side_reads_its_own_answers_and_the_others_where_it_has_none():
    talk = Conversation()
    session_turns = []
    for prompt, sides in (("a", ("tuned", "base")), ("b", ("tuned",)), ("c", ("tuned", "base"))):
        turn = _turn(talk, prompt, sides)
        session_turns.append(turn)
        for side in sides:
            finished(turn, side, f"{side} to {prompt}")
    base = [one["content"] for one in talk.messages(session_turns[2], "base")]
    assert base == ["a", "base to a", "b", "tuned to b", "c"]
    finished(session_turns[1], "tuned", "", "failed")
    assert [one["content"] for one in talk.messages(session_turns[2], "tuned")] == ["a", "tuned to a", "c"]


def _turn(talk, prompt, sides):
    from workbench.engine.chat.conversation import Turn

    turn = Turn(prompt)
    talk.turns.append(turn)
    turn.begin(sides, Sampling())
    return turn


@pytest.mark.parametrize(
    ("text", "finish", "new_tokens", "why"),
    [
        ("", "stop", 1, "the model ended at once"),
        ("", "stopped", 0, "stopped before the first token"),
        ("", "length", 4, "4 special tokens and no text"),
        (" \n", "stop", 2, "2 blank characters and nothing else"),
        ("4", "stop", 2, ""),
        ("", "", 0, ""),
    ],
)
def test_an_answer_that_shows_nothing_says_why(text, finish, new_tokens, why):
    assert Answer(1, "base", Sampling(), text, finish, new_tokens=new_tokens).nothing == why


# partner


def test_a_partner_is_a_run_or_a_model(workspace, trained, tiny_model):
    assert find(workspace).name == trained.id
    assert find(workspace, "mine").sides == ("tuned", "base")
    assert find(workspace, str(tiny_model)).sides == ("base",)
    with pytest.raises(InputError, match=r'no run and no model "smollm2-135n"\. Did you mean "smollm2-135m"\?'):
        find(workspace, "smollm2-135n")
    trained.adapter.rmdir()
    with pytest.raises(InputError, match="has no trained weights"):
        find(workspace, trained.id)
    with pytest.raises(InputError, match="workbench fetch smollm2-135m"):
        find(workspace)


# the worker as the front end sees it


def test_answers_stream_and_both_sides_answer_one_after_the_other(fake):
    session = fake()
    tuned, base = answered(session, "hello", ("tuned", "base"))
    assert session.loaded.state == "ready"
    assert session.loaded.facts["dtype"] == "float32"
    assert tuned.text == "tuned heard user: hello with seed 42"
    assert base.text == "base heard user: hello with seed 42"
    assert (tuned.finish, tuned.new_tokens, tuned.prompt_tokens) == ("stop", 4, 7)
    assert tuned.tokens_per_s == pytest.approx(4 / tuned.seconds)


def test_regenerating_keeps_the_earlier_answer_and_takes_the_next_seed_unless_told_otherwise(fake):
    session = fake()
    (first,) = answered(session, "hello")
    turn = session.again(("tuned",))
    until(session, lambda: not session.busy)
    assert turn.earlier == [first]
    assert turn.answers["tuned"].sampling.seed == 43
    session.same_seed = True
    session.again(("tuned",))
    until(session, lambda: not session.busy)
    assert turn.answers["tuned"].sampling.seed == 42
    assert len(session.conversation.turns) == 1


def test_the_base_is_asked_afterwards_with_the_settings_of_the_tuned_answer(fake):
    session = fake()
    assert session.beside(("tuned", "base")) is None
    answered(session, "one")
    answered(session, "hello")
    session.set_sampling(Sampling(temperature=1.0))
    turn = session.beside(("tuned", "base"))
    until(session, lambda: not session.busy)
    assert turn.answers["base"].sampling == turn.answers["tuned"].sampling == Sampling(seed=43)
    assert turn.answers["base"].text.startswith("base heard user: one | assistant: tuned heard")
    assert session.beside(("tuned", "base")) is None
    assert session.next_sampling == Sampling(temperature=1.0, seed=44)


def test_check_43_stop_keeps_the_partial_text_and_what_waited_is_stopped_too(fake):
    session = fake("50", settings=Sampling(max_new_tokens=100_000))
    turn = session.ask("long", ("tuned", "base"))
    until(session, lambda: turn.answers["tuned"].new_tokens >= 3)
    with pytest.raises(InputError, match="still being generated"):
        session.ask("more", ("tuned",))
    assert session.stop()
    until(session, lambda: not session.busy)
    tuned, base = turn.answers["tuned"], turn.answers["base"]
    assert tuned.finish == "stopped"
    assert tuned.text.startswith("one **two** ")
    assert (base.finish, base.nothing) == ("stopped", "stopped before the first token")
    assert not session.stop()


def test_a_crash_is_said_with_the_last_lines_and_the_partial_answer_stays(fake):
    session = fake()
    answered(session, "hello")
    turn = session.ask("crash", ("tuned", "base"))
    until(session, lambda: session.loaded.state == "failed")
    assert session.loaded.problem == "The chat worker ended by SIGKILL.\nSegfault soon"
    assert {answer.finish for answer in turn.answers.values()} == {"failed"}
    assert turn.answers["base"].reason == "The chat worker ended by SIGKILL."
    with pytest.raises(InputError, match="nobody can answer: The chat worker ended by SIGKILL"):
        session.ask("again?", ("tuned",))


def test_a_failed_answer_is_said_and_the_worker_goes_on(fake):
    session = fake()
    (broken,) = answered(session, "break")
    assert (broken.finish, broken.reason) == ("failed", "It broke.")
    (fine,) = answered(session, "hello")
    assert fine.text == "tuned heard user: hello with seed 43"  # the failed turn is no part of it


def test_what_cannot_be_loaded_is_said(fake):
    session = fake("refuse")
    until(session, lambda: session.loaded.state == "failed")
    assert (session.loaded.problem, session.loaded.exit_code) == ("There is no model here.", 2)


def test_a_new_chat_hears_nothing_of_the_old_one(fake):
    session = fake("20", settings=Sampling(max_new_tokens=100_000))
    turn = session.ask("long", ("tuned",))
    until(session, lambda: turn.answers["tuned"].new_tokens > 0)
    session.new()
    (fresh,) = answered(session, "hello")
    assert fresh.text == "tuned heard user: hello with seed 43"
    with pytest.raises(InputError, match="nothing to send"):
        session.ask("  ", ("tuned",))


def test_the_worker_ends_with_its_front_end_however_that_ends(fake, tmp_path):
    session = fake("5")
    session.ask("long", ("tuned",))
    session.close()
    assert gone(session.pid)
    code = (
        "import sys, os, signal; from workbench.engine.chat.client import Client\n"
        f"c = Client({FAKE!r}); c.take(60); print(c.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid, deadline = int(done.stdout), time.monotonic() + DEADLINE_S
    while not gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_transcript_holds_everything_and_no_answer_can_leave_its_fence(fake):
    session = fake()
    answered(session, "say a```b\\x1b[31m")
    answered(session, "nothing")
    session.again(("tuned",))
    until(session, lambda: not session.busy)
    text = transcript.as_text(session, "markdown")
    assert "````text\na```b\\x1b[31m\n````" in text
    assert "\x1b" not in text
    assert text.count("(empty)") == 2
    assert "ended by the model: the model ended at once" in text
    assert "seed 44" in text
    assert "System: Be brief." in text
    record = json.loads(transcript.as_text(session, "json"))
    assert [turn["prompt"] for turn in record["turns"]] == ["say a```b\\x1b[31m", "nothing"]
    assert record["turns"][0]["answers"][0]["text"] == "a```b\x1b[31m"
    assert len(record["turns"][1]["earlier"]) == 1
    assert record["worker"]["dtype"] == "float32"


def test_the_command_of_a_prompt_names_what_differs_from_the_defaults():
    said = transcript.command("r", True, Sampling(0.7, 1.0, 256, 43), "it's")
    assert said == "workbench chat r --base-too --temperature 0.7 --seed 43 --prompt 'it'\"'\"'s'"
    assert transcript.command("r", False, Sampling()) == "workbench chat r"


# the real worker


@pytest.fixture
def adapter(workspace, trained, tiny_model):
    """The run with a real adapter that changes every answer."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    config = LoraConfig(r=4, lora_alpha=64, target_modules="all-linear", init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model), config).save_pretrained(trained.adapter)
    return trained


def test_one_loaded_model_answers_for_both_sides(workspace, adapter, tiny_model):
    from workbench.engine import model
    from workbench.engine.chat.sides import Sides
    from workbench.engine.evaluate.generate import Asking, answers

    stages = []
    sides = Sides(workspace, find(workspace, adapter.id), stages.append)
    asked = [{"role": "user", "content": "Hi"}]
    said = {side: _say(sides, side, asked)[0] for side in ("tuned", "base", "tuned")}
    assert len(sides._models) == 1
    assert stages == [f"loading {adapter.id}"]
    assert said["tuned"]["text"] != said["base"]["text"]
    plain = find(workspace, str(tiny_model)).profile
    tokenizer = model.load_tokenizer(tiny_model, plain.model)
    text = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    loaded = model.load_base(tiny_model, plain).eval()
    ((alone,),) = answers(loaded, tokenizer, [ids], Asking(12), 4096, lambda _: None)
    assert said["base"]["text"] == alone.text  # the evaluations would have got the same answer
    assert said["base"]["prompt_tokens"] == len(ids)


def _say(sides, side, messages, should_stop=lambda: False, **settings):
    pieces = []
    done = sides.answer(
        side, messages, Sampling(**{"max_new_tokens": 12, **settings}), lambda _: None, pieces.append, should_stop
    )
    return done, pieces


def test_pieces_add_up_to_the_answer_and_sampling_follows_the_seed(workspace, tiny_model):
    from workbench.engine.chat.sides import Sides

    sides = Sides(workspace, find(workspace, str(tiny_model)), lambda _: None)
    hot = {"temperature": 1.5, "max_new_tokens": 40}
    asked = [{"role": "user", "content": "Hé 🙂"}]
    texts = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        done, pieces = _say(sides, "base", asked, **hot, seed=seed)
        texts[name] = done["text"]
        assert [piece.new_tokens for piece in pieces] == list(range(1, done["new_tokens"] + 1))
        streamed = "".join(piece.piece for piece in pieces)
        assert done["text"].startswith(streamed.rstrip("\ufffd"))
    assert texts["a"] == texts["b"] != texts["c"]
    with pytest.raises(InputError, match="there is no tuned side"):
        _say(sides, "tuned", asked)


def test_an_answer_is_cut_at_the_models_context_and_a_longer_conversation_refused(workspace, tiny_model):
    from workbench.engine.chat.sides import Sides

    sides = Sides(workspace, find(workspace, str(tiny_model)), lambda _: None)
    assert sides.facts["context_tokens"] == 512
    done, _ = _say(sides, "base", [{"role": "user", "content": "x" * 460}], max_new_tokens=500)
    assert done["finish"] in ("context", "stop")
    assert done["prompt_tokens"] + done["new_tokens"] <= 512
    with pytest.raises(InputError, match="the model reads 512: begin a new chat"):
        _say(sides, "base", [{"role": "user", "content": "x" * 600}])
    done, pieces = _say(sides, "base", [{"role": "user", "content": "x"}], should_stop=lambda: True)
    assert (done["finish"], done["new_tokens"], pieces) == ("stopped", 0, [])
    calls = iter([False] * 4)
    done, pieces = _say(
        sides, "base", [{"role": "user", "content": "x"}], should_stop=lambda: next(calls, True), temperature=1.5
    )
    assert (done["finish"], done["new_tokens"]) == ("stopped", len(pieces))


def test_full_fine_tuning_loads_a_second_model_or_says_why_not(workspace, tiny_model, monkeypatch):
    import shutil

    from workbench.engine.chat import sides as module
    from workbench.errors import WorkbenchError

    text = f'[model]\nname = "{tiny_model}"\n[adapter]\nmethod = "full"\n[data]\ndataset = "quiz"\n'
    run = create(workspace, profiles.parse(text, "whole", "here"))
    shutil.copytree(tiny_model, run.adapter)
    sides = module.Sides(workspace, find(workspace, run.id), lambda _: None)
    asked = [{"role": "user", "content": "Hi"}]
    monkeypatch.setattr(module, "free_bytes", lambda: 1000)
    with pytest.raises(WorkbenchError, match=r"the base needs .* beside it; 1000 B are free"):
        _say(sides, "base", asked)
    monkeypatch.undo()
    base, _ = _say(sides, "base", asked)
    tuned, _ = _say(sides, "tuned", asked)
    assert base["text"] == tuned["text"]
    assert len(sides._models) == 2


@pytest.mark.slow
def test_the_real_process_answers_and_leaves(workspace, adapter):
    session = Session(workspace, find(workspace, adapter.id), Sampling(max_new_tokens=8))
    tuned, base = answered(session, "Hi", ("tuned", "base"))
    assert tuned.finish in ("stop", "length")
    assert tuned.text != base.text
    session.close()
    assert gone(session.pid)


@pytest.mark.slow
@pytest.mark.model
def test_a_real_model_knows_the_capital_of_france(tmp_path, smollm2):
    workspace = Workspace(tmp_path)
    session = Session(workspace, find(workspace, str(smollm2)), Sampling(max_new_tokens=16))
    try:
        (answer,) = answered(session, "What is the capital of France?", ("base",))
    finally:
        session.close()
    assert "Paris" in answer.text
    assert answer.finish == "stop"
    assert answer.tokens_per_s > 0


def test_the_front_end_of_the_chat_loads_nothing_heavy():
    code = "import sys, workbench.engine.chat.session, workbench.engine.chat.transcript; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert not {"torch", "transformers", "peft", "textual", "rich"} & set(done.stdout.split())

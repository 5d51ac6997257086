import pytest
import torch
from transformers import Gemma2Config, Gemma2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

from workbench.engine.evaluate import answering, graphs, latency
from workbench.engine.evaluate.answering import Answering
from workbench.engine.evaluate.latency import Timing

SMALL = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 260, "pad_token_id": 0}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
PROMPTS = [[30 + (7 * n * k) % 200 for k in range(n)] for n in (3, 8, 40)]
NEW_TOKENS = 20


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    return Qwen3ForCausalLM(Qwen3Config(**SMALL, **HEADS)).eval()


@pytest.fixture
def recorded(monkeypatch):
    """Steps that were recorded; recording itself needs a GPU, so each replay is the step again."""
    steps = []

    def captured(step, put_back):
        step()
        put_back()
        steps.append(step)
        return step

    monkeypatch.setattr(graphs, "usable", lambda _: True)
    monkeypatch.setattr(graphs, "captured", captured)
    return steps


def answer_all(model, compiler):
    notes = []
    answer = answering.answering(model, max(map(len, PROMPTS)), NEW_TOKENS, notes.append, compiler)
    timings = latency.measure(answer, PROMPTS)
    assert all(timing.ttft_s > 0 and timing.tpot_s > 0 for timing in timings)
    return answer, notes


def test_the_first_prompt_compiles_and_no_other(model, recorded):
    compilings, calls = [], []

    def compiler(function, **options):
        compilings.append(options)

        def step(*given):
            calls.append(given)
            return function(*given)

        return step

    answer, notes = answer_all(model, compiler)
    assert answer.way == "CUDA graphs, compiled"
    assert notes == [answering.COMPILING]
    assert [options["fullgraph"] for options in compilings] == [True]
    assert len(recorded) == 1
    answered = latency.WARM_UPS + len(PROMPTS)
    assert len(calls) == 1 + answered * (NEW_TOKENS - 1)
    assert {mask.shape[-1] for _, _, mask, _, _ in calls} == {128}  # of whatever length the prompt is
    latency.measure(answer, PROMPTS)
    assert (len(compilings), len(recorded)) == (1, 1)


def broken(_, **options):
    def step(*_):
        raise torch._dynamo.exc.Unsupported("no compiler found\nlong trace")

    return step


def test_where_compiling_fails_it_is_recorded_only_and_the_reason_told(model, recorded):
    answer, notes = answer_all(model, broken)
    assert answer.way == "CUDA graphs"
    assert len(recorded) == 1
    assert notes[0] == answering.COMPILING
    assert "no compiler found" in notes[1]
    assert "Unsupported" in notes[1]
    assert notes[1].endswith("going on with CUDA graphs")
    assert "\n" not in notes[1]


def test_where_nothing_can_be_recorded_it_is_eager(model, recorded, monkeypatch):
    def captured(step, put_back):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(graphs, "captured", captured)
    answer, notes = answer_all(model, lambda function, **_: function)
    assert answer.way == "eager"
    assert [note.split(":")[0] for note in notes[1:]] == ["CUDA graphs, compiled", "CUDA graphs"]


def test_names_of_the_other_ways(model):
    gemma = Gemma2ForCausalLM(Gemma2Config(**SMALL, **HEADS)).eval()
    assert answering.answering(model, 8, 4, print).way == "eager"
    assert answering.answering(gemma, 8, 4, print).way == "generate"


def test_a_way_that_worked_is_not_left_later():
    answers = iter([Timing(1.0, 0.1), None])

    def first(_):
        timing = next(answers)
        if timing is None:
            raise torch.OutOfMemoryError("full")
        return timing

    answer = Answering([("fast", first), ("slow", lambda _: Timing(2.0, 0.2))], print)
    assert answer([1]) == Timing(1.0, 0.1)
    with pytest.raises(torch.OutOfMemoryError):
        answer([1])
    assert answer.way == "fast"


def test_the_last_way_fails_as_it_is():
    def fails(_):
        raise RuntimeError("broken")

    notes = []
    answer = Answering([("fast", fails), ("slow", fails)], notes.append)
    with pytest.raises(RuntimeError, match="broken"):
        answer([1])
    assert notes == ["fast: not possible here (RuntimeError: broken); going on with slow"]

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    MistralConfig,
    MistralForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from workbench.engine.evaluate import decode, graphs
from workbench.engine.evaluate.attention import GROUPED, RoomyLayer, grouped_attention, plain_causal
from workbench.engine.evaluate.decode import greedy, read, speak
from workbench.engine.evaluate.generate import by_library

HEAD = [7, 8, 9, 10, 11]
PROMPTS = [HEAD + [30 + (7 * n * k) % 200 for k in range(n)] for n in (3, 17, 5, 9, 40, 11, 2, 30)]
SMALL = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 260, "pad_token_id": 0}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}


def never(_):
    return False


def qwen3():
    torch.manual_seed(3)
    return Qwen3ForCausalLM(Qwen3Config(**SMALL, **HEADS)).eval()


@pytest.fixture(scope="module", params=["llama", "qwen3"])
def model(request, tiny_model):
    return qwen3() if request.param == "qwen3" else AutoModelForCausalLM.from_pretrained(tiny_model).eval()


def one_by_one(model, limit):
    return [by_library(model, [prompt], limit, [], 0)[0] for prompt in PROMPTS]


def test_a_batch_says_what_generate_says_one_by_one(model):
    assert greedy(model, PROMPTS, 12, never)[0] == one_by_one(model, 12)


def test_prompts_that_share_nothing_and_one_alone(model):
    apart = [[*prompt[5:], n] for n, prompt in enumerate(PROMPTS)]
    alone = [greedy(model, [prompt], 6, never)[0][0] for prompt in apart]
    assert greedy(model, apart, 6, never)[0] == alone
    assert alone[0] == by_library(model, apart[:1], 6, [], 0)[0]


def test_equal_prompts_are_answered_alike(model):
    said, _ = greedy(model, [PROMPTS[0]] * 3, 5, never)
    assert said[0] == said[1] == said[2]


def test_a_row_ends_by_itself_and_leaves_the_others_as_they_were(model):
    whole = one_by_one(model, 12)
    ends = {tuple(one[: 1 + place]) for place, one in enumerate(whole)}
    said, _ = greedy(model, PROMPTS, 12, lambda tokens: tuple(tokens) in ends)
    assert [len(one) for one in said] == [1 + min(k for k in range(12) if tuple(one[: k + 1]) in ends) for one in whole]
    assert all(one == other[: len(one)] for one, other in zip(said, whole, strict=True))


def test_a_look_at_other_tokens_changes_no_answer(model):
    probe = [40, 41, 42]
    said, looks = greedy(model, PROMPTS, 8, never, probe)
    assert said == one_by_one(model, 8)
    for prompt, look in zip(PROMPTS, looks, strict=True):
        with torch.inference_mode():
            scores = torch.log_softmax(model(torch.tensor([prompt + probe])).logits[0], -1)
        wanted = [float(scores[len(prompt) - 1 + k, token]) for k, token in enumerate(probe)]
        assert look == pytest.approx(wanted, abs=1e-4)


def test_the_model_attends_as_before_afterwards(model):
    before = model.config._attn_implementation
    with grouped_attention(model):
        assert model.config._attn_implementation == GROUPED
    assert model.config._attn_implementation == before


@pytest.mark.parametrize("stop_at", [None, 3])
def test_recorded_steps_say_the_same(model, monkeypatch, stop_at):
    """The recording itself needs a GPU; here each replay is the step again."""
    recorded = []

    def replayed(step, put_back):
        step()  # as a warm-up does
        put_back()
        recorded.append(step)
        return step

    monkeypatch.setattr(graphs, "captured", replayed)
    monkeypatch.setattr(graphs, "WINDOW", 16)

    def stop(said):
        return stop_at is not None and len(said) >= stop_at + said[0] % 31

    said, _ = greedy(model, PROMPTS, 40, stop, (), graphs.speak)
    assert said == greedy(model, PROMPTS, 40, stop, (), speak)[0]
    assert len(recorded) > 1
    if stop_at is None:
        assert said == one_by_one(model, 40)


def test_one_recording_serves_many_prompts(model, monkeypatch):
    monkeypatch.setattr(graphs, "captured", lambda step, put_back: step)
    batch, said = None, []
    with torch.inference_mode(), grouped_attention(model):
        for prompt in PROMPTS:
            speakers, _ = read(model, [prompt], 9, capacity=80)
            first = int(speakers.token)
            if batch:
                batch.load(speakers)
            else:
                batch = graphs.Recorded(model, speakers, graphs.WINDOW, keep=True)
            said.append([first, *batch.run(8)[0]])
    assert said == one_by_one(model, 9)
    assert len(batch.replays) == 1


def test_what_is_plain(tiny_model):
    assert plain_causal(qwen3())
    assert plain_causal(AutoModelForCausalLM.from_pretrained(tiny_model, attn_implementation="eager"))
    sliding = MistralConfig(**SMALL, **HEADS, sliding_window=8)
    gemma = Gemma2Config(**SMALL, **HEADS)
    others = [
        MistralForCausalLM(sliding),
        Gemma2ForCausalLM(gemma),
        GPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=16, n_head=2)),
    ]
    assert not any(plain_causal(other) for other in others)


def test_what_was_read_gives_up_its_room_once_it_has_moved(model, monkeypatch):
    """Two caches of a batch at once would be one too many; read by read the last portion's is gone."""
    monkeypatch.setattr(decode, "READ_TOKENS", 64)
    parts = []
    take = RoomyLayer.take

    def watched(layer, part, *rest):
        parts.append(part)
        assert not any(hasattr(before, "keys") for before in parts[:-1])
        take(layer, part, *rest)

    monkeypatch.setattr(RoomyLayer, "take", watched)
    said, _ = greedy(model, PROMPTS, 3, never)
    assert len(parts) >= 2 * 2
    assert not any(hasattr(part, "keys") for part in parts)
    assert said == one_by_one(model, 3)

import pytest
import torch
from transformers import AutoModelForCausalLM

from workbench.engine.evaluate import generate
from workbench.engine.evaluate.generate import Asking, answers, end_tokens, stop_at

PROMPTS = [list(range(20, 20 + length)) for length in (3, 17, 5, 9, 40, 11, 2, 30)]


@pytest.fixture(scope="module")
def model(tiny_model):
    return AutoModelForCausalLM.from_pretrained(tiny_model).eval()


def ask(model, tokenizer, prompts, batch_tokens, shrunk=None):
    notes = [] if shrunk is None else shrunk
    batches = list(answers(model, tokenizer, prompts, Asking(12), batch_tokens, on_note=notes.append))
    return sorted((answer for batch in batches for answer in batch), key=lambda answer: answer.index), batches


def test_batches_answer_as_one_by_one_does(model, tokenizer):
    alone, batches = ask(model, tokenizer, PROMPTS, batch_tokens=1)
    assert len(batches) == len(PROMPTS)
    together, batches = ask(model, tokenizer, PROMPTS, batch_tokens=200)
    assert 1 < len(batches) < len(PROMPTS)
    facts = [(a.index, a.text, a.finish, a.new_tokens) for a in alone]
    assert [(a.index, a.text, a.finish, a.new_tokens) for a in together] == facts
    assert {a.finish for a in alone} <= {"stop", "length"}


def test_no_batch_is_over_its_budget_and_the_longest_comes_first(model, tokenizer):
    _, batches = ask(model, tokenizer, PROMPTS, batch_tokens=150)
    widths = [max(len(PROMPTS[answer.index]) for answer in batch) + 12 for batch in batches]
    assert all(len(batch) * width <= 150 for batch, width in zip(batches, widths, strict=True))
    assert widths == sorted(widths, reverse=True)


def test_a_batch_too_large_for_the_gpu_is_halved_and_nothing_is_lost(model, tokenizer, monkeypatch):
    whole, _ = ask(model, tokenizer, PROMPTS, batch_tokens=10_000)
    greedy = generate.greedy

    def small(model, prompts, *rest):
        if len(prompts) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return greedy(model, prompts, *rest)

    monkeypatch.setattr(generate, "greedy", small)
    notes = []
    found, batches = ask(model, tokenizer, PROMPTS, batch_tokens=10_000, shrunk=notes)
    assert [(answer.index, answer.text) for answer in found] == [(answer.index, answer.text) for answer in whole]
    assert max(map(len, batches)) <= 2
    assert notes
    assert all("out of GPU memory" in note for note in notes)


def test_one_prompt_that_does_not_fit_is_an_error(model, tokenizer, monkeypatch):
    def never(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(generate, "greedy", never)
    with pytest.raises(torch.OutOfMemoryError):
        ask(model, tokenizer, PROMPTS, batch_tokens=1)


def test_steps_that_cannot_be_recorded_are_taken_one_by_one(model, tokenizer, monkeypatch):
    whole, _ = ask(model, tokenizer, PROMPTS, batch_tokens=200)

    def unrecordable(*_):
        raise generate.graphs.NotRecordableError("operation not permitted when stream is capturing")

    monkeypatch.setattr(generate.graphs, "usable", lambda model: True)
    monkeypatch.setattr(generate.graphs, "speak_recorded", unrecordable)
    notes = []
    found, _ = ask(model, tokenizer, PROMPTS, batch_tokens=200, shrunk=notes)
    assert [answer.text for answer in found] == [answer.text for answer in whole]
    assert len(notes) == 1
    assert "operation not permitted" in notes[0]


def test_a_large_batch_is_not_recorded(model, tokenizer, monkeypatch):
    def never(*_):
        pytest.fail("a batch of many rows keeps the GPU busy by itself")

    monkeypatch.setattr(generate.graphs, "usable", lambda model: True)
    monkeypatch.setattr(generate.graphs, "speak_recorded", never)
    monkeypatch.setattr(generate.graphs, "MOST_ROWS", len(PROMPTS) - 1)
    found, batches = ask(model, tokenizer, PROMPTS, batch_tokens=10_000)
    assert [len(batch) for batch in batches] == [len(PROMPTS)]
    assert all(answer.new_tokens for answer in found)


def test_only_batches_with_a_wanted_prompt_are_asked_and_they_stay_as_they_are(model, tokenizer):
    _, batches = ask(model, tokenizer, PROMPTS, batch_tokens=150)
    wanted = {batches[1][-1].index}
    some = list(answers(model, tokenizer, PROMPTS, Asking(12), 150, on_note=print, wanted=wanted))
    assert [[answer.index for answer in batch] for batch in some] == [[answer.index for answer in batches[1]]]


@pytest.fixture
def saying(monkeypatch):
    """Let the model say fixed tokens."""

    def say(*said):
        monkeypatch.setattr(
            generate, "greedy", lambda model, prompts, limit, stop, *rest: (list(said), [[]] * len(said))
        )

    return say


def test_an_answer_ends_at_its_own_end_token(model, tokenizer, saying):
    saying([65, 66, tokenizer.eos_token_id], [65, 66, 67, 68])
    found, _ = ask(model, tokenizer, [[5, 6], [7, 8]], batch_tokens=10_000)
    assert [(a.finish, a.new_tokens) for a in found] == [("stop", 3), ("length", 4)]
    assert found[0].text == tokenizer.decode([65, 66])
    assert found[1].text == tokenizer.decode([65, 66, 67, 68])


def test_a_closed_box_ends_an_answer_that_is_asked_for_in_one(tokenizer):
    said = tokenizer("so \\boxed{\\frac{1}{2}} and so on")["input_ids"]
    inside, bare = stop_at(tokenizer, [1], in_box=True), stop_at(tokenizer, [1], in_box=False)
    ended = next(k for k in range(1, len(said)) if inside(said[:k]))
    assert tokenizer.decode(said[:ended]) == "so \\boxed{\\frac{1}{2}}"
    assert not any(bare(said[:k]) for k in range(1, len(said)))
    thought = tokenizer("<think>\\boxed{1}</think>\\boxed{}\\boxed{2}")["input_ids"]
    assert [k for k in range(1, len(thought) + 1) if inside(thought[:k])] == [len(thought)]


def test_models_with_windows_are_asked_by_the_library(tokenizer):
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(1)
    small = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = MistralConfig(vocab_size=len(tokenizer), num_key_value_heads=2, sliding_window=8, **small)
    model = MistralForCausalLM(config).eval()
    alone, _ = ask(model, tokenizer, PROMPTS, batch_tokens=1)
    together, _ = ask(model, tokenizer, PROMPTS, batch_tokens=10_000)
    assert [a.text for a in together] == [a.text for a in alone]


def test_a_models_own_sampling_settings_do_not_count(model, tokenizer, monkeypatch):
    monkeypatch.setattr(model.generation_config, "do_sample", True)
    monkeypatch.setattr(model.generation_config, "temperature", 5.0)
    first, _ = ask(model, tokenizer, PROMPTS[:3], batch_tokens=1)
    second, _ = ask(model, tokenizer, PROMPTS[:3], batch_tokens=1)
    assert [a.text for a in first] == [a.text for a in second]


def test_end_tokens_are_the_models_and_the_tokenizers(model, tokenizer, monkeypatch):
    monkeypatch.setattr(model.generation_config, "eos_token_id", [3, 4])
    assert end_tokens(model, tokenizer) == sorted({3, 4, tokenizer.eos_token_id})

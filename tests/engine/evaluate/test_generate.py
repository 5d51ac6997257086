import pytest
import torch
from transformers import AutoModelForCausalLM

from workbench.engine.evaluate.generate import answers, end_tokens

PROMPTS = [list(range(20, 20 + length)) for length in (3, 17, 5, 9, 40, 11, 2, 30)]


@pytest.fixture(scope="module")
def model(tiny_model):
    return AutoModelForCausalLM.from_pretrained(tiny_model).eval()


def ask(model, tokenizer, prompts, batch_tokens, shrunk=None):
    batches = list(answers(model, tokenizer, prompts, 12, batch_tokens, on_shrink=(shrunk or []).append))
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
    generate = model.generate

    def small(**kwargs):
        if len(kwargs["input_ids"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return generate(**kwargs)

    monkeypatch.setattr(model, "generate", small)
    shrunk = []
    found, batches = ask(model, tokenizer, PROMPTS, batch_tokens=10_000, shrunk=shrunk)
    assert [answer.index for answer in found] == list(range(len(PROMPTS)))
    assert max(map(len, batches)) <= 2
    assert shrunk == sorted(shrunk, reverse=True)


def test_one_prompt_that_does_not_fit_is_an_error(model, tokenizer, monkeypatch):
    def never(**_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(model, "generate", never)
    with pytest.raises(torch.OutOfMemoryError):
        ask(model, tokenizer, PROMPTS, batch_tokens=1)


def test_an_answer_ends_at_its_own_end_token(model, tokenizer, monkeypatch):
    end = tokenizer.eos_token_id
    said = [[65, 66, end, tokenizer.pad_token_id], [65, 66, 67, 68]]

    def fixed(**kwargs):
        return torch.cat([kwargs["input_ids"], torch.tensor(said)], dim=1)

    monkeypatch.setattr(model, "generate", fixed)
    found, _ = ask(model, tokenizer, [[5, 6], [7, 8]], batch_tokens=10_000)
    assert [(a.finish, a.new_tokens) for a in found] == [("stop", 3), ("length", 4)]
    assert found[1].text == tokenizer.decode(said[1])


def test_a_models_own_sampling_settings_do_not_count(model, tokenizer, monkeypatch):
    monkeypatch.setattr(model.generation_config, "do_sample", True)
    monkeypatch.setattr(model.generation_config, "temperature", 5.0)
    first, _ = ask(model, tokenizer, PROMPTS[:3], batch_tokens=1)
    second, _ = ask(model, tokenizer, PROMPTS[:3], batch_tokens=1)
    assert [a.text for a in first] == [a.text for a in second]


def test_end_tokens_are_the_models_and_the_tokenizers(model, tokenizer, monkeypatch):
    monkeypatch.setattr(model.generation_config, "eos_token_id", [3, 4])
    assert end_tokens(model, tokenizer) == sorted({3, 4, tokenizer.eos_token_id})

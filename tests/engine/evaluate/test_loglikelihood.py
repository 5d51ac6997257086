import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, MistralConfig, MistralForCausalLM, Qwen3Config, Qwen3ForCausalLM

from workbench.choices.protocols import PROTOCOLS
from workbench.choices.rows import Row
from workbench.engine.evaluate import loglikelihood
from workbench.engine.evaluate.loglikelihood import Options, encode, of_options, of_tokens

ITEMS = [
    Options((5, 6, 7, 8), ((9,), (9, 10), (11, 12, 13))),
    Options((20,), ((9, 10, 11, 12), (9,), (30,), (31, 32), (9, 10))),
    Options(tuple(range(40, 75)), ((9, 10), (12, 13), (14, 15), (16, 17, 18))),
]
SMALL = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
EXPECTED = Path(__file__).with_name("arc_ll_expected.json")


def one_by_one(model, items):
    """The definition: every option in a forward of its own."""
    found = []
    for item in items:
        sums = []
        for option in item.options:
            with torch.inference_mode():
                scores = torch.log_softmax(model(torch.tensor([item.text + option])).logits[0], -1)
            sums.append(sum(float(scores[len(item.text) - 1 + k, token]) for k, token in enumerate(option)))
        found.append(sums)
    return found


def by_place(batches):
    return {place: values for batch in batches for place, values in zip(batch.places, batch.values, strict=True)}


def qwen3():
    torch.manual_seed(3)
    return Qwen3ForCausalLM(Qwen3Config(vocab_size=260, num_key_value_heads=2, head_dim=16, **SMALL)).eval()


def eager_llama(tiny_model):
    return AutoModelForCausalLM.from_pretrained(tiny_model, attn_implementation="eager").eval()


def sliding(_):
    torch.manual_seed(3)
    config = MistralConfig(vocab_size=260, num_key_value_heads=2, sliding_window=8, **SMALL)
    return MistralForCausalLM(config).eval()


@pytest.mark.parametrize("build", [lambda _: qwen3(), eager_llama, sliding], ids=["tree", "tree eager", "rows"])
@pytest.mark.parametrize("budget", [1, 60, 10_000])
def test_options_read_together_are_as_likely_as_one_by_one(build, budget, tiny_model):
    model = build(tiny_model)
    found = by_place(of_options(model, ITEMS, budget, on_note=print))
    for place, sums in enumerate(one_by_one(model, ITEMS)):
        assert found[place] == pytest.approx(sums, abs=1e-4)


def test_only_batches_that_matter_are_asked():
    batches = list(of_options(qwen3(), ITEMS, 1, on_note=print, wanted={1}))
    assert [batch.places for batch in batches] == [[1]]


def test_tokens_from_a_place_on():
    model = qwen3()
    rows = [([5, 6, 7, 8, 9], 3), ([20, 21], 1), (list(range(40, 70)), 10)]
    found = by_place(of_tokens(model, rows, 10_000, on_note=print))
    for place, (ids, first) in enumerate(rows):
        sums = one_by_one(model, [Options(tuple(ids[:first]), (tuple(ids[first:]),))])
        assert sum(found[place]) == pytest.approx(sums[0][0], abs=1e-4)
        assert len(found[place]) == len(ids) - first


def test_a_text_and_its_option_are_tokenized_together(tokenizer):
    item = encode(tokenizer, "Answer: ", ["a", "bc"], longest=100)
    assert tokenizer.decode(item.text) == "Answer:"
    assert [tokenizer.decode(option) for option in item.options] == [" a", " bc"]
    short = encode(tokenizer, "x" * 50, [" abc"], longest=20)
    assert len(short.text) + len(short.options[0]) == 21


@pytest.mark.parametrize(
    ("labels", "count"), [(("A", "B", "C"), 3), (("A", "B", "C", "D"), 4), (("A", "B", "C", "D", "E"), 5)]
)
def test_arc_is_asked_without_a_chat(labels, count):
    row = Row("1", "arc", "Why?", ("B",), tuple("vwxyz"[:count]), labels)
    choice = PROTOCOLS["arc_ll@1"].choice(row)
    assert (choice.text, choice.options, choice.labels) == ("Question: Why?\nAnswer:", tuple("vwxyz"[:count]), labels)
    assert PROTOCOLS["arc_ll@1"].choice(Row("1", "arc", "Why? A. x B. y", ("B",))) is None


def test_boolq_has_one_question_mark():
    for question in ("is it so", "is it so?"):
        choice = PROTOCOLS["boolq@1"].choice(Row("1", "boolq", question, ("yes",), context="P."))
        assert (choice.text, choice.options) == ("P.\nQuestion: is it so?\nAnswer:", ("no", "yes"))


@pytest.mark.model
@pytest.mark.skipif(not EXPECTED.exists(), reason="no stored values")
def test_quiz_rows_are_as_likely_as_lm_eval_found_them(smollm2):
    """The stored values are lm-eval 0.4.13's own, of the project's quiz rows."""
    from transformers import AutoTokenizer

    stored = json.loads(EXPECTED.read_text())
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    model = AutoModelForCausalLM.from_pretrained(smollm2, dtype=torch.float32).eval()
    items = [encode(tokenizer, one["text"], [f" {option}" for option in one["options"]], 8192) for one in stored]
    found = by_place(of_options(model, items, 8192, on_note=print))
    for place, one in enumerate(stored):
        assert found[place] == pytest.approx(one["ll"], abs=1e-4)


@pytest.mark.skipif(find_spec("lm_eval") is None, reason="lm-eval is not installed")
def test_every_option_is_as_likely_as_lm_eval_says(tiny_model, tokenizer):
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32).eval()
    texts = [
        ("Question: Which is a metal?\nAnswer:", [" iron", " oak", " wool"]),
        ("Question: 2?\nAnswer:", [" 1", " 2"]),
    ]
    lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=2)
    for text, options in texts:
        asked = [Instance("loglikelihood", {}, (text, option), n) for n, option in enumerate(options)]
        theirs = [value for value, _ in lm.loglikelihood(asked, disable_tqdm=True)]
        items = [encode(tokenizer, text, options, loglikelihood.longest(model))]
        assert by_place(of_options(model, items, 8192, on_note=print))[0] == pytest.approx(theirs, abs=1e-4)

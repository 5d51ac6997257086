import gc
import weakref
from collections import Counter

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch._dynamo import config
from torch._dynamo.utils import counters
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from workbench.engine.evaluate import compiling, graphs
from workbench.engine.evaluate.attention import grouped_attention
from workbench.engine.evaluate.compiling import compiled
from workbench.engine.evaluate.decode import greedy, read

SMALL = {"hidden_size": 64, "intermediate_size": 96, "vocab_size": 260, "pad_token_id": 0}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
PROMPTS = [[30 + (7 * n * k) % 200 for k in range(n)] for n in (8, 3, 17, 40, 11)]
NEW_TOKENS, ROOM = 9, 49
NOTHING = Counter()


def qwen3(layers=2):
    torch.manual_seed(3)
    return Qwen3ForCausalLM(Qwen3Config(**SMALL, **HEADS, num_hidden_layers=layers)).eval()


def llama():
    torch.manual_seed(3)
    return LlamaForCausalLM(LlamaConfig(**SMALL, **HEADS, num_hidden_layers=2)).eval()


def lora():
    adapter = LoraConfig(r=4, target_modules=["q_proj", "v_proj", "down_proj"], init_lora_weights=False)
    return get_peft_model(qwen3(), adapter).eval()


def traced(function, options, **given):
    """The whole step is traced and split as for a GPU, but run as it is: compiling for a CPU takes half a minute."""
    assert options == compiling.OPTIONS
    return torch.compile(function, backend="aot_eager", **given)


@pytest.fixture
def unrecorded(monkeypatch):
    """Recording needs a GPU: here each replay is the step again, called as often before as a recording calls it."""

    def captured(step, put_back):
        for _ in range(3):
            step()
            put_back()
        return step

    monkeypatch.setattr(graphs, "captured", captured)
    torch.compiler.reset()
    counters.clear()
    yield
    torch.compiler.reset()


def say(model, forward):
    batch, said = None, []
    with torch.inference_mode(), grouped_attention(model):
        for prompt in PROMPTS:
            speakers, _ = read(model, [prompt], NEW_TOKENS, capacity=ROOM)
            first = int(speakers.token)
            if batch is None:
                batch = graphs.Recorded(model, speakers, ROOM, forward, keep=True)
            else:
                batch.load(speakers)
            said.append([first, *batch.run(NEW_TOKENS - 1)[0]])
    return said, batch


@pytest.mark.parametrize("make", [qwen3, llama, lora])
def test_it_says_the_same_and_is_compiled_once_for_all_lengths(unrecorded, make):
    model = make()
    said, batch = say(model, compiled(traced))
    assert said == greedy(model, PROMPTS, NEW_TOKENS, lambda _: False)[0]
    assert list(batch.replays) == [ROOM]
    assert counters["stats"]["unique_graphs"] == 1
    assert counters["graph_break"] == NOTHING


def as_it_is(function, options, **given):
    return torch.compile(function, backend="eager", **given)


def test_models_of_one_structure_share_it_and_no_model_is_kept_by_it(unrecorded):
    gone = []
    for _ in range(2):
        model = qwen3(layers=1)
        say(model, compiled(as_it_is))
        gone.append(weakref.ref(model.lm_head.weight))
        del model
        gc.collect()
    assert counters["stats"]["unique_graphs"] == 1
    assert [one() for one in gone] == [None, None]


def test_more_structures_than_the_library_allows(unrecorded):
    forward = compiled(as_it_is)
    with config.patch(recompile_limit=1):
        for layers in (1, 2):
            say(qwen3(layers), forward)
    assert counters["stats"]["unique_graphs"] == 2

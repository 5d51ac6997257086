"""A tiny model with a real tokenizer and chat template, made once, and the fetched model where it is there."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@pytest.fixture(scope="session")
def tokenizer():
    """One token a byte, plus the ChatML turns."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens([AddedToken(t, special=True) for t in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")])
    made = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    made.chat_template = CHATML
    made.padding_side = "left"
    return made


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory, tokenizer):
    """Folder of a Llama with 2 layers of 64 numbers and random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=512,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    folder = tmp_path_factory.mktemp("tiny") / "tiny-llama"
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def smollm2():
    """Folder of the fetched SmolLM2 model."""
    folder = ROOT / "models" / "smollm2-135m"
    if not (folder / "source.json").exists():
        pytest.skip("models/smollm2-135m is not there: `workbench fetch smollm2-135m` gets it")
    return folder


@pytest.fixture(scope="session")
def real_rows():
    """Folder with real rows of the three tasks."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real rows are not there: {folder}")
    return folder


@pytest.fixture(scope="session")
def sums(tmp_path_factory):
    """Training and test file of 40 and 12 small sums; the keys of [data] that name them."""
    folder = tmp_path_factory.mktemp("sums")
    for name, first, count in (("train", 0, 40), ("test", 100, 12)):
        rows = [{"prompt": f"What is {n} plus 1?", "completion": str(n + 1)} for n in range(first, first + count)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f'train_file = "{folder}/train.jsonl"\ntest_file = "{folder}/test.jsonl"\ntask = "math"\n'

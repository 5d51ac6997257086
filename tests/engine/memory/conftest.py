"""A small decoder that has no files, and profiles on it."""

import pytest

from workbench.profile import parse

LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 512,
    "tie_word_embeddings": False,
}
"""139,584 parameters: 2 * 32,768 of embeddings and head, 2 * 36,864 of linear layers, 5 * 64 of norms."""


@pytest.fixture(scope="session")
def llama():
    """Gives the config with other keys."""
    return lambda **keys: {**LLAMA, **keys}


@pytest.fixture(scope="session")
def a_profile():
    """Call with the lines of sections; the rest is a LoRA of rank 8 in bf16."""

    def make(
        adapter='method = "lora"\nr = 8',
        quant="",
        train="",
        model='dtype = "bfloat16"',
        data='dataset = "quiz"',
        evals="",
    ):
        text = (
            f'[model]\nname = "no-one/tiny"\n{model}\n[adapter]\n{adapter}\n[quant]\n{quant}\n'
            f"[data]\n{data}\n[train]\nuse_liger_kernel = false\n{train}\n[eval]\n{evals}\n"
        )
        return parse(text, "mine", "mine")

    return make

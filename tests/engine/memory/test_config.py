import json
import re

import pytest

from workbench.choices.models import MODELS
from workbench.engine.memory import config
from workbench.engine.memory.config import model_config, shape_of
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import ModelOptions


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture
def no_hub(monkeypatch):
    """Any question to the hub is a failure."""

    def asked(*_, **__):
        raise AssertionError("the hub was asked")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", asked)


def test_a_folder_says_what_its_config_says(workspace, llama, no_hub):
    folder = workspace.root / "mine"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(llama(hidden_size=96)))
    assert model_config(workspace, ModelOptions(name=str(folder)))["hidden_size"] == 96


@pytest.mark.parametrize("name", ["qwen3-8b", "Qwen/Qwen3-8B"])
def test_a_known_model_needs_neither_files_nor_the_hub(workspace, no_hub, name):
    found = model_config(workspace, ModelOptions(name=name))
    assert (found["hidden_size"], found["num_hidden_layers"], found["vocab_size"]) == (4096, 36, 151_936)


def test_every_offered_model_is_known(workspace, no_hub):
    unknown = [row.name for row in MODELS.values() if row.hub_id not in config._known()]
    assert unknown == []
    for row in MODELS.values():
        assert shape_of(model_config(workspace, ModelOptions(name=row.name))).layers > 0


def test_an_unknown_name_says_the_nearest(workspace, no_hub):
    with pytest.raises(InputError, match="qwen3-8b"):
        model_config(workspace, ModelOptions(name="qwen3-8bb"))


def test_a_shape_that_is_not_known_is_not_asked_for_when_it_must_not(workspace, no_hub):
    with pytest.raises(InputError, match="no-one/tiny is not known here yet"):
        model_config(workspace, ModelOptions(name="no-one/tiny"), may_download=False)


def test_the_hub_is_asked_for_the_config_alone(workspace, monkeypatch, tmp_path, llama):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(llama()))
    asked = []

    def download(*arguments, **keys):
        asked.append((*arguments, keys["revision"]))
        return str(path)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    assert model_config(workspace, ModelOptions(name="no-one/tiny", revision="abc"))["hidden_size"] == 64
    assert asked == [("no-one/tiny", "config.json", "abc")]


def test_a_hub_that_cannot_be_had_is_said_in_a_sentence(workspace, monkeypatch):
    from huggingface_hub.errors import LocalEntryNotFoundError

    def fails(*_, **__):
        raise LocalEntryNotFoundError("no way out\nmany lines")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", fails)
    with pytest.raises(InputError, match=re.escape("no-one/tiny, which cannot be had: no way out. Copy")):
        model_config(workspace, ModelOptions(name="no-one/tiny"))


def test_a_shape_has_the_linear_layers_of_its_config(llama):
    shape = shape_of(llama())
    assert shape.linears()["k_proj"] == (64, 32)
    assert sum(into * out for into, out in shape.linears().values()) == 36_864
    assert not shape.tied


def test_the_text_part_of_a_larger_config_is_read(llama):
    assert shape_of({"model_type": "gemma3", "text_config": llama()}).layers == 2


def test_heads_that_are_not_grouped_and_their_size_have_defaults(llama):
    keys = llama()
    del keys["num_key_value_heads"]
    shape = shape_of(keys)
    assert (shape.key_value_heads, shape.head_size) == (4, 16)


def test_another_kind_of_config_is_left_to_the_simulation():
    with pytest.raises(InputError, match=r"num_attention_heads.*the simulation may"):
        shape_of({"model_type": "mamba", "hidden_size": 64})

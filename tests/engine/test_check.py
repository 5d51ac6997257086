import json

import pytest

from workbench import profile as profiles
from workbench.engine import check as checking
from workbench.engine import check_model
from workbench.engine.check import check
from workbench.engine.doctor import GpuInfo
from workbench.paths import Workspace

FULL_IN_FLOAT16 = ["adapter.method=full", "train.learning_rate=1e-5", "model.dtype=float16"]
GPU = GpuInfo("NVIDIA H200", 150_000_000_000, 0)


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text('{"max_position_embeddings": 512}')
    for name in ("model.safetensors", "tokenizer.json", "chat_template.jinja"):
        (folder / name).touch()
    return Workspace(tmp_path)


@pytest.fixture
def found(workspace, sums):
    """Call with overrides of a good profile: its problems as (key, fatal, text)."""
    text = f'[model]\nname = "tiny"\n[adapter]\nmethod = "lora"\n[train]\nmax_length = 512\n[data]\n{sums}'

    def problems(*overrides):
        profile = profiles.parse(text, "p", "p.toml", overrides)
        said = check(profile, workspace, "p.toml")
        assert all(problem.where.startswith("p.toml: ") for problem in said)
        return [(problem.where.removeprefix("p.toml: "), problem.fatal, str(problem)) for problem in said]

    return problems


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(checking, "gpus", lambda: ([GPU], ""))


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(checking, "gpus", lambda: ([], "no NVIDIA driver"))


def test_a_good_profile_has_no_problems_and_nothing_is_written(found, workspace):
    before = sorted(workspace.root.rglob("*"))
    assert found() == []
    assert sorted(workspace.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("overrides", "key", "said"),
    [
        (["model.name=smolm2-135m"], "model.name", 'Did you mean "smollm2-135m"?'),
        (["model.name=./nowhere"], "model.name", "there is no folder"),
        (["model.name=a/b/c"], "model.name", "there is no folder"),
        (["model.name=."], "model.name", "it has no config.json"),
        (["data.dataset=quiz"], "data.dataset", "both a data set"),
        (["data.train_file=", "data.test_file="], "data.dataset", "there is nothing to train on"),
        (["data.train_file=no.jsonl"], "data.train_file", "there is no file"),
        (["eval.datasets=['quizz']"], "eval.datasets", 'Did you mean "quiz"?'),
        (["adapter.target_modules=[]"], "adapter.target_modules", "the list is empty"),
        (["train.max_length=513"], "train.max_length", "more than the model can read (512)"),
        (["train.max_steps=0", "eval.enabled=false"], "train.max_steps", "leave nothing to do"),
        (["train.save_steps=0"], "train.save_steps", "this must be at least 1"),
        (["data.validation_rows=40"], "data.validation_rows", "40 rows of 40 for validation leave none"),
        (["data.train_rows=30", "data.validation_rows=30"], "data.validation_rows", "Set it to about a tenth, 3,"),
        (["eval.max_new_tokens=0"], "eval.max_new_tokens", "this must be at least 1"),
        (FULL_IN_FLOAT16, "model.dtype", "float16 loses most updates"),
    ],
)
def test_fatal_problems_name_their_key(found, overrides, key, said):
    ((where, fatal, text),) = found(*overrides)
    assert (where, fatal) == (key, True)
    assert said in text


@pytest.mark.parametrize(
    ("overrides", "key", "said"),
    [
        (["train.max_steps=4", "train.warmup_steps=4"], "train.warmup_steps", "as long as the whole run (4 steps)"),
        (["data.train_rows=32", "train.warmup_steps=4"], "train.warmup_steps", "(4 steps)"),
        (["train.eval_steps=5"], "train.eval_steps", "no validation rows to look at. Set data.validation_rows"),
        (["data.validation_rows=4", "train.max_steps=0"], "data.validation_rows", "nothing is trained"),
        (["data.train_rows=10", "data.validation_rows=7"], "data.train_rows", "3 rows are fewer than the 8"),
        (["data.train_rows=40", "data.validation_rows=8", "train.warmup_steps=4"], "train.warmup_steps", "(4 steps)"),
        (["data.train_rows=3"], "data.train_rows", "fewer than the 8 of one optimizer step"),
        (["adapter.method=full", "train.learning_rate=0.001"], "train.learning_rate", "high for full fine-tuning"),
        (["model.revision=v2"], "model.revision", "has no effect"),
        (["model.trust_remote_code=true"], "model.trust_remote_code", "will run"),
    ],
)
def test_warnings_are_not_fatal(found, overrides, key, said):
    ((where, fatal, text),) = found(*overrides)
    assert (where, fatal) == (key, False)
    assert said in text


def test_hub_ids_and_known_names_pass_without_a_hub(found):
    assert found("model.name=Qwen/Qwen3-0.6B") == []
    assert found("model.name=smollm2-135m") == []
    assert found("eval.datasets=['arc', 'rajpurkar/squad_v2', 'passages']") == []


@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json", "chat_template.jinja"])
def test_a_folder_says_what_it_lacks(found, workspace, missing):
    (workspace.root / "tiny" / missing).unlink()
    ((key, fatal, text),) = found()
    assert (key, fatal) == ("model.name", True)
    assert missing.partition(".")[2] in text or missing.partition(".")[0].replace("_", " ") in text


def test_a_template_may_be_in_the_tokenizer_s_config(found, workspace):
    folder = workspace.root / "tiny"
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    assert found() == []


def test_a_damaged_config_is_named(found, workspace):
    (workspace.root / "tiny" / "config.json").write_text("{")
    assert "config.json cannot be read" in found()[0][2]


def test_linear_layers_of_known_models_are_checked(found):
    ((key, _, text),) = found("model.name=qwen3-8b", 'adapter.target_modules=["q_prj", "model.layers.0.mlp.up_proj"]')
    assert key == "adapter.target_modules"
    assert 'no linear layer "q_prj". Did you mean "q_proj"?' in text


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("train.optim=paged_adamw_8bit", "train.optim"),
        ("train.use_liger_kernel=true", "train.use_liger_kernel"),
        ("model.attn_implementation=flash_attention_2", "model.attn_implementation"),
    ],
)
def test_what_needs_a_gpu_is_refused_without_one(found, no_gpu, monkeypatch, override, key):
    monkeypatch.setattr(checking, "find_spec", lambda name: object())
    ((where, fatal, text),) = found(override)
    assert (where, fatal) == (key, True)
    assert "needs an NVIDIA GPU: no NVIDIA driver." in text


def test_what_needs_a_gpu_passes_with_one(found, gpu, monkeypatch):
    monkeypatch.setattr(checking, "find_spec", lambda name: object())
    assert found("train.optim=paged_adamw_8bit", "train.use_liger_kernel=true") == []
    ((key, _, text),) = found("model.attn_implementation=flash_attention_2", "model.dtype=float32")
    assert (key, "bfloat16 and float16 only" in text) == ("model.dtype", True)


def test_missing_extras_are_a_sentence(found, gpu, monkeypatch):
    monkeypatch.setattr(checking, "find_spec", lambda name: None)
    assert "pip install 'workbench[liger]'" in found("train.use_liger_kernel=true")[0][2]
    assert "flash-attn is not installed" in found("model.attn_implementation=flash_attention_2")[0][2]


def test_an_evaluation_alone_needs_no_optimizer(found, no_gpu):
    assert found("train.max_steps=0", "train.optim=paged_adamw_8bit") == []


def test_a_model_that_does_not_fit_on_the_disk_is_refused(found, monkeypatch):
    class Usage:
        free = 10 * 2**30

    monkeypatch.setattr(check_model.psutil, "disk_usage", lambda path: Usage)
    assert found("model.name=qwen3-4b") == []
    ((key, fatal, text),) = found("model.name=qwen3-8b")
    assert (key, fatal) == ("model.name", True)
    assert "needs 15.3 GiB" in text
    assert "10.0 GiB free" in text
    assert "needs 15.0 GiB" in found("model.name=qwen3-4b", "adapter.method=full", "train.learning_rate=1e-5")[0][2]

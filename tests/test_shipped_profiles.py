"""Every shipped profile loads, checks, and says what it shows, how it is started and what memory it needs."""

from pathlib import Path

import pytest

from workbench.engine import check as checking
from workbench.engine import check_model
from workbench.engine.check import check
from workbench.engine.doctor import GpuInfo
from workbench.engine.evaluations import for_model
from workbench.paths import Workspace
from workbench.profile import load

FOLDER = Path(__file__).parents[1] / "profiles"
SHIPPED = sorted(FOLDER.glob("*.toml"))
STUDY = [
    *("qwen3-1.7b-base", "qwen3-4b-base", "qwen3-8b-base", "qwen3-4b-base-nf4", "qwen3-4b-base-int8"),
    *("qwen3-4b-full", "qwen3-8b-lora", "qwen3-8b-dora", "qwen3-8b-vera", "qwen3-8b-qlora", "qwen3-0.6b-full"),
    *(f"qwen3-0.6b-lora-r{r}" for r in (32, 64, 128, 256, 512, 1024)),
]
ROWS = {
    "ai2_arc": {"title": "t", "question": "Which? A. a B. b C. c", "answer": "A"},
    "OpenMathInstruct-2": {"question": "1 + 1?", "answer": "2"},
    "squad_v2": {"title": "t", "context": "It is 2.", "question": "What?", "answer": "2"},
}


class Disk:
    free = 2**40


@pytest.fixture
def workstation(tmp_path, monkeypatch):
    """A workspace with rows/, on a machine with a GPU, all extras and room on its disk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "rows").mkdir()
    for name, row in ROWS.items():
        for part in ("train", "test"):
            pq.write_table(pa.Table.from_pylist([row] * 4), tmp_path / "rows" / f"{part}-{name}.parquet")
    monkeypatch.setattr(checking, "gpus", lambda: ([GpuInfo("NVIDIA H200", 2**37, 0)], ""))
    monkeypatch.setattr(checking, "find_spec", lambda name: object())
    monkeypatch.setattr(check_model.psutil, "disk_usage", lambda path: Disk)
    return Workspace(tmp_path)


def test_all_of_them_are_there():
    names = {path.stem for path in SHIPPED}
    assert names >= {"quickstart", "quickstart-qlora", "real-arc", "real-openmath", "real-squad", *STUDY}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_it_loads_and_checks_without_a_warning(path, workstation):
    assert check(load(path), workstation, path.name) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_its_header_says_what_it_shows_the_command_and_the_memory(path):
    header = path.read_text(encoding="utf-8").partition("\n[")[0]
    for word in ("# Shows: ", "# Command: workbench ", "# Memory: "):
        assert word in header
    command = header.partition("# Command: workbench ")[2].splitlines()[0].split()
    profile = load(path)
    if profile.train.max_steps == 0:
        assert command == ["eval", profile.model.name, "--profile", path.stem]
    else:
        assert command[:2] == ["run", path.stem]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_it_names_nothing_of_one_machine(path):
    text = path.read_text(encoding="utf-8")
    assert "/work" not in text
    assert ".." not in text.replace("...", "")


@pytest.mark.parametrize("name", STUDY)
def test_the_study_s_rows_follow_its_recipe(name):
    profile = load(FOLDER / f"{name}.toml")
    assert (profile.data.dataset, profile.data.train_rows, profile.data.answer_format) == ("openmath", 1000, "boxed")
    assert (profile.eval.datasets, profile.eval.rows) == (["arc", "squad_v2"], 50)
    train = profile.train
    if train.max_steps == 0:
        return
    assert (train.learning_rate, train.warmup_steps, train.num_train_epochs) == (1e-5, 0.06, 1.0)
    assert (train.per_device_train_batch_size, train.gradient_accumulation_steps) == (1, 8)
    assert (train.max_length, train.gradient_checkpointing) == (1024, True)
    if profile.adapter.method in ("lora", "dora"):
        assert (profile.adapter.lora_alpha, profile.adapter.lora_dropout) == (16, 0.1)
        assert profile.adapter.target_modules == ["q_proj", "k_proj", "v_proj", "o_proj"]


def test_the_qlora_profile_is_the_one_that_fits_7_gib():
    profile = load(FOLDER / "qwen3-8b-qlora.toml")
    assert profile.quant.model_dump() == {
        "method": "nf4",
        "bnb_4bit_use_double_quant": True,
        "upcast_embeddings": False,
    }
    assert (profile.train.optim, profile.train.use_liger_kernel) == ("paged_adamw_8bit", True)


def test_a_base_profile_shares_its_answers_with_those_that_are_trained():
    """What the key of a base model's answers depends on must be the same in both."""
    base, trained = (load(FOLDER / f"qwen3-8b-{name}.toml") for name in ("base", "lora"))
    assert base.model == trained.model
    assert base.quant == trained.quant
    assert base.eval == trained.eval
    assert base.data == trained.data


def test_a_base_profile_can_be_asked_of_a_model():
    profile = for_model("qwen3-8b", FOLDER / "qwen3-8b-base.toml", ["eval.rows=3"])
    assert (profile.train.max_steps, profile.eval.rows, profile.model.name) == (0, 3, "qwen3-8b")


def test_the_numbers_of_the_headers_are_those_of_the_study():
    measured = {"4b-full": "32.4", "8b-lora": "19.6", "8b-dora": "19.9", "8b-vera": "15.6", "8b-qlora": "7.0"}
    for name, gib in measured.items():
        assert f"# Memory:  {gib} GiB" in (FOLDER / f"qwen3-{name}.toml").read_text(encoding="utf-8"), name

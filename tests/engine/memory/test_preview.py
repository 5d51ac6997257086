import json
import runpy
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.engine.memory.cards import Card, find_card
from workbench.engine.memory.estimate import Machine
from workbench.engine.memory.preview import ERROR, preview
from workbench.engine.memory.workload import Workload, worst_case
from workbench.errors import InputError
from workbench.paths import Workspace
from workbench.profile import parse


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def on(model, adapter='method = "lora"', quant="", train=""):
    """A profile on a known model."""
    text = (
        f'[model]\nname = "{model}"\ndtype = "bfloat16"\n[adapter]\n{adapter}\n[quant]\n{quant}\n'
        f'[data]\ndataset = "quiz"\n[train]\nuse_liger_kernel = false\n{train}\n'
    )
    return parse(text, "mine", "mine")


BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
CASES = runpy.run_path(str(BENCHMARKS / "memory_cases.py"))["CASES"]
MEASURED = json.loads((BENCHMARKS / "memory_measured.json").read_text(encoding="utf-8"))["cases"]


def off(workspace, case):
    """By how much the preview of a measured configuration is off, as a fraction."""
    said = preview(workspace, case.profile(), find_card("H100"), case.workload())
    return said.allocated_bytes / MEASURED[case.name]["allocated_bytes"] - 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_measured_is_said_within_the_stated_error(workspace, case):
    assert abs(off(workspace, case)) <= ERROR


def test_the_stated_error_is_the_worst_one_rounded_up(workspace):
    assert len(CASES) == len(MEASURED.keys() & {case.name for case in CASES})
    worst = max(abs(off(workspace, case)) for case in CASES)
    assert ERROR - 0.01 < worst <= ERROR


WIDE = 'method = "lora"\nr = 64\ntarget_modules = "all-linear"'


@pytest.mark.parametrize(
    "profile",
    [
        on("qwen3-0.6b", 'method = "full"', train="max_length = 512\nper_device_train_batch_size = 2"),
        on("qwen3-0.6b", WIDE, train="max_length = 512"),
        on("qwen3-0.6b", WIDE, 'method = "nf4"', "max_length = 512"),
        on("qwen3-1.7b", train="max_length = 1024\nper_device_train_batch_size = 4"),
        on("smollm2-135m", 'method = "full"', train="max_length = 512\ngradient_checkpointing = false"),
        on("smollm2-135m", WIDE, train="max_length = 512\ngradient_checkpointing = false"),
        on("smollm2-135m", WIDE, 'method = "nf4"', "max_length = 512\ngradient_checkpointing = false"),
        on("smollm2-135m", WIDE.replace("lora", "dora"), train="max_length = 512\ngradient_checkpointing = false"),
        on("smollm2-135m", WIDE.replace("lora", "vera"), train="max_length = 512\ngradient_checkpointing = false"),
        on("smollm2-135m", WIDE, 'method = "int8"', "max_length = 512\ngradient_checkpointing = false"),
    ],
)
def test_the_closed_form_is_as_near_the_simulation_as_it_says(workspace, profile):
    from workbench.engine.memory.config import model_config
    from workbench.engine.memory.predict import predict_training

    said = preview(workspace, profile)
    around = Machine(said.parts["context"], said.parts["workspace"])
    config = model_config(workspace, profile.model)
    simulated, trained = predict_training(profile, config, worst_case(profile.train), around, quick=True)
    assert said.allocated_bytes == pytest.approx(simulated.allocated_bytes, rel=ERROR)
    assert trained > 0


def test_it_answers_at_once(workspace):
    profile = on("qwen3-8b", WIDE, 'method = "nf4"')
    preview(workspace, profile)
    taken = []
    for _ in range(20):
        begun = time.perf_counter()
        preview(workspace, profile)
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.05


def test_it_loads_none_of_the_heavy_libraries():
    heavy = {"torch", "transformers", "peft", "trl", "bitsandbytes"}
    code = f"import sys, workbench.engine.memory.preview; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_it_says(workspace):
    found = preview(workspace, on("qwen3-8b"), Card("H100", 80 * 2**30, capability=(9, 0)))
    inside = {part: size for part, size in found.parts.items() if part != "context"}
    assert sum(inside.values()) == found.allocated_bytes
    assert (found.source, found.stage, found.reserved_bytes, found.error) == ("preview", "train", None, ERROR)
    assert found.parts["workspace"] == 2 * 32 * 2**20
    assert "worst case" in found.notes[0]


def test_the_weights_and_the_states_of_full_fine_tuning_by_hand(workspace):
    found = preview(workspace, on("qwen3-0.6b", 'method = "full"'))
    assert found.parts["weights"] == 2 * 596_049_920
    assert found.parts["optimizer"] == 4 * 596_049_920


def test_8_bit_states_of_a_trained_embedding_are_in_fp32(workspace):
    found = preview(workspace, on("qwen3-0.6b", 'method = "full"', train='optim = "adamw_bnb_8bit"'))
    embedding = 151_936 * 1024
    assert found.parts["optimizer"] == 8 * embedding + (2 + 8 / 256) * (596_049_920 - embedding)


def test_a_paged_state_is_told_and_not_counted(workspace):
    found = preview(workspace, on("qwen3-0.6b", 'method = "full"', train='optim = "paged_adamw_8bit"'))
    assert found.parts["optimizer"] == 8 / 256 * (596_049_920 - 151_936 * 1024)  # scales are never paged
    assert found.paged_bytes == 2 * 596_049_920 + 6 * 151_936 * 1024
    assert any("about 1.98 GiB of optimizer state is paged and not counted" in note for note in found.notes)
    assert preview(workspace, on("qwen3-0.6b")).paged_bytes == 0


def test_nf4_takes_its_bytes_on_linear_layers_alone(workspace):
    linear = 28 * (1024 * 2048 * 2 + 2 * 1024 * 1024 + 3 * 1024 * 3072)
    rest = 596_049_920 - linear
    found = preview(workspace, on("qwen3-0.6b", quant='method = "nf4"'))
    assert found.parts["weights"] == round(linear * (0.5 + 1 / 64 + 4 / (64 * 256)) + 2 * rest)


def test_a_given_workload_is_taken(workspace):
    profile = on("qwen3-0.6b")
    short = Workload(1, 10, 9, 8, False, "ten tokens")
    assert preview(workspace, profile, workload=short).allocated_bytes < preview(workspace, profile).allocated_bytes
    longer = replace(short, sequence_tokens=4096, label_tokens=4095)
    assert preview(workspace, profile, workload=longer).allocated_bytes > preview(workspace, profile).allocated_bytes


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (on("no-one/tiny"), "not known here yet"),
        (on("qwen3-0.6b", train="max_steps = 0"), "trains nothing"),
        (on("qwen3-0.6b", 'method = "lora"\ntarget_modules = ["nosuch"]'), "knows none of nosuch"),
    ],
)
def test_what_it_cannot_say_it_says_why(workspace, profile, said):
    with pytest.raises(InputError, match=said):
        preview(workspace, profile)

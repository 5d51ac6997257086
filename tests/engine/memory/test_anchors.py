"""Peaks that were measured on one H200 with the real trainer on random weights, beside what the simulation says."""

import pytest

from workbench.engine.memory.config import model_config
from workbench.engine.memory.estimate import Machine
from workbench.engine.memory.predict import predict_training
from workbench.engine.memory.workload import Workload
from workbench.paths import Workspace
from workbench.profile import parse

GIB = 2**30
HOPPER = Machine(int(0.75 * GIB), 2 * 32 * 2**20)
TOLERANCE = 0.02
LABELS = 12
"""Trained tokens a row."""

R256 = 'method = "{}"\nr = 256\nlora_dropout = 0.1'
LORA, DORA = R256.format("lora"), R256.format("dora")
VERA = 'method = "vera"\nr = 512\nvera_dropout = 0.1'
NF4, UPCAST = 'method = "nf4"', 'method = "nf4"\nupcast_embeddings = true'
PAGED = 'optim = "paged_adamw_8bit"\nuse_liger_kernel = true'
LIGER = "use_liger_kernel = true"
SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("model", "adapter", "quant", "train", "rows", "tokens", "measured_gib"),
    [
        ("qwen3-8b", LORA, "", "", 1, 449, 19.616),
        ("qwen3-8b", LORA, NF4, PAGED, 1, 449, 6.957),
        pytest.param("qwen3-8b", LORA, "", "", 1, 315, 19.605, marks=SLOW),
        pytest.param("qwen3-8b", DORA, "", "", 1, 449, 19.859, marks=SLOW),
        pytest.param("qwen3-8b", VERA, "", "", 1, 449, 15.607, marks=SLOW),
        pytest.param("qwen3-4b", 'method = "full"', "", "", 1, 449, 32.437, marks=SLOW),
        pytest.param("qwen3-8b", LORA, UPCAST, "", 1, 449, 10.662, marks=SLOW),
        pytest.param("qwen3-8b", LORA, UPCAST, PAGED, 1, 449, 9.748, marks=SLOW),
        pytest.param("qwen3-8b", LORA, NF4, PAGED, 8, 449, 7.927, marks=SLOW),
        pytest.param("qwen3-8b", LORA, "", LIGER, 8, 449, 19.665, marks=SLOW),
    ],
)
def test_a_measured_peak_is_predicted(tmp_path, model, adapter, quant, train, rows, tokens, measured_gib):
    accumulation = 8 if rows == 1 else 1
    workload = Workload(rows, tokens, rows * LABELS, accumulation, rows > 1, "measured")
    assert predicted_gib(tmp_path, model, adapter, quant, train, workload) == pytest.approx(measured_gib, rel=TOLERANCE)


@pytest.mark.parametrize(
    ("r", "quant", "rows", "tokens", "measured_gib"),
    [(32, NF4, 8, 256, 4.115), (16, 'method = "int8"', 1, 1024, 5.069)],
)
def test_dora_on_quantized_weights_keeps_its_results_in_fp32(tmp_path, r, quant, rows, tokens, measured_gib):
    adapter = f'method = "dora"\nr = {r}'
    workload = Workload(rows, tokens, rows * tokens // 2, 2, False, "measured on an H100, see docs/memory.md")
    assert predicted_gib(tmp_path, "qwen3-4b", adapter, quant, "", workload) == pytest.approx(measured_gib, rel=0.01)


def predicted_gib(folder, model, adapter, quant, train, workload):
    liger = "" if "use_liger" in train else "use_liger_kernel = false\n"
    profile = parse(
        f'[model]\nname = "{model}"\ndtype = "bfloat16"\n[adapter]\n{adapter}\n[quant]\n{quant}\n'
        f'[data]\ndataset = "quiz"\n[train]\n{liger}{train}\n',
        "p",
        "p",
    )
    found, _ = predict_training(profile, model_config(Workspace(folder), profile.model), workload, HOPPER, quick=True)
    return found.allocated_bytes / GIB

import torch

from workbench.engine.memory.workspaces import FUSED_ROWS, WORKSPACES, workspace_bytes

BF16 = torch.bfloat16


def test_the_4_bit_product_holds_the_whole_weight_in_16_bits():
    rule = WORKSPACES["bitsandbytes::gemm_4bit"]
    activations, absmax = torch.empty(100, 256, dtype=BF16), torch.empty(512 * 256 // 64, dtype=torch.uint8)
    shape = (512, 256)
    # (packed, shape, scales, block size): scales of 8 KiB are gone before the product's output of 100 KiB is made
    assert rule(activations, None, shape, None, 64, absmax_8bit=absmax) == 512 * 256 * 2
    assert rule(torch.empty(5, 256, dtype=BF16), None, shape, None, 64, absmax_8bit=absmax) == (
        512 * 256 * 2 + (512 * 256 // 64 * 4 - 5 * 512 * 2)
    )


def test_few_rows_run_in_a_kernel_that_unpacks_nothing():
    few = torch.empty(FUSED_ROWS, 256, dtype=BF16)
    assert WORKSPACES["bitsandbytes::gemm_4bit"](few, None, (512, 256), None, 64) == 0


def test_int8_takes_magnitudes_and_a_mask_and_then_the_product_in_two_forms():
    activations = torch.empty(10, 64, dtype=torch.float16)
    assert WORKSPACES["bitsandbytes::int8_vectorwise_quant"](activations) == 10 * 64 * 3
    assert WORKSPACES["bitsandbytes::int8_scaled_mm"](activations, torch.empty(32, 64)) == 10 * 32 * 6


def test_every_row_names_an_operation_that_bitsandbytes_has():
    import bitsandbytes  # noqa: F401 - registers its operations

    for name in WORKSPACES:
        namespace, _, operation = name.partition("::")
        assert hasattr(getattr(torch.ops, namespace), operation)


def test_other_operations_take_nothing():
    assert workspace_bytes(torch.ops.aten.mm.default, (), {}) == 0

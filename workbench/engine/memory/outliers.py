"""What INT8's outlier features may take: how many there are depends on values, which a prediction does not have."""

from __future__ import annotations

from typing import Any

from workbench.choices.quantizers import Int8Options
from workbench.engine.memory.config import shape_of
from workbench.engine.memory.workload import Workload
from workbench.errors import InputError
from workbench.profile import Profile

GIB = 2**30
COPY_BYTES = 2
"""An input of an outlying feature, copied in 16 bits."""
UNPACKED_BYTES = 1 + 2 * 4
"""A weight of an outlying feature: copied, then scaled twice in fp32."""


def outlier_bytes(profile: Profile, config: dict[str, Any], workload: Workload) -> tuple[int, str]:
    """What a layer takes for a moment if every feature of it is an outlier, and that in words; 0 and "" without INT8.

    A trained model has few such features (Dettmers et al. 2022, section 4). Random weights of the 8B shape have
    thousands in a layer: measured, this came on top of the prediction.
    Source: bitsandbytes 0.50, backends/default/ops.py, ``int8_mixed_scaled_mm`` and ``int8_vectorwise_dequant``.

    Args:
        profile: What is trained.
        config: The model's config.json.
        workload: The largest micro-batch.
    """
    if not (isinstance(profile.quant, Int8Options) and profile.quant.llm_int8_threshold):
        return 0, ""
    try:
        sizes = shape_of(config).linears().values()
    except InputError:  # another kind of decoder
        return 0, "what INT8's outliers may take beside is not known for this kind of model"
    tokens = workload.micro_batch * workload.sequence_tokens
    found = max(COPY_BYTES * tokens * into + UNPACKED_BYTES * into * out for into, out in sizes)
    return (
        found,
        f"INT8's outliers may take {found / GIB:.2f} GiB beside, if every feature is one; trained models have few",
    )

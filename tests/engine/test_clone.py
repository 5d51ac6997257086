import pytest

from workbench import profile as profiles
from workbench.engine.clone import clone, clone_text
from workbench.engine.edit import parent_of
from workbench.engine.run import create
from workbench.errors import InputError
from workbench.paths import Workspace

WRITTEN = '# Mine.\n[model]\nname = "m"\n\n[adapter]\nr = 8  # small\n\n[data]\ndataset = "quiz"\n'


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path)
    made.profiles.mkdir()
    made.profile("mine").write_text(WRITTEN)
    return made


def test_the_file_that_the_run_came_from_is_copied_with_its_comments(workspace):
    run = create(workspace, profiles.load(workspace.profile("mine")))
    path = clone(run, "again", ["train.seed=7"])
    text = path.read_text()
    assert text.startswith("# Mine.\n")
    assert "r = 8  # small\n" in text
    assert parent_of(text) == run.id
    assert profiles.load(path).train.seed == 7


@pytest.mark.parametrize("now", ["", "[", WRITTEN.replace("r = 8", "r = 9")])
def test_a_file_that_says_something_else_now_is_not_what_the_run_was(workspace, now):
    run = create(workspace, profiles.load(workspace.profile("mine"), ["train.max_steps=3"]))
    workspace.profile("mine").write_text(now)
    text = clone_text(run)
    assert "small" not in text
    assert parent_of(text) == run.id
    assert profiles.parse(text, "x", "x").model_dump() == run.profile().model_dump()
    keys = [line for line in text.splitlines() if "=" in line]
    assert keys == [
        'name = "m"',
        'method = "lora"',
        "r = 8",
        'method = "none"',
        'dataset = "quiz"',
        "max_steps = 3",
    ]


@pytest.mark.parametrize(
    "overrides",
    [
        ['quant.method="nf4"', "quant.bnb_4bit_use_double_quant=false"],
        ['adapter.method="dora"', "adapter.r=4"],
        ["eval.datasets=['arithmetic']", "data.train_rows=5"],
    ],
)
def test_every_method_freezes_to_the_same_again(workspace, overrides):
    run = create(workspace, profiles.load(workspace.profile("mine"), overrides))
    assert profiles.parse(clone_text(run), "x", "x").model_dump() == run.profile().model_dump()


def test_a_taken_name_a_wrong_change_and_a_damaged_run_write_nothing(workspace):
    run = create(workspace, profiles.load(workspace.profile("mine")))
    with pytest.raises(InputError, match="already"):
        clone(run, "mine")
    with pytest.raises(InputError, match=r"adapter.rnak: this key is unknown"):
        clone(run, "again", ["adapter.rnak=1"])
    run.profile_file.write_text("[")
    with pytest.raises(InputError, match="no TOML"):
        clone(run, "again")
    run.profile_file.unlink()
    with pytest.raises(InputError, match="is not there"):
        clone(run, "again")
    assert [path.name for path in workspace.profiles.iterdir()] == ["mine.toml"]

import pytest

from workbench.engine import draft as drafts
from workbench.engine.draft import Draft, new_draft, open_draft
from workbench.errors import InputError, ProblemsError
from workbench.paths import Workspace

TEXT = """\
# Mine: small.

[train]           # first, on purpose
learning_rate = 1e-3
max_steps = 40    # long enough

[model]
name = "smollm2-135m"   # the small one

[adapter]
method = "lora"
r = 8

[data]
dataset = "quiz"
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "mine.toml").write_text(TEXT)
    return Workspace(tmp_path)


@pytest.fixture
def draft(place):
    return open_draft(place, "mine")


def field(draft, path):
    return next(one for one in draft.fields if one.path == path)


def where(draft):
    return {problem.where: str(problem) for problem in draft.problems()}


def test_check_38_an_edit_changes_its_line_alone_and_a_save_keeps_comments_and_order(draft):
    changed, lost = draft.with_value(field(draft, "train.max_steps"), 7)
    assert lost == []
    assert changed.dirty
    assert not draft.dirty
    saved = changed.save()
    assert not saved.dirty
    assert saved.path.read_text() == TEXT.replace("max_steps = 40", "max_steps = 7")


def test_a_value_and_where_it_comes_from(draft):
    assert (draft.value(field(draft, "adapter.r")), draft.given(field(draft, "adapter.r"))) == (8, True)
    assert (draft.value(field(draft, "train.seed")), draft.given(field(draft, "train.seed"))) == (42, False)
    assert draft.shown(field(draft, "train.learning_rate")) == "1e-3"
    assert draft.shown(field(draft, "train.gradient_checkpointing")) == "true"


def test_the_line_of_a_key_is_that_of_its_own_section(draft):
    text = draft.text.replace("[data]", '[data]\n"seed" = 3')
    changed = draft.with_text("[eval]\nrows = 3\n" + text)
    lines = changed.text.splitlines()
    for path, said in (("data.seed", '"seed" = 3'), ("adapter.r", "r = 8"), ("eval.rows", "rows = 3")):
        assert lines[changed.line(field(changed, path)) - 1].startswith(said)
    assert changed.line(field(changed, "train.seed")) is None


def test_the_default_takes_a_key_out(draft):
    bare, _ = draft.without(field(draft, "adapter.r"))
    assert bare.text == TEXT.replace("r = 8\n", "")
    with pytest.raises(InputError, match=r"adapter\.r is not set"):
        bare.without(field(bare, "adapter.r"))


def test_check_38_all_problems_at_once_each_at_its_key(draft):
    text = TEXT.replace("r = 8", "r = 0\nrnak = 3").replace('"quiz"', '"quizz"').replace("max_steps", "max_stps")
    found = where(draft.with_text(text))
    assert "greater than or equal to 1" in found["adapter.r"]
    assert "Valid names: lora_alpha" in found["adapter.rnak"]
    assert 'Did you mean "max_steps"' in found["train.max_stps"]
    assert 'Did you mean "quiz"' in found["data.dataset"]


def test_what_the_defaults_in_the_place_of_wrong_values_would_cause_is_not_told(draft):
    text = TEXT.replace('dataset = "quiz"', "train_file = 3")
    assert set(where(draft.with_text(text))) == {"data.train_file"}
    assert set(where(draft.with_text("[train]\nmax_steps = 1\n"))) == {"model", "data"}


def test_check_38_an_unknown_key_is_a_field_too_and_goes_when_it_is_told_to(draft):
    text = "stray = 1\n" + TEXT.replace("r = 8", "rnak = 8")
    odd = draft.with_text(text)
    unknown = [one.path for one in odd.fields if one.kind == "unknown"]
    assert unknown == ["adapter.rnak", "stray"]
    assert odd.shown(field(odd, "adapter.rnak")) == "8"
    kept, _ = odd.with_value(field(odd, "train.seed"), 1)
    assert "rnak = 8" in kept.text
    for path in unknown:
        odd, _ = odd.without(field(odd, path))
    assert odd.problems() == []


def test_a_text_that_is_no_toml_says_its_line(draft):
    broken = draft.with_text(TEXT.replace("[adapter]", "[adapter"))
    assert broken.syntax.line == 10
    assert [problem.where for problem in broken.problems()] == [""]
    assert broken.syntax.what in str(broken.problems()[0])
    with pytest.raises(InputError, match="no TOML"):
        broken.with_value(field(broken, "train.seed"), 1)
    assert draft.with_text(TEXT + "x").syntax.line == TEXT.count("\n") + 1


def test_another_method_says_which_keys_are_gone(draft):
    odd, _ = draft.with_value(field(draft, "adapter.lora_alpha"), 16)
    changed, lost = odd.with_value(field(odd, "adapter.method"), "vera")
    assert lost == ["lora_alpha"]
    assert "lora_alpha" not in changed.text
    assert changed.problems() == []
    back, lost = changed.without(field(changed, "adapter.method"))
    assert back.value(field(back, "adapter.method")) == "lora"


def test_check_38_a_file_that_changed_on_disk_is_noticed_and_not_written_over(draft):
    changed, _ = draft.with_value(field(draft, "train.seed"), 1)
    draft.path.write_text(TEXT + "# mine\n")
    assert changed.changed_on_disk
    with pytest.raises(InputError, match="was changed by somebody else"):
        changed.save()
    assert draft.path.read_text() == TEXT + "# mine\n"
    assert not changed.save(force=True).changed_on_disk
    draft.path.unlink()
    assert draft.changed_on_disk


def test_a_save_that_fails_leaves_the_file(draft, monkeypatch):
    def full(path, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(drafts, "write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        draft.with_text("x = 1").save()
    assert draft.path.read_text() == TEXT


def test_a_new_draft_begins_as_its_source_and_is_not_written_yet(place):
    new, lost = new_draft(place, "other", "mine", model="qwen3-0.6b", adapter="full")
    assert lost == ["adapter.r"]
    assert new.saved is None
    assert new.dirty
    assert not new.path.exists()
    assert new.text.startswith("# Mine: small.\n# From:    mine\n")
    assert 'name = "qwen3-0.6b"   # the small one' in new.text
    assert (new.profile().adapter.method, new.name) == ("full", "other")
    assert new.save().path == place.profile("other")
    with pytest.raises(InputError, match="There is a profile"):
        new_draft(place, "other", "mine")
    with pytest.raises(InputError, match="There is no profile"):
        new_draft(place, "third", "nowhere")


def test_a_blank_draft_needs_no_other_profile(tmp_path):
    new, lost = new_draft(Workspace(tmp_path), "first", "blank", adapter="vera", quant="nf4")
    assert lost == []
    assert (new.profile().adapter.method, new.profile().quant.method) == ("vera", "nf4")


def test_a_draft_that_is_no_profile_says_so(place):
    with pytest.raises(ProblemsError, match="model: this key is missing"):
        Draft(place, "x", "[data]\ndataset = 'quiz'\n").profile()

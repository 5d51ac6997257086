"""check and new, and bad input to every command that takes a profile: exit code 2 and nothing left behind."""

import pytest

MODEL = "[model]\nname = 'tiny'\n"
QUIZ = f"{MODEL}[data]\ndataset = 'quiz'\n"
BAD = [
    (f"{QUIZ}[adapter]\nmethod = 'lora'\nrnak = 4\n", "adapter.rnak: this key is unknown"),
    (f"{QUIZ}[train]\nmax_steps = 'x'\n", "train.max_steps: this must be a valid integer"),
    (f"{MODEL}[data]\ndataset = 'quizz'\n", 'there is no data set "quizz". Did you mean "quiz"?'),
    (f"{MODEL}[data]\ntrain_file = 'no.jsonl'\n", "data.train_file: there is no file"),
    (f"{MODEL}[data]\ntrain_file = 'empty.jsonl'\n", "data.train_file: "),
    (f"{MODEL}[data]\ntrain_file = 'columns.csv'\n", "data.train_file: "),
    (QUIZ.replace("tiny", "smolm2-135m"), 'there is no model "smolm2-135m". Did you mean "smollm2-135m"?'),
    ("[model\n", "this is no TOML"),
    (f"{QUIZ}[adapter]\nmethod = 'lora'\nr = 0\n", "adapter.r: this must be greater than or equal to 1"),
    (
        f"{QUIZ}[adapter]\nmethod = 'full'\n[quant]\nmethod = 'nf4'\n",
        "quant.method: nf4 holds the weights in a form that full fine-tuning cannot train",
    ),
    (f"{MODEL}[data]\ndataset = ''\n", "there is nothing to train on"),
    (f"{QUIZ}[eval]\ndatasets = ['arcc']\n", 'eval.datasets: there is no data set "arcc"'),
]


@pytest.mark.parametrize("command", [["run"], ["check"], ["run", "--dry-run"], ["data", "preview"]])
@pytest.mark.parametrize(("text", "said"), BAD)
def test_bad_input_is_a_sentence_and_leaves_nothing(cli, workspace, files, command, text, said):
    workspace.profile("bad").write_text(text)
    (workspace.root / "empty.jsonl").touch()
    (workspace.root / "columns.csv").write_text("colour,shape\nred,round\n")
    before = files()
    done = cli(*command, "bad")
    assert done.code == 2
    assert "profiles/bad.toml" in done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert files() == before


def test_all_problems_are_told_at_once(cli, workspace):
    workspace.profile("bad").write_text(BAD[0][0] + "[train]\nmax_length = 1\noptim = 'adam'\n")
    problems = cli("check", "bad", "--json").json()
    assert problems["ok"] is False
    assert [problem["where"].partition(": ")[2] for problem in problems["problems"]] == [
        "adapter.rnak",
        "train.optim",
        "train.max_length",
    ]


def test_a_good_profile_is_ok_and_warnings_do_not_change_that(cli):
    assert cli("check", "mine").out == "mine: ok\n"
    done = cli("check", "mine", "--set", "train.max_steps=4", "--set", "train.warmup_steps=4")
    assert done.code == 0
    assert "warning: profiles/mine.toml: train.warmup_steps: the warm-up of 4 steps" in done.err


def test_a_profile_that_is_not_there_is_named_with_the_nearest(cli):
    done = cli("check", "mime")
    assert done.code == 2
    assert 'There is no profile profiles/mime.toml. Did you mean "mine"?' in done.err


def test_new_keeps_the_comments_of_its_source(cli, workspace):
    done = cli("new", "other", "--from", "mine", "--set", "adapter.r=32", "--set", "train.max_steps=3")
    assert (done.code, done.out) == (0, "profiles/other.toml\n")
    text = workspace.profile("other").read_text()
    assert text.startswith("# Mine: sums.\n")
    assert "r = 32  # small\n" in text
    assert cli("check", "other").code == 0


def test_new_does_not_write_over_a_profile(cli, workspace):
    before = workspace.profile("mine").read_text()
    assert cli("new", "mine", "--from", "mine", "--set", "adapter.r=32").code == 2
    assert workspace.profile("mine").read_text() == before
    assert cli("new", "mine", "--from", "mine", "--set", "adapter.r=32", "--force").code == 0
    assert "r = 32" in workspace.profile("mine").read_text()


def test_new_from_a_run_does_the_run_again(cli, workspace, make_run):
    run = make_run()
    done = cli("new", "again", "--from-run", "last", "--set", "train.seed=7")
    assert (done.code, done.out) == (0, "profiles/again.toml\n")
    text = workspace.profile("again").read_text()
    assert f"# From:    {run.id}\n" in text
    assert "r = 8  # small\n" in text
    assert cli("new", "third", "--from-run", "last", "--from", "mine").code == 2
    assert cli("new", "third", "--from-run", "nobody").code == 2
    assert not workspace.profile("third").exists()


def test_check_shows_in_what_a_profile_differs_from_its_parent(cli):
    assert cli("new", "other", "--from", "mine", "--set", "adapter.r=32").code == 0
    done = cli("check", "other", "--diff", "--set", "train.seed=7")
    assert done.code == 0
    assert "2 keys differ from mine" in done.err
    assert [line.split() for line in done.out.splitlines() if line.startswith(("adapter.r", "train.seed"))] == [
        ["adapter.r", "8", "32"],
        ["train.seed", "42", "7"],
    ]
    told = cli("check", "other", "--diff", "--json").json()["differences"]
    assert told == {"from": "mine", "keys": [{"path": "adapter.r", "before": "8", "after": "32"}]}
    assert cli("check", "mine", "--json").json()["differences"] is None


def test_a_blank_profile_can_always_be_begun_with(cli):
    assert cli("new", "first", "--from", "blank").code == 0
    assert cli("check", "first").code == 0

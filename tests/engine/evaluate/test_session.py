"""Keys and resume: an answer counts again only where everything that it depends on is the same."""

import json
import shutil
from importlib.metadata import version

import pytest
import torch
from transformers import AutoModelForCausalLM

from workbench import profile as profiles
from workbench.choices.rows import Row
from workbench.choices.tasks import TASKS
from workbench.engine import hashes
from workbench.engine.evaluate import generate, latency, protocol, session, timed, ways
from workbench.engine.evaluate.protocol import Questions
from workbench.engine.evaluate.ways import Subject
from workbench.engine.samples import read_samples
from workbench.errors import InputError, RunStopped
from workbench.paths import Workspace

ARC = tuple(
    Row(
        f"a{n}",
        "arc",
        f"Which is {'very ' * n}red?",
        ("AB"[n % 2],),
        ("rose", "sky", "sea")[: 2 + n % 2],
        "ABC"[: 2 + n % 2],
    )
    for n in range(6)
)
SQUAD = tuple(Row(f"s{n}", "squad", "Who?", ("Ann",) if n % 2 else (), context=f"Ann {'x' * n}.") for n in range(4))
BOOLQ = tuple(Row(f"b{n}", "boolq", "is it", ("yes",), context=f"It is {n}.") for n in range(3))


class Log:
    """Collects events."""

    def __init__(self):
        self.events = []

    def append(self, kind, **fields):
        self.events.append((kind, fields))


def asked(rows, name, limit=6, answer_format="bare", **changes):
    facts = {"dataset": name, "dataset_sha256": "d", "task": rows[0].task, "rows": rows, "name": name}
    chosen = {"protocol": TASKS[rows[0].task].protocols[0], **changes}
    return Questions(**facts, answer_format=answer_format, max_new_tokens=limit, **chosen)


EVERY = [
    asked(ARC, "arc"),
    asked(ARC, "arc/arc_ll@1", 0, protocol="arc_ll@1"),
    asked(SQUAD, "squad", answer_format="boxed"),
    asked(BOOLQ, "boolq", 0),
    asked(SQUAD, "squad/heldout_loss@1", 512, protocol="heldout_loss@1"),
]


@pytest.fixture(scope="module")
def model(tiny_model):
    return AutoModelForCausalLM.from_pretrained(tiny_model).eval()


@pytest.fixture
def profile(tiny_model):
    text = f'[model]\nname = "{tiny_model}"\n[data]\ntrain_file = "x"\n[eval]\nbatch_tokens = 260\n'
    return profiles.parse(text, "p", "here")


def subject(model, tokenizer, **identity):
    return Subject(model, tokenizer, {"weights_sha256": "w", **identity}, None)


def evaluate(who, profile, file, every=EVERY, stop_after=None):
    log, looks = Log(), []

    def should_stop():
        looks.append(1)
        return stop_after is not None and len(looks) >= stop_after

    return session.evaluate(who, every, profile, file, log, should_stop), log


def facts(file):
    """The samples but for the time they took."""
    return [{key: value for key, value in sample.items() if key != "seconds"} for sample in read_samples(file)]


@pytest.fixture
def generations(monkeypatch):
    """How often a batch is generated."""
    calls = []
    greedy = generate.greedy

    def counted(*arguments):
        calls.append(len(arguments[1]))
        return greedy(*arguments)

    monkeypatch.setattr(generate, "greedy", counted)
    return calls


def test_every_way_says_what_a_table_needs(model, tokenizer, profile, tmp_path):
    found, log = evaluate(subject(model, tokenizer), profile, tmp_path / "s.jsonl")
    assert list(found) == [one.name for one in EVERY]
    assert list(found["arc/arc_ll@1"]["metrics"]) == ["acc_norm", "acc"]
    assert found["arc/arc_ll@1"]["health"]["coverage"] == 1.0
    assert list(found["boolq"]["floors"]) == ['always "yes"']
    assert found["squad/heldout_loss@1"]["lower_is_better"] == ["loss", "perplexity"]
    assert found["squad/heldout_loss@1"]["metrics"]["loss"]["value"] > 0
    assert all(entry["numerics"]["flips"] == 0 for entry in found.values())
    samples = read_samples(tmp_path / "s.jsonl")
    assert all(0 < sample["na_prob"] < 1 for sample in samples if sample["protocol"] == "squad_gen@1")
    assert [len(sample["ll"]) for sample in samples if sample["protocol"] == "arc_ll@1"] == [2, 3, 2, 3, 2, 3]
    told = [fields["done"] for kind, fields in log.events if kind == "sample" and fields["dataset"] == "arc"]
    assert told[-1] == len(ARC)
    assert ("asking", {"dataset": "arc", "done": 0, "total": len(ARC)}) in log.events
    first = [kind for kind, fields in log.events if fields.get("dataset") == "arc"]
    assert first[:2] == ["asking", "sample"]


@pytest.mark.parametrize("stop_after", [1, 2, 4, 6])
def test_stopped_after_any_batch_and_resumed_the_files_are_the_same(model, tokenizer, profile, tmp_path, stop_after):
    who = subject(model, tokenizer)
    whole, _ = evaluate(who, profile, tmp_path / "whole.jsonl")
    with pytest.raises(RunStopped):
        evaluate(who, profile, tmp_path / "cut.jsonl", stop_after=stop_after)
    resumed, _ = evaluate(who, profile, tmp_path / "cut.jsonl")
    assert facts(tmp_path / "cut.jsonl") == facts(tmp_path / "whole.jsonl")
    assert {name: entry["metrics"] for name, entry in resumed.items()} == {n: e["metrics"] for n, e in whole.items()}


@pytest.mark.parametrize("kept", [1, 7, 13])
def test_killed_within_a_line_and_resumed_the_files_are_the_same(
    model, tokenizer, profile, tmp_path, kept, generations
):
    who = subject(model, tokenizer)
    evaluate(who, profile, tmp_path / "whole.jsonl")
    first = len(generations)
    lines = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[:kept]) + lines[kept][:20])
    evaluate(who, profile, tmp_path / "cut.jsonl")
    assert facts(tmp_path / "cut.jsonl") == facts(tmp_path / "whole.jsonl")
    assert len(generations) - first < first or kept == 1


def test_nothing_is_generated_twice_but_everything_is_scored_again(
    model, tokenizer, profile, tmp_path, generations, monkeypatch
):
    who, file = subject(model, tokenizer), tmp_path / "s.jsonl"
    evaluate(who, profile, file)
    generations.clear()
    monkeypatch.setattr(ways, "score", lambda row, raw, *_: ways_score(row))
    found, _ = evaluate(who, profile, file)
    assert generations == []
    assert found["arc"]["metrics"]["accuracy"]["value"] == 1.0


def ways_score(row):
    from workbench.engine.evaluate.scoring import Score

    golds = [str(answer) for answer in row.answers]
    scores = {"accuracy": 1.0} if row.task == "arc" else {"f1": 1.0, "exact": 1.0, "contains": 1.0}
    return Score(golds[0] if golds else "", "ok", scores)


def test_other_weights_under_the_same_name_are_asked_anew(tiny_model, tokenizer, profile, tmp_path, generations):
    folder = tmp_path / "models" / "m"
    shutil.copytree(tiny_model, folder)
    workspace = Workspace(tmp_path)
    loaded = AutoModelForCausalLM.from_pretrained(folder).eval()
    before = hashes.of_weights(workspace, folder)
    evaluate(subject(loaded, tokenizer, weights_sha256=before), profile, tmp_path / "s.jsonl", EVERY[:1])
    said = [sample["raw"] for sample in read_samples(tmp_path / "s.jsonl")]
    generations.clear()
    with torch.no_grad():
        loaded.lm_head.weight.copy_(loaded.lm_head.weight.flip(0))
    loaded.save_pretrained(folder)
    after = hashes.of_weights(workspace, folder)
    assert after != before
    evaluate(subject(loaded, tokenizer, weights_sha256=after), profile, tmp_path / "s.jsonl", EVERY[:1])
    assert sum(generations) == len(ARC)
    samples = read_samples(tmp_path / "s.jsonl")
    assert len(samples) == len(ARC)
    assert [sample["raw"] for sample in samples] != said


def test_a_row_that_is_tokenized_otherwise_is_asked_anew(model, tokenizer, profile, tmp_path, generations):
    who, file = subject(model, tokenizer), tmp_path / "s.jsonl"
    evaluate(who, profile, file, EVERY[:1])
    lines = file.read_text().splitlines()
    changed = {**json.loads(lines[2]), "prompt_hash": "of other tokens"}
    file.write_text("\n".join([*lines[:2], json.dumps(changed), *lines[3:]]) + "\n")
    generations.clear()
    evaluate(who, profile, file, EVERY[:1])
    assert len(generations) == 1
    assert [json.loads(line)["prompt_hash"] for line in file.read_text().splitlines()] == [
        json.loads(line)["prompt_hash"] for line in lines
    ]


def test_a_row_too_long_for_the_model_is_an_error_and_not_a_crash(model, tokenizer, profile, tmp_path):
    rows = (*ARC, Row("long", "arc", "red? " * 200, ("A",), ("rose", "sky"), ("A", "B")))
    found, log = evaluate(subject(model, tokenizer), profile, tmp_path / "s.jsonl", [asked(rows, "arc")])
    sample = read_samples(tmp_path / "s.jsonl")[-1]
    assert (sample["doc_id"], sample["status"], sample["scores"]) == ("long", "error", {"accuracy": 0.0})
    assert found["arc"]["health"]["error"] == pytest.approx(1 / 7)
    assert any("longer than the model can read" in fields.get("text", "") for _, fields in log.events)


def test_in_half_precision_some_are_asked_again_alone_and_only_once(
    tiny_model, tokenizer, profile, tmp_path, monkeypatch
):
    half = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.bfloat16).eval()
    who, file = subject(half, tokenizer, dtype="bfloat16"), tmp_path / "s.jsonl"
    found, _ = evaluate(who, profile, file, EVERY[:1])
    numerics = found["arc"]["numerics"]
    assert numerics["flip_n"] == len(ARC)
    assert numerics["flips"] == sum(not sample["alone_same"] for sample in read_samples(file))
    monkeypatch.setattr(session.numerics, "greedy", None)  # a second look would fail
    assert evaluate(who, profile, file, EVERY[:1])[0]["arc"]["numerics"] == numerics


def test_an_answer_that_changes_alone_is_a_flip(tiny_model, tokenizer, profile, tmp_path, monkeypatch):
    half = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.bfloat16).eval()
    monkeypatch.setattr(session.numerics, "greedy", lambda model, prompts, limit, stop: ([[65] * limit], [[]]))
    found, log = evaluate(subject(half, tokenizer), profile, tmp_path / "s.jsonl", EVERY[:1])
    assert found["arc"]["numerics"]["flips"] == len(ARC)
    assert any("asked alone" in fields.get("text", "") for _, fields in log.events)


@pytest.mark.parametrize(
    "change",
    [
        {"weights_sha256": "other"},
        {"tokenizer_sha256": "other"},
        {"template": "other"},
        {"device": "another card"},
        {"dtype": "float16"},
        {"quant": "nf4"},
        {"batch_tokens": 128},
        {"system": "Be brief."},
    ],
)
def test_whatever_an_answer_depends_on_is_in_its_key(tiny_model, change):
    def key(weights_sha256="w", tokenizer_sha256="t", template="c", device="cpu", **overrides):
        section = {"dtype": "model", "quant": "quant", "batch_tokens": "eval", "system": "data"}
        sets = [f"{section[name]}.{'method' if name == 'quant' else name}={value}" for name, value in overrides.items()]
        text = f'[model]\nname = "{tiny_model}"\n[data]\ntrain_file = "x"\n'
        profile = profiles.parse(text, "p", "here", sets)
        identity = protocol.model_identity(profile, weights_sha256, template, device, tokenizer_sha256)
        return protocol.key(identity, None, EVERY[0])

    assert key(**change) != key()


@pytest.mark.parametrize("change", [{"limit": 7}, {"answer_format": "boxed"}, {"dataset_sha256": "e"}])
def test_how_it_is_asked_is_in_its_key(change):
    facts = {"limit": 6, "answer_format": "bare", **change}
    sha = facts.pop("dataset_sha256", "d")
    other = asked(ARC, "arc", **facts)
    other = Questions(**{**other.__dict__, "dataset_sha256": sha})
    assert protocol.key({}, None, other) != protocol.key({}, None, EVERY[0])
    assert protocol.key({}, "adapter", EVERY[0]) != protocol.key({}, None, EVERY[0])


MATH = tuple(Row(f"m{n}", "math", "How many?", (str(n),)) for n in range(3))


def test_the_library_that_judges_expressions_is_in_the_key_by_its_version(monkeypatch):
    sums = asked(MATH, "sums")
    before = protocol.key({}, None, sums)
    assert protocol.scoring_libraries("math_gen@2") == {"math-verify": version("math-verify")}
    assert protocol.scoring_libraries("arc_gen@1") == {}
    arc = protocol.key({}, None, EVERY[0])
    monkeypatch.setattr(protocol, "version", lambda name: "of tomorrow")
    assert protocol.key({}, None, sums) != before
    assert protocol.key({}, None, EVERY[0]) == arc


def test_answers_in_mathematics_say_by_which_rule_they_were_judged_and_are_judged_anew(
    model, tokenizer, profile, tmp_path, generations
):
    who, file, sums = subject(model, tokenizer), tmp_path / "s.jsonl", asked(MATH, "sums")
    evaluate(who, profile, file, [sums])
    samples = read_samples(file)
    said = [r"1-1", "1.00", "7"]
    changed = [{**s, "raw": raw, "finish": "stop", "judged_by": "x"} for s, raw in zip(samples, said, strict=True)]
    file.write_text("".join(json.dumps(sample) + "\n" for sample in changed))
    generations.clear()
    found, _ = evaluate(who, profile, file, [sums])
    assert not generations
    assert [(s["judged_by"], s["scores"]["accuracy"]) for s in read_samples(file)] == [
        ("math_verify", 1.0),
        ("exact", 1.0),
        ("rounded", 0.0),
    ]
    assert found["sums"]["judged_by"] == {"exact": 1, "rounded": 1, "math_verify": 1}
    assert found["sums"]["libraries"] == {"math-verify": version("math-verify")}
    assert found["sums"]["protocol"] == "math_gen@2"


def test_latency_is_taken_at_a_forced_length_with_its_conditions(model, tokenizer, profile, monkeypatch):
    monkeypatch.setattr(latency, "NEW_TOKENS", 4)
    notes = []
    found = timed.of_one(subject(model, tokenizer), profile, EVERY, notes.append)
    assert notes == []
    assert found["prompts"] == len(ARC) + len(SQUAD)
    assert found["ttft_s"]["low"] <= found["ttft_s"]["median"] <= found["ttft_s"]["p95"]
    assert found["tpot_s"]["median"] > 0
    assert found["natural"]["new_tokens_mean"] >= 1
    conditions = found["conditions"]
    assert (conditions["dtype"], conditions["device"], conditions["path"]) == ("float32", "cpu", "eager")
    assert conditions["clocks"] is None
    with pytest.raises(InputError, match="nothing can be timed"):
        timed.of_one(subject(model, tokenizer), profile, EVERY[1:2], notes.append)

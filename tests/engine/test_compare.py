import json
import math
import random
import time

import pytest

from workbench.engine.compare import compare
from workbench.engine.events import EventLog
from workbench.engine.run import Run
from workbench.errors import InputError
from workbench.paths import Workspace

from .conftest import BASE, PROFILE, N, passages, quiz, samples, write


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def edit(run, change):
    result = json.loads(run.result_file.read_text())
    change(result)
    run.result_file.write_text(json.dumps(result))


def lines(comparison, dataset="quiz"):
    return {line.name: line for block in comparison.blocks if block.dataset == dataset for line in block.lines}


def test_the_base_comes_with_its_runs_once(workspace):
    write(workspace, BASE, quiz(20))
    runs = [write(workspace, f"20260101-00000{i}-run{i}", quiz(45)) for i in range(2)]
    found = compare(workspace, runs)
    assert found.baseline == BASE
    assert [line.kind for line in found.blocks[0].lines] == ["base", "train", "train", "floor"]
    assert found.blocks[0].metrics == ("accuracy", "macro_f1")


def test_a_better_run_is_better(workspace):
    write(workspace, BASE, quiz(20))
    found = compare(workspace, [write(workspace, "20260101-000000-x", quiz(45))])
    for metric in ("accuracy", "macro_f1"):
        cell = lines(found)["x"].cells[metric]
        assert (cell.mark, cell.best) == ("better", True)
        assert 0 < cell.delta_low < cell.delta < cell.delta_high
        assert cell.p_holm < 0.001
        base = lines(found)[BASE].cells[metric]
        assert (base.mark, base.delta, base.best) == ("baseline", None, False)


def test_the_predicted_memory_of_a_training_is_beside_the_measured(workspace):
    write(workspace, BASE, quiz(20))
    run = write(workspace, "20260101-000000-x", quiz(45))
    assert lines(compare(workspace, [run]))["x"].predicted_memory_bytes is None  # as runs were before
    edit(run, lambda result: result["memory"].update(predicted_allocated_bytes=1000, deviation=0.05))
    line = lines(compare(workspace, [run]))["x"]
    assert (line.predicted_memory_bytes, line.memory_deviation) == (1000, 0.05)
    edit(run, lambda result: result["memory"].update(deviation="much"))
    assert any("damaged" in note for note in compare(workspace, [run]).notes)


def test_a_four_way_tie_has_no_winner(workspace):
    generator = random.Random(0)
    golds = [("ABCD"[place % 4],) for place in range(N)]
    runs = []
    for number in range(4):
        missed = set(generator.sample(range(N), 5))
        said = ["none of them" if place in missed else gold[0] for place, gold in enumerate(golds)]
        answers = samples("arc", "quiz", golds, said)
        runs.append(write(workspace, BASE if number == 0 else f"20260101-00000{number}-r{number}", answers))
    found = compare(workspace, runs)
    scored = [line for line in found.blocks[0].lines if line.kind != "floor"]
    assert {line.cells["accuracy"].value for line in scored} == {0.9}
    assert all(line.cells["accuracy"].best for line in scored)
    assert [line.cells["accuracy"].mark for line in scored] == ["baseline", "tie", "tie", "tie"]
    assert found.blocks[0].detectable > 0.05
    assert found.blocks[0].winner == ""
    assert found.blocks[0].footer[0].startswith("No winner on accuracy: 4 rows are not told apart")


@pytest.mark.parametrize("right", [0, 40, N])
def test_equal_answers_of_few_questions_prove_no_equality(workspace, right):
    write(workspace, BASE, quiz(right))
    found = compare(workspace, [write(workspace, "20260101-000000-x", quiz(right))])
    for metric in ("accuracy", "macro_f1"):
        cell = lines(found)["x"].cells[metric]
        assert (cell.delta, cell.mark) == (0.0, "tie")
        assert cell.delta_low < 0 < cell.delta_high
    assert found.blocks[0].detectable > 0.1


def test_one_passage_says_nothing_about_others(workspace):
    golds = [("red house",)] * 5
    write(workspace, BASE, samples("squad", "passages", golds, ["tree"] * 5, clusters=["c"] * 5))
    answers = samples("squad", "passages", golds, ["red house"] * 5, clusters=["c"] * 5)
    found = compare(workspace, [write(workspace, "20260101-000000-x", answers)])
    cell = lines(found, "passages")["x"].cells["f1"]
    assert (cell.delta, cell.p_holm) == (1.0, 1.0)
    json.dumps(found.to_json(), allow_nan=False)


def test_equal_answers_of_many_questions_are_equivalent(workspace):
    write(workspace, BASE, quiz(1500, n=2000))
    found = compare(workspace, [write(workspace, "20260101-000000-x", quiz(1502, n=2000))])
    assert lines(found)["x"].cells["accuracy"].mark == "equivalent"


def test_one_row_above_all_is_the_winner(workspace):
    write(workspace, BASE, quiz(20))
    runs = [write(workspace, f"20260101-00000{i}-r{i}", quiz(right)) for i, right in enumerate((22, 48))]
    block = compare(workspace, runs).blocks[0]
    assert block.winner == runs[1].id
    assert block.footer[0] == f"{runs[1].id} is shown to beat every other row on accuracy."


def test_the_footer_plans_the_next_measurement(workspace):
    write(workspace, BASE, quiz(25))
    found = compare(workspace, [write(workspace, "20260101-000000-x", quiz(28))])
    block = found.blocks[0]
    effects, questions = zip(*block.needed, strict=True)
    assert effects == (0.005, 0.01, 0.02, 0.05)
    assert list(questions) == sorted(questions, reverse=True)
    assert questions[-1] > N
    assert any("Questions needed to show a difference of 0.5 points: " in line for line in block.footer)
    assert any("would probably not have shown" in line for line in block.footer)
    assert any("Training variance was not measured for 1 of 1" in line for line in block.footer)


def test_three_seeds_are_summed_up(workspace):
    write(workspace, BASE, quiz(20))
    runs = [write(workspace, f"20260101-00000{i}-x", quiz(40 + i), seed=i) for i in range(3)]
    block = compare(workspace, runs).blocks[0]
    (line,) = block.seeds
    assert (line.kind, line.name, len(line.runs)) == ("seeds", "x, 3 seeds", 3)
    cell = line.cells["accuracy"]
    assert cell.value == pytest.approx(41 / 50)
    assert cell.delta == pytest.approx(21 / 50)
    assert cell.mark == "better"
    assert not any("was not measured" in sentence for sentence in block.footer)
    assert compare(workspace, runs[:2]).blocks[0].seeds == ()


def test_seeds_of_other_profiles_are_not_summed_up(workspace):
    write(workspace, BASE, quiz(20))
    runs = [write(workspace, f"20260101-00000{i}-x", quiz(40), seed=i) for i in range(3)]
    runs[0].profile_file.write_text(PROFILE + "[train]\nlearning_rate = 1.0\nseed = 0\n")
    assert compare(workspace, runs).blocks[0].seeds == ()
    runs[0].profile_file.write_text(PROFILE + "[train]\nseed = 0\n")
    runs[1].profile_file.write_text(PROFILE + "[train]\nseed = 1\n")
    runs[2].profile_file.write_text(PROFILE + "[train]\nseed = 2\n")
    assert len(compare(workspace, runs).blocks[0].seeds) == 1


def test_a_long_sweep_can_be_corrected_for_false_discoveries(workspace):
    write(workspace, BASE, quiz(20))
    runs = [write(workspace, f"20260101-00000{i}-r{i}", quiz(27)) for i in range(9)]
    marked = {
        name: lines(compare(workspace, runs, correction=name))["r0"].cells["accuracy"].mark
        for name in ("holm", "benjamini-hochberg")
    }
    assert marked == {"holm": "tie", "benjamini-hochberg": "better"}
    with pytest.raises(InputError, match="Did you mean"):
        compare(workspace, runs, correction="holms")


def test_a_long_sweep_is_told_of_the_other_correction(workspace):
    write(workspace, BASE, quiz(20))
    runs = [write(workspace, f"20260101-0000{at:02}-r{at}", quiz(25)) for at in range(21)]
    assert any("benjamini-hochberg finds more" in line for line in compare(workspace, runs).blocks[0].footer)
    assert not any("finds more" in line for line in compare(workspace, runs[:20]).blocks[0].footer)


def test_latencies_stand_in_the_table_and_other_conditions_are_said(workspace):
    write(workspace, BASE, quiz(20))
    runs = [write(workspace, f"20260101-00000{at}-r{at}", quiz(45)) for at in range(3)]
    for run, median, device in zip(runs[:2], (0.25, 0.5), "AB", strict=True):
        latency = {"new_tokens": 64, "conditions": {"device": device}, "ttft_s": {"median": median}, "tpot_s": {}}
        edit(run, lambda result, latency=latency: result.update(latency=latency))
    comparison = compare(workspace, runs)
    rows = lines(comparison)
    assert [rows[name].ttft_s for name in ("r0", "r1", "r2", BASE)] == [0.25, 0.5, None, None]
    assert rows["r0"].tpot_s is None
    (note,) = [note for note in comparison.notes if "must not be ranked" in note]
    assert runs[0].id in note
    assert "different devices (A and B)" in note


def test_what_a_prompt_was_made_with_is_said_where_it_differs(workspace):
    write(workspace, BASE, quiz(20))
    runs = [write(workspace, f"20260101-00000{i}-r{i}", quiz(45)) for i in range(2)]
    for run, sha in zip(runs, "ab", strict=True):
        run.receipt_file.write_text(json.dumps({"model": {"template_sha256": sha, "attn_implementation": "sdpa"}}))
    notes = compare(workspace, runs).notes
    assert any("chat template" in note for note in notes)
    assert not any("attention" in note for note in notes)


def test_tests_are_corrected_for_their_number(workspace):
    write(workspace, BASE, quiz(20))
    runs = [write(workspace, f"20260101-00000{i}-r{i}", quiz(26 if i == 0 else 20)) for i in range(8)]
    assert lines(compare(workspace, runs))["r0"].cells["accuracy"].mark == "tie"
    assert lines(compare(workspace, runs[:1]))["r0"].cells["accuracy"].mark == "better"


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
@pytest.mark.parametrize("kind", ["all empty", "all garbage", "one letter", "one right, the rest empty"])
def test_collapsed_answers_to_a_quiz_are_below_the_base(workspace, kind, metric):
    write(workspace, BASE, quiz(20))
    golds = [("ABCD"[place % 4],) for place in range(N)]
    said = {
        "all empty": [""] * N,
        "all garbage": ["\u0000 \u00e9 lorem }}{{"] * N,
        "one letter": ["B"] * N,
        "one right, the rest empty": ["A", *[""] * (N - 1)],
    }[kind]
    found = compare(workspace, [write(workspace, "20260101-000000-x", samples("arc", "quiz", golds, said))])
    line, base = lines(found)["x"], lines(found)[BASE]
    assert line.cells[metric].value < base.cells[metric].value
    assert not line.cells[metric].best
    assert any(flag.startswith("collapsed") for flag in line.flags)


@pytest.mark.parametrize("kind", ["all empty", "all garbage", "all unanswerable", "one right, the rest empty"])
def test_collapsed_answers_about_passages_are_below_the_base(workspace, kind):
    base = passages(0.6, 1)
    write(workspace, BASE, base)
    golds, n = [tuple(sample["gold"]) for sample in base], len(base)
    said = {
        "all empty": [""] * n,
        "all garbage": ["...!?"] * n,
        "all unanswerable": ["unanswerable"] * n,
        "one right, the rest empty": ["unanswerable", *[""] * (n - 1)],
    }[kind]
    answers = samples("squad", "passages", golds, said, clusters=[sample["cluster"] for sample in base])
    found = compare(workspace, [write(workspace, "20260101-000000-x", answers)])
    line, baseline = lines(found, "passages")["x"], lines(found, "passages")[BASE]
    for metric in ("f1", "exact"):
        assert line.cells[metric].value < baseline.cells[metric].value
        assert not line.cells[metric].best
    assert any(flag.startswith("collapsed") for flag in line.flags)


def test_a_trivial_answer_is_never_better_than_a_weak_base(workspace):
    asked = passages(0.5, 1)
    golds, clusters = [tuple(sample["gold"]) for sample in asked], [sample["cluster"] for sample in asked]
    write(workspace, BASE, samples("squad", "passages", golds, ["zebra", "cloud"] * 60, clusters=clusters))
    answers = samples("squad", "passages", golds, ["unanswerable"] * len(asked), clusters=clusters)
    found = compare(workspace, [write(workspace, "20260101-000000-x", answers)])
    cell = lines(found, "passages")["x"].cells["f1"]
    assert cell.delta > 0.1
    assert (cell.mark, cell.best) == ("", False)


def test_questions_that_all_have_one_answer_may_be_answered_alike(workspace):
    write(workspace, BASE, samples("math", "sums", [("7",)] * N, ["7"] * 20 + ["8"] * 30))
    run = write(workspace, "20260101-000000-x", samples("math", "sums", [("7",)] * N, ["7"] * N))
    line = lines(compare(workspace, [run]), "sums")["x"]
    assert (line.flags, line.cells["accuracy"].mark) == ((), "better")


def test_what_collapsed_on_one_data_set_is_best_on_none(workspace):
    write(
        workspace, BASE, [*quiz(20), *samples("math", "sums", [(str(i),) for i in range(N)], ["1"] * 20 + ["2"] * 30)]
    )
    empty = samples("math", "sums", [(str(i),) for i in range(N)], [""] * N)
    found = compare(workspace, [write(workspace, "20260101-000000-x", [*quiz(45), *empty])])
    assert lines(found)["x"].flags == ("collapsed on sums",)
    assert not lines(found)["x"].cells["accuracy"].best
    assert lines(found)[BASE].flags == ()  # it was not trained: it only cannot do this


@pytest.mark.parametrize("kind", ["empty", "abstaining"])
def test_a_collapsed_row_is_flagged_and_never_best(workspace, kind):
    write(workspace, BASE, quiz(25))
    answers = quiz(30, empty=20) if kind == "empty" else quiz(0, empty=N)
    line = lines(compare(workspace, [write(workspace, "20260101-000000-x", answers)]))["x"]
    assert "collapsed" in line.flags
    assert not any(cell.best for cell in line.cells.values())


def test_a_row_below_a_floor_is_flagged(workspace):
    write(workspace, BASE, quiz(20))
    found = compare(workspace, [write(workspace, "20260101-000000-x", quiz(5))])
    assert lines(found)["x"].flags == ("below a floor",)  # always "A" is right 13 times of 50
    assert lines(found)[BASE].flags == ()


def test_a_single_row_beats_nothing(workspace):
    write(workspace, BASE, quiz(45))
    block = compare(workspace, [Run(workspace, BASE)]).blocks[0]
    assert (block.winner, block.lines[0].cells["accuracy"].best) == ("", False)


def test_a_loss_of_coverage_is_flagged(workspace):
    write(workspace, BASE, quiz(40))
    run = write(workspace, "20260101-000001-gaps", quiz(40, empty=4))
    assert lines(compare(workspace, [run]))["gaps"].flags == ("low coverage",)


def test_a_pinned_baseline(workspace):
    write(workspace, BASE, quiz(20))
    one = write(workspace, "20260101-000000-one", quiz(45))
    two = write(workspace, "20260101-000001-two", quiz(20))
    found = compare(workspace, [two], baseline="one")
    assert found.baseline == one.id
    assert lines(found)["two"].cells["accuracy"].mark == "worse"
    with pytest.raises(InputError, match="Did you mean"):
        compare(workspace, [two], baseline="20260101-000000-onf")


def test_each_data_set_has_the_base_model_that_was_asked_it(workspace):
    write(workspace, BASE, quiz(20))
    write(workspace, "base-tiny-2", passages(0.1, 1))
    runs = [
        write(workspace, "20260101-000000-a", quiz(45)),
        write(workspace, "20260101-000001-b", passages(0.8, 2), base="base-tiny-2"),
    ]
    found = compare(workspace, runs)
    assert {block.dataset: block.baseline for block in found.blocks} == {"quiz": BASE, "passages": "base-tiny-2"}
    assert found.baseline == ""
    for name, block in (("a", found.blocks[0]), ("b", found.blocks[1])):
        cell = lines(found, block.dataset)[name].cells[block.metrics[0]]
        assert cell.mark == "better"
        assert block.lines[0].id == block.baseline
    assert not any("baseline" in note for note in found.notes)


def test_a_pinned_run_counts_only_where_it_was_asked(workspace):
    write(workspace, BASE, quiz(20))
    write(workspace, "base-tiny-2", passages(0.1, 1))
    one = write(workspace, "20260101-000000-a", quiz(45))
    two = write(workspace, "20260101-000001-b", passages(0.8, 2), base="base-tiny-2")
    found = compare(workspace, [one, two], baseline=one.id)
    assert found.baseline == one.id
    assert {block.dataset: block.baseline for block in found.blocks} == {"quiz": one.id, "passages": ""}
    assert any(f"{one.id} was not asked this" in note for note in found.notes)


def test_with_two_bases_of_one_data_set_there_is_no_baseline(workspace):
    write(workspace, BASE, quiz(20))
    write(workspace, "base-other-1", quiz(20))
    runs = [
        write(workspace, "20260101-000000-a", quiz(30)),
        write(workspace, "20260101-000001-b", quiz(40), base="base-other-1"),
    ]
    found = compare(workspace, runs)
    assert found.baseline == ""
    assert any("several base models" in note for note in found.notes)
    assert all(cell.delta is None for line in lines(found).values() for cell in line.cells.values())


@pytest.mark.parametrize("field", ["protocol", "answer_format", "dataset_sha256", "max_new_tokens"])
def test_what_was_asked_differently_stands_apart(workspace, field):
    write(workspace, BASE, quiz(20))
    run = write(workspace, "20260101-000000-x", quiz(45))
    edit(run, lambda result: result["evaluation"]["quiz"].update({field: "else"}))
    found = compare(workspace, [run])
    assert len(found.blocks) == 2
    assert all(line.cells["accuracy"].delta is None for block in found.blocks for line in block.lines)
    assert any("quiz" in note and run.id in note for note in found.notes)


def test_other_questions_are_not_paired(workspace):
    write(workspace, BASE, quiz(20))
    run = write(workspace, "20260101-000000-x", [*quiz(45)[:46], *quiz(45, salt="other")[46:]])
    found = compare(workspace, [run])
    assert (lines(found)["x"].cells["accuracy"].value, lines(found)["x"].cells["accuracy"].delta) == (0.9, None)
    assert any("95 %" in note for note in found.notes)


def test_unfinished_runs_are_notes_and_no_rows(workspace):
    write(workspace, BASE, quiz(20))
    run = write(workspace, "20260101-000000-x", quiz(45))
    failing = Run(workspace, "20260101-000001-failing")
    failing.folder.mkdir()
    failing.profile_file.write_text(PROFILE)
    EventLog(failing.events_file).append("started")
    EventLog(failing.events_file).append("ended", status="failed", reason="no memory")
    found = compare(workspace, [run, failing])
    assert "failing" not in lines(found)
    assert any("failing is failed" in note and "no memory" in note for note in found.notes)


BROKEN = [
    *("", "{", "[]", '"x"', "null", '{"evaluation": 3}', "\x00"),
    '{"evaluation": {"quiz": {"metrics": [], "health": 3}}}',
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_result_is_a_note(workspace, text):
    write(workspace, BASE, quiz(20))
    good, bad = (write(workspace, f"20260101-00000{i}-r{i}", quiz(45)) for i in range(2))
    bad.result_file.write_text(text)
    found = compare(workspace, [good, bad])
    assert lines(found)["r0"].cells["accuracy"].mark == "better"
    assert any(bad.id in note for note in found.notes)


@pytest.mark.parametrize("part", ["metrics", "health", "floors", "speed", "memory", "protocol"])
@pytest.mark.parametrize("value", [None, 3, [], {}])
def test_a_result_with_a_broken_part_is_no_crash(workspace, part, value):
    write(workspace, BASE, quiz(20))
    good, bad = (write(workspace, f"20260101-00000{i}-r{i}", quiz(45)) for i in range(2))
    edit(bad, lambda result: result["evaluation"]["quiz"].update({part: value}))
    found = compare(workspace, [good, bad])
    assert lines(found)["r0"].cells["accuracy"].mark == "better"
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize("latency", [3, "x", [1], {"ttft_s": 3}, {"ttft_s": {}, "tpot_s": {}, "conditions": 3}])
def test_a_broken_latency_is_a_note(workspace, latency):
    write(workspace, BASE, quiz(20))
    good, bad = (write(workspace, f"20260101-00000{i}-r{i}", quiz(45)) for i in range(2))
    edit(bad, lambda result: result.update(latency=latency))
    found = compare(workspace, [good, bad])
    assert lines(found)["r0"].cells["accuracy"].mark == "better"
    assert any(bad.id in note and "damaged" in note for note in found.notes)


@pytest.mark.parametrize("text", [None, "", "{\n", "3\n", '{"dataset": "quiz"}\n', '{"key": "key-quiz"}\n', "\x00\n"])
def test_broken_samples_are_a_note(workspace, text):
    write(workspace, BASE, quiz(20))
    run = write(workspace, "20260101-000000-x", quiz(45))
    run.samples_file.unlink()
    if text is not None:
        run.samples_file.write_text(text)
    found = compare(workspace, [run])
    assert any(run.id in note for note in found.notes)


def test_a_torn_last_line_is_not_there(workspace):
    write(workspace, BASE, quiz(20))
    run = write(workspace, "20260101-000000-x", quiz(45))
    run.samples_file.write_text(run.samples_file.read_text() + '{"dataset": "qu')
    assert lines(compare(workspace, [run]))["x"].cells["accuracy"].mark == "better"


def test_passages_are_flipped_and_drawn_whole(workspace):
    write(workspace, BASE, passages(0.2, 1))
    found = compare(workspace, [write(workspace, "20260101-000000-x", passages(0.9, 2))])
    cells = lines(found, "passages")["x"].cells
    assert list(cells) == ["f1", "exact", "has_ans_f1", "no_ans_f1", "has_ans_contains"]
    assert all(cell.mark == "better" for cell in cells.values())
    assert (cells["has_ans_f1"].n, cells["no_ans_f1"].n) == (80, 40)


def test_answers_of_one_kind_only_can_stand_beside_both(workspace):
    write(workspace, BASE, passages(0.2, 1))
    some = [sample for sample in passages(0.9, 2) if sample["gold"]]
    found = compare(workspace, [write(workspace, "20260101-000000-x", some)])
    assert "no_ans_f1" not in lines(found, "passages")["x"].cells


def with_losses(run, mean, seed, tokens=20):
    """The run with an evaluation by held-out loss, around ``mean`` nats a token."""
    generator = random.Random(seed)
    sums = [tokens * max(0.01, mean + generator.gauss(0, 0.05)) for _ in range(60)]
    loss = sum(sums) / (60 * tokens)
    values = {"loss": loss, "perplexity": math.exp(loss)}
    metrics = {
        name: {"value": value, "low": value * 0.9, "high": value * 1.1, "n": 60} for name, value in values.items()
    }

    def add(result):
        quiz = result["evaluation"]["quiz"]
        own = {"protocol": "heldout_loss@1", "protocol_key": "key-text", "lower_is_better": ["loss", "perplexity"]}
        result["evaluation"]["text"] = {**quiz, **own, "n": 60, "metrics": metrics, "floors": {}}

    edit(run, add)
    common = {"key": "key-text", "gold": ["x"], "parsed": None, "status": "ok", "n_loss_tokens": tokens}
    lines = [
        {"doc_hash": str(at), "cluster": str(at), "nll": one, "scores": {"loss": one / tokens}, **common}
        for at, one in enumerate(sums)
    ]
    run.samples_file.write_text(run.samples_file.read_text() + "".join(json.dumps(line) + "\n" for line in lines))
    return run


def test_of_losses_the_lower_one_is_better(workspace):
    with_losses(write(workspace, BASE, quiz(20)), 2.0, 1)
    runs = [
        with_losses(write(workspace, f"20260101-00000{at}-{name}", quiz(20)), mean, at)
        for at, (name, mean) in enumerate((("low", 1.5), ("same", 2.0), ("high", 2.5)))
    ]
    comparison = compare(workspace, runs)
    rows = lines(comparison, "text")
    for metric in ("loss", "perplexity"):
        assert [rows[name].cells[metric].mark for name in ("low", "high")] == ["better", "worse"]
        assert rows["same"].cells[metric].mark in ("tie", "equivalent")
        assert [name for name, line in rows.items() if line.cells[metric].best] == ["low"]
    cell = rows["low"].cells["loss"]
    assert cell.delta == pytest.approx(cell.value - rows[BASE].cells["loss"].value)
    assert cell.delta_low < cell.delta < cell.delta_high < 0
    perplexity = rows["low"].cells["perplexity"]
    assert perplexity.delta == pytest.approx(perplexity.value - rows[BASE].cells["perplexity"].value)
    block = next(block for block in comparison.blocks if block.dataset == "text")
    assert [line.name for line in block.lines] == [BASE, "low", "same", "high"]
    assert (block.winner, block.lower_is_better) == (runs[0].id, ("loss", "perplexity"))
    assert any("nats would probably not have shown" in sentence for sentence in block.footer)


def test_losses_of_other_tokens_are_not_paired(workspace):
    with_losses(write(workspace, BASE, quiz(20)), 2.0, 1)
    run = with_losses(write(workspace, "20260101-000000-x", quiz(20)), 1.0, 2, tokens=21)
    assert lines(compare(workspace, [run]), "text")["x"].cells["loss"].delta is None


def test_losses_over_seeds(workspace):
    with_losses(write(workspace, BASE, quiz(20)), 2.0, 1)
    runs = [
        with_losses(write(workspace, f"20260101-00000{at}-x", quiz(20), seed=at), 1.0 + at / 100, at) for at in range(3)
    ]
    block = next(block for block in compare(workspace, runs).blocks if block.dataset == "text")
    cell = block.seeds[0].cells["loss"]
    assert cell.value == pytest.approx(1.01, abs=0.05)
    assert cell.mark == "better"
    assert cell.delta_low < cell.delta < cell.delta_high < 0


def test_answers_that_change_with_the_batch_are_said(workspace):
    write(workspace, BASE, quiz(20))
    run = write(workspace, "20260101-000000-x", quiz(45))
    numerics = {"dtype": "bfloat16", "attn": "sdpa", "batch_tokens": 8192, "flips": 2, "flip_n": 32}
    edit(run, lambda result: result["evaluation"]["quiz"].update(numerics=numerics))
    notes = compare(workspace, [run]).notes
    assert any("2 of 32 answers of 20260101-000000-x are others when asked alone" in note for note in notes)
    assert any("same dtype" in note for note in notes)  # the base records float32 in its model


def test_published_rows_stand_apart(workspace):
    write(workspace, BASE, quiz(20))
    found = compare(workspace, [write(workspace, "20260101-000000-x", quiz(45))], with_reference=True)
    assert (found.reference_n, len(found.reference)) == (50, 12)
    assert not any(line.kind == "published" for block in found.blocks for line in block.lines)


def test_nothing_to_compare(workspace):
    assert compare(workspace, []).blocks == ()


def test_an_evaluated_model_is_its_base_row(workspace):
    write(workspace, BASE, quiz(20))
    asked = write(workspace, "20260101-000000-eval-m", [], kind="evaluation", training=None)
    found = compare(workspace, [asked])
    assert [line.name for line in found.blocks[0].lines if line.kind != "floor"] == [BASE]


def test_one_seed_says_nothing_of_training(workspace):
    write(workspace, BASE, quiz(20))
    one = write(workspace, "20260101-000000-one", quiz(45), seed=1)
    assert any("one training seed" in note for note in compare(workspace, [one]).notes)


def test_twelve_runs_of_three_hundred_questions_take_seconds(workspace):
    write(workspace, BASE, quiz(150, n=300))
    runs = [write(workspace, f"20260101-0000{i:02}-r{i}", quiz(150 + 5 * i, n=300)) for i in range(12)]
    begun = time.process_time()
    compare(workspace, runs)
    assert time.process_time() - begun < 10

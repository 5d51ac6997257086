import pytest

from workbench.choices.protocols import PROTOCOLS
from workbench.choices.rows import Row
from workbench.choices.tasks import TASKS
from workbench.engine.evaluate.scoring import score
from workbench.engine.evaluate.summary import summarize


def samples(task, golds, answers, answer_format="bare", clusters=None):
    made = []
    for place, (gold, raw) in enumerate(zip(golds, answers, strict=True)):
        row = Row(str(place), task, "q", gold)
        scored = score(row, raw, "stop", answer_format)
        made.append(
            {
                "gold": list(gold),
                "parsed": scored.parsed,
                "status": scored.status,
                "scores": scored.scores,
                "cluster": clusters[place] if clusters else str(place),
                "n_new_tokens": len(raw),
            }
        )
    return made


GOLDS = {
    "arc": [("ABCD"[place % 4],) for place in range(60)],
    "squad": [(f"city {place}",) if place % 2 else () for place in range(60)],
    "math": [(str(place % 20 + 3),) for place in range(60)],
}
RIGHT = {
    "arc": [gold[0] for gold in GOLDS["arc"]],
    "squad": [gold[0] if gold else "unanswerable" for gold in GOLDS["squad"]],
    "math": [gold[0] for gold in GOLDS["math"]],
}
WRONG = {"arc": "C", "squad": "a river", "math": "777"}


def mediocre(task):
    """Six of ten right, the rest plainly wrong."""
    return [right if place % 10 < 6 else WRONG[task] for place, right in enumerate(RIGHT[task])]


COLLAPSED = {
    "all empty": lambda task: [""] * 60,
    "all garbage": lambda task: ["asdf ;; \\boxed{ qwer"] * 60,
    "all unanswerable": lambda task: ["unanswerable"] * 60,
    "one right, the rest empty": lambda task: [RIGHT[task][1 if task == "squad" else 0], *[""] * 59],
}


@pytest.mark.parametrize("task", ["arc", "squad", "math"])
@pytest.mark.parametrize("kind", COLLAPSED)
def test_a_collapsed_model_comes_out_below_a_mediocre_base(task, kind):
    ranked = PROTOCOLS[TASKS[task].protocols[0]].metrics[0]
    base = summarize(task, samples(task, GOLDS[task], mediocre(task)))["metrics"][ranked]
    collapsed = summarize(task, samples(task, GOLDS[task], COLLAPSED[kind](task)))["metrics"][ranked]
    assert collapsed["value"] < base["value"]


def test_the_legacy_figure_is_fooled_and_the_accuracy_is_not():
    one = summarize("math", samples("math", GOLDS["math"], COLLAPSED["one right, the rest empty"]("math")))
    base = summarize("math", samples("math", GOLDS["math"], mediocre("math")))
    assert one["legacy"] == {"absdiff": 0.0, "absdiff_n": 1}
    assert base["legacy"]["absdiff"] > 100
    assert base["legacy"]["absdiff_n"] == 60
    assert one["metrics"]["accuracy"]["value"] == pytest.approx(1 / 60)


def test_all_garbage_is_no_abstention():
    found = summarize("squad", samples("squad", GOLDS["squad"], ["\\boxed{}"] * 60, "boxed"))
    assert found["metrics"]["f1"]["value"] == 0.0
    assert found["health"]["coverage"] == 0.0
    assert found["health"]["unparsed"] == 1.0


@pytest.mark.parametrize("task", ["arc", "squad", "math"])
def test_metrics_come_in_the_order_of_the_task(task):
    found = summarize(task, samples(task, GOLDS[task], mediocre(task)))["metrics"]
    assert tuple(found) == PROTOCOLS[TASKS[task].protocols[0]].metrics
    for entry in found.values():
        assert 0 <= entry["low"] <= entry["value"] <= entry["high"] <= 1
        assert entry["low"] < entry["high"]


def test_squad_apart_by_whether_there_is_an_answer():
    found = summarize("squad", samples("squad", GOLDS["squad"], ["unanswerable"] * 60))["metrics"]
    assert [found[name]["value"] for name in ("f1", "exact", "has_ans_f1", "no_ans_f1")] == [0.5, 0.5, 0.0, 1.0]
    assert found["has_ans_f1"]["n"] == 30
    only = summarize("squad", samples("squad", [("x",)], ["x"]))["metrics"]
    assert "no_ans_f1" not in only


def test_floors_are_of_the_same_golds():
    golds = [("A",), ("B",), ("B",), ("C",)]
    arc = summarize("arc", samples("arc", golds, ["A"] * 4))["floors"]
    assert arc == {'always "B"': {"accuracy": 0.5, "macro_f1": pytest.approx(2 / 9)}}
    squad = summarize("squad", samples("squad", GOLDS["squad"], [""] * 60))["floors"]
    expected = {"f1": 0.5, "exact": 0.5, "has_ans_f1": 0.0, "no_ans_f1": 1.0, "has_ans_contains": 0.0}
    assert squad == {"always unanswerable": expected}
    math = summarize("math", samples("math", [("3",), ("3.0",), ("3",), ("4",)], [""] * 4))["floors"]
    assert math == {'always "3"': {"accuracy": 0.75}}


def test_health():
    found = summarize("arc", samples("arc", [("A",)] * 4, ["A", "", "what?", "B"]))["health"]
    shares = {"coverage": 0.5, "empty": 0.25, "unparsed": 0.25, "truncated": 0.0, "error": 0.0}
    assert found == {**shares, "mean_new_tokens": 1.75}


def test_questions_on_one_passage_stand_together():
    golds = [(f"city {place // 6}",) for place in range(60)]
    answers = [gold[0] if (place // 6) % 2 else "river" for place, gold in enumerate(golds)]
    alone = summarize("squad", samples("squad", golds, answers))["metrics"]["f1"]
    shared = summarize("squad", samples("squad", golds, answers, clusters=[str(p // 6) for p in range(60)]))
    assert shared["metrics"]["f1"]["high"] - shared["metrics"]["f1"]["low"] > alone["high"] - alone["low"]


@pytest.mark.parametrize("task", ["arc", "squad", "math"])
def test_without_samples_nothing_is_claimed(task):
    found = summarize(task, [])
    assert found["metrics"] == {}
    assert found["floors"] == {}
    assert set(found["health"].values()) == {None}


def test_the_official_figures_of_passages_stand_beside_the_score():
    made = samples("squad", GOLDS["squad"], mediocre("squad"))
    legacy = summarize("squad", made)["legacy"]
    assert legacy == {"HasAns_exact": pytest.approx(0.6), "NoAns_exact": pytest.approx(0.6)}
    sure = [{**sample, "na_prob": 0.0 if sample["gold"] else 0.9} for sample in made]
    with_oracle = summarize("squad", sure)
    assert with_oracle["legacy"]["oracle_best_exact"] == pytest.approx(0.8)  # every unanswerable one is now found
    assert with_oracle["legacy"]["oracle_best_exact_threshold"] == 0.0
    assert not any("best" in metric for metric in with_oracle["metrics"])


def test_an_answer_that_could_not_be_read_is_no_abstention_to_the_official_figures():
    legacy = summarize("squad", samples("squad", [(), ()], ["", "unanswerable"]))["legacy"]
    assert legacy["NoAns_exact"] == 0.5

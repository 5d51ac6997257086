from workbench.engine.forgetting import forgetting


def entry(value, role="other", **changes):
    facts = {"task": "arc", "protocol": "arc_ll@1", "answer_format": "bare", "max_new_tokens": 0, "dataset_sha256": "x"}
    metrics = {"acc": {"value": value}}
    return {**facts, "dataset": "quiz", "role": role, "metrics": metrics, "lower_is_better": [], "n": 9, **changes}


def test_only_other_sets_with_a_base_beside_count():
    tuned = {"quiz": entry(0.4), "own": entry(0.9, "own"), "new": entry(0.1), "changed": entry(0.1, max_new_tokens=3)}
    base = {"quiz": entry(0.5), "own": entry(0.2, "own"), "changed": entry(0.3)}
    (line,) = forgetting(tuned, base)
    assert (line["dataset"], line["base"], line["tuned"], line["n"]) == ("quiz", 0.5, 0.4, 9)
    assert abs(line["change"] + 0.1) < 1e-12
    assert line["lower_is_better"] is False


def test_of_a_loss_it_says_that_lower_is_better():
    (line,) = forgetting({"quiz": entry(2.0, lower_is_better=["acc"])}, {"quiz": entry(1.5, lower_is_better=["acc"])})
    assert line["lower_is_better"] is True

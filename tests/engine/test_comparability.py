"""What a comparison says of scores that stand on a library's judgement."""

from types import SimpleNamespace

from workbench.engine.comparability import differences_to_say


def run(name, **entry):
    return SimpleNamespace(id=name, asked={}, entries={"sums": {"n": 200, **entry}})


def said(*group):
    return list(differences_to_say(group, "sums"))


def test_versions_of_the_library_that_judged_are_told_where_they_differ():
    old, new = run("a", libraries={"math-verify": "0.8.0"}), run("b", libraries={"math-verify": "0.9.0"})
    (sentence,) = said(old, new)
    assert "math-verify 0.8.0 in a, math-verify 0.9.0 in b" in sentence
    assert said(new, run("c", libraries={"math-verify": "0.9.0"})) == []
    assert said(new, run("c")) == []
    assert said(run("c", libraries="0.9"), run("d", libraries=None)) == []


def test_how_many_answers_the_library_judged_is_told():
    judged = {"exact": 150, "rounded": 20, "math_verify": 12}
    assert said(run("a", judged_by=judged)) == ["sums: 12 of 200 answers of a were judged by math-verify"]
    assert said(run("a", judged_by={**judged, "math_verify": 0}), run("b", judged_by={})) == []

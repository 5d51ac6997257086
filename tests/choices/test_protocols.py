from typing import get_args

import pytest

from workbench import profile as profiles
from workbench.choices.protocols import PROTOCOLS, suits
from workbench.choices.tasks import TASKS, AnswerFormat
from workbench.engine.evaluate.protocol import answer_formats, protocols
from workbench.errors import ProblemsError


def make(*sets):
    return profiles.parse('[model]\nname = "m"\n[data]\ndataset = "quiz"\n', "p", "here", sets)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_evaluated_by_protocols_that_suit_it(task):
    assert TASKS[task].protocols
    assert all(suits(name, task) for name in TASKS[task].protocols)
    assert set(TASKS[task].max_new_tokens) == set(get_args(AnswerFormat))


def test_every_protocol_is_versioned():
    assert all(name.partition("@")[2].isdigit() for name in PROTOCOLS)


def test_a_profile_names_protocols_for_the_sets_that_each_suits():
    named = make('eval.protocols=["arc_ll@1", "heldout_loss@1"]')
    assert [one.name for one in protocols(named, "arc")] == ["arc_ll@1", "heldout_loss@1"]
    assert [one.name for one in protocols(named, "math")] == ["heldout_loss@1"]
    only = make('eval.protocols=["arc_ll@1"]')
    assert [one.name for one in protocols(only, "math")] == ["math_gen@2"]
    assert [one.name for one in protocols(make(), "arc")] == ["arc_gen@1", "arc_ll@1"]


def test_an_unknown_protocol_is_a_problem_with_the_nearest_name():
    with pytest.raises(ProblemsError, match="arc_ll@1"):
        make('eval.protocols=["arc_ll@2"]')


@pytest.mark.parametrize(
    ("sets", "formats"),
    [
        ([], ["bare"]),
        (["eval.answer_format=both"], ["bare", "boxed"]),
        (["eval.answer_format=both", "data.answer_format=boxed"], ["boxed", "bare"]),
        (["eval.answer_format=boxed"], ["boxed"]),
        (['eval.answer_format=["trained", "boxed", "bare"]'], ["bare", "boxed"]),
    ],
)
def test_answers_are_asked_for_in_the_trained_form_first(sets, formats):
    assert answer_formats(make(*sets)) == formats

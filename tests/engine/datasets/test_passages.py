import random
import re
from itertools import islice

import pytest

from workbench.engine.datasets import passages


@pytest.fixture(scope="module")
def groups():
    return list(islice(passages.groups(random.Random(1)), 300))


def pattern(template):
    return re.sub(r"\\\{\w+\\\}", r"(.+?)", re.escape(template))


def facts_asked(subject, question):
    """The facts that a question asks for, and whether one is the opening."""
    facts = [subject["opening"], *subject["facts"]]
    return [fact for fact in facts if any(re.fullmatch(pattern(ask), question) for ask in fact["asks"])]


def subject_of(context):
    return next(
        subject
        for subject in passages._subjects()
        if any(re.match(pattern(says), context) for says in subject["opening"]["says"])
    )


def test_a_third_of_the_questions_has_no_answer_and_passages_are_of_their_length(groups):
    for rows in groups:
        assert [bool(row.answers) for row in rows].count(False) == 1
        assert len(rows) == 3
        assert len({row.question for row in rows}) == 3
        (context,) = {row.context for row in rows}
        assert 60 <= len(context.split()) <= 110
        assert not set("{}") & set(context)


def test_an_answer_stands_once_in_its_passage(groups):
    for row in (row for rows in groups for row in rows if row.answers):
        assert len(re.findall(rf"\b{re.escape(row.answers[0])}\b", row.context)) == 1
        facts = facts_asked(subject_of(row.context), row.question)
        assert any(re.search(pattern(says), row.context) for fact in facts for says in fact["says"])


def test_what_a_question_without_an_answer_asks_for_is_not_told(groups):
    elsewhere = 0
    for row in (row for rows in groups for row in rows if not row.answers):
        subject = subject_of(row.context)
        facts = facts_asked(subject, row.question)
        assert facts
        if facts[0] is subject["opening"]:
            (ask,) = (ask for ask in facts[0]["asks"] if re.fullmatch(pattern(ask), row.question))
            named = re.fullmatch(pattern(ask), row.question)[1]
            first_sentence = row.context.split(".")[0]
            assert named not in first_sentence
            elsewhere += 1
        else:
            assert not any(re.search(pattern(says), row.context) for fact in facts for says in fact["says"])
    assert 20 < elsewhere < 150  # both kinds of question are there


def test_every_kind_of_question_has_an_answer_in_some_passages_and_none_in_others(groups):
    with_answer = {row.question.split()[0] for rows in groups for row in rows if row.answers}
    without = {row.question.split()[0] for rows in groups for row in rows if not row.answers}
    assert {"Who", "When", "Where", "How", "What", "In", "Which"} <= with_answer & without


def test_articles_fit_their_nouns(groups):
    for rows in groups:
        assert not re.search(r"\b[Aa] [aeiou]\w+", rows[0].context), rows[0].context

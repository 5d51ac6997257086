from collections import Counter

import pytest

from workbench import profile as profiles
from workbench.engine.datasets import prepare, rows, too_many, train_and_validation
from workbench.engine.datasets.sample import stratum
from workbench.errors import InputError
from workbench.paths import Workspace


def of(*overrides):
    text = '[model]\nname = "m"\n[data]\ndataset = "quiz"\n'
    return profiles.parse(text, "p", "p", overrides).data


@pytest.fixture(scope="module")
def quiz(tmp_path_factory):
    return prepare(Workspace(tmp_path_factory.mktemp("workspace")), of())


def ids(chosen):
    return [row.id for row in chosen]


def test_without_validation_all_rows_are_trained_on(quiz):
    trained, held_out = train_and_validation(quiz, of("data.train_rows=50"))
    assert (trained, held_out) == (rows(quiz, "train", 50, 42), [])


def test_validation_rows_are_taken_out_of_the_training_rows(quiz):
    trained, held_out = train_and_validation(quiz, of("data.train_rows=50", "data.validation_rows=12"))
    assert (len(trained), len(held_out)) == (38, 12)
    assert not set(ids(trained)) & set(ids(held_out))
    assert {*ids(trained), *ids(held_out)} == set(ids(rows(quiz, "train", 50, 42)))


def test_they_keep_the_proportions_and_change_with_the_seed_alone(quiz):
    _, held_out = train_and_validation(quiz, of("data.validation_rows=60"))
    counts, every = Counter(map(stratum, held_out)), Counter(map(stratum, rows(quiz, "train", "all", 42)))
    assert all(abs(counts[name] - every[name] / 10) < 1 for name in every)
    assert train_and_validation(quiz, of("data.validation_rows=60"))[1] == held_out
    assert train_and_validation(quiz, of("data.validation_rows=60", "data.seed=7"))[1] != held_out


def test_too_many_leave_nothing_to_train_on(quiz):
    with pytest.raises(InputError, match=r"data.validation_rows: 50 rows of 50 .* Set it to about a tenth, 5"):
        train_and_validation(quiz, of("data.train_rows=50", "data.validation_rows=50"))
    assert too_many(of("data.validation_rows=49"), 50) is None
    assert "Set it to 0." in str(too_many(of("data.validation_rows=1"), 1))

from dataclasses import replace

import pytest

from workbench.engine.datasets import generate


@pytest.mark.parametrize("name", generate.MAKERS)
def test_no_test_row_is_a_training_row_in_another_order(name):
    train, test, _ = generate.rows(name)
    prints = [generate.fingerprint(row) for row in [*train, *test]]
    assert len(set(prints)) == len(prints) == generate.TRAIN_ROWS + generate.TEST_ROWS
    if name == "passages":
        assert not {row.context for row in train} & {row.context for row in test}


def test_another_seed_gives_other_rows():
    assert generate.rows("quiz", seed=1)[0] != generate.rows("quiz", seed=2)[0]
    assert generate.rows("quiz", seed=1) == generate.rows("quiz", seed=1)


def test_the_order_of_the_options_does_not_make_another_question():
    row = generate.rows("quiz")[0][0]
    turned = replace(row, options=tuple(reversed(row.options)))
    assert generate.fingerprint(turned) == generate.fingerprint(row)

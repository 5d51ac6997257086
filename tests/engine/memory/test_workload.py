import pytest

from workbench.engine.memory.workload import longest, worst_case
from workbench.profile import parse


def options(**train):
    keys = "".join(f"{key} = {value!r}\n" for key, value in train.items())
    return parse(f'[model]\nname = "m"\n[data]\ndataset = "d"\n[train]\n{keys}', "p", "p").train


def test_the_worst_case_is_rows_of_max_length_all_trained():
    found = worst_case(options(max_length=128, per_device_train_batch_size=3, gradient_accumulation_steps=5))
    assert (found.micro_batch, found.sequence_tokens, found.label_tokens) == (3, 128, 3 * 127)
    assert (found.accumulation, found.padded) == (5, False)
    assert "max_length = 128" in found.source


def test_an_undecided_micro_batch_is_one_row():
    assert worst_case(options(per_device_train_batch_size="auto")).micro_batch == 1


def test_the_longest_row_and_the_most_labels_make_the_batch():
    found = longest(options(per_device_train_batch_size=2), [5, 9, 7, 3], [4, 1, 6, 2])
    assert (found.micro_batch, found.sequence_tokens, found.label_tokens) == (2, 9, 6 + 4)
    assert found.padded
    assert "4 training rows has 9 tokens" in found.source


@pytest.mark.parametrize(("rows", "lengths"), [(1, [5, 9]), (2, [7, 7, 7])])
def test_one_row_and_rows_of_one_length_need_no_mask(rows, lengths):
    assert not longest(options(per_device_train_batch_size=rows), lengths, lengths).padded


def test_a_batch_is_not_larger_than_the_data():
    found = longest(options(per_device_train_batch_size=8), [4, 4], [0, 0])
    assert (found.micro_batch, found.label_tokens) == (2, 1)

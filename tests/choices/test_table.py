from dataclasses import dataclass

import pytest

from workbench.choices.adapters import ADAPTERS
from workbench.choices.formats import FORMATS
from workbench.choices.models import MODELS
from workbench.choices.optimizers import OPTIMIZERS
from workbench.choices.protocols import PROTOCOLS
from workbench.choices.quantizers import QUANTIZERS
from workbench.choices.sources import SOURCES
from workbench.choices.table import Table
from workbench.choices.tasks import TASKS
from workbench.errors import InputError

ALL = [ADAPTERS, FORMATS, MODELS, OPTIMIZERS, PROTOCOLS, QUANTIZERS, SOURCES, TASKS]


@dataclass(frozen=True)
class Thing:
    name: str


def test_rows_are_found_by_name_in_their_order():
    table = Table("thing", Thing("b"), Thing("a"))
    assert list(table) == ["b", "a"]
    assert len(table) == 2
    assert table.find("a") is table["a"]


def test_an_unknown_name_says_what_is_near():
    table = Table("thing", Thing("lora"), Thing("dora"))
    with pytest.raises(InputError, match=r'There is no thing "loraa"\. Did you mean "lora"\?'):
        table.find("loraa")
    with pytest.raises(KeyError):
        table["loraa"]


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.kind)
def test_every_table_has_rows_with_a_label(table):
    assert table
    assert all(row.label for row in table.values())


@pytest.mark.parametrize("table", [ADAPTERS, QUANTIZERS], ids=lambda table: table.kind)
def test_the_options_of_a_row_name_it(table):
    assert all(row.options().method == name for name, row in table.items())

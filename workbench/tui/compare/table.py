"""The table of a comparison: the keys of every table, in this screen's words."""

from __future__ import annotations

from workbench.tui.keys import SHARED, bindings
from workbench.tui.widgets.table import Table


class ComparedTable(Table):
    """A pinned row is the baseline; marked rows can be told apart with ``d``."""

    BINDINGS = bindings(SHARED["toggle"].says("Mark"), SHARED["pin"].says("Baseline"))

"""The parts of a chart: series, levels, how they are looked at, and where their numbers lie on the raster."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.engine.curves import Curve
from workbench.tui.widgets import axis
from workbench.tui.widgets.raster import Raster, scale

LEAST_DECADES, MOST_DECADES = -323.0, 308.0
"""Between these powers of ten lie all floats but zero."""


@dataclass(frozen=True)
class Series:
    """One curve of a chart.

    Args:
        name: In the legend.
        curve: Its points.
        look: A line, an area down to the axis, or marks alone.
        smooth: Whether smoothing changes it; measured amounts stay as they are.
        colour_of: The place of the series that it belongs to and whose colour it has; None for a colour of its own.
    """

    name: str
    curve: Curve
    look: Literal["line", "area", "points"] = "line"
    smooth: bool = True
    colour_of: int | None = None


@dataclass(frozen=True)
class Level:
    """A horizontal line, such as a capacity.

    Args:
        name: Written on it.
        y: Where.
        dotted: Whether it is drawn in the mode's second way.
    """

    name: str
    y: float
    dotted: bool = False


@dataclass(frozen=True)
class Plot:
    """Everything that a chart shows; its curves may grow.

    Args:
        title: What is measured.
        series: At most eight.
        levels: Horizontal lines.
        x_name: What x counts.
        x_format: How x is written.
        y_format: How y is written, unit and all.
        x_base: 10 for counts, 60 for seconds.
        y_base: 10 for numbers, 2 for bytes.
        whole_x: Whether x counts whole things, so that 1.5 is no tick.
        from_zero: Whether the y axis begins at zero.
        note: Said in the lower border.
        empty: What is said while there is no number, such as why there will be none.
    """

    title: str = ""
    series: Sequence[Series] = ()
    levels: Sequence[Level] = ()
    x_name: str = "step"
    x_format: axis.Format = axis.number
    y_format: axis.Format = axis.number
    x_base: float = 10.0
    y_base: float = 10.0
    whole_x: bool = False
    from_zero: bool = False
    note: str = ""
    empty: str = "no number yet"


@dataclass(frozen=True)
class View:
    """How it is looked at.

    Args:
        log_y: Whether the y axis is logarithmic.
        smoothing: Share of the past in a smooth line, in [0, 1); 0 shows the numbers as they are.
        window: How much of x is shown, up to the last; None for all.
    """

    log_y: bool = False
    smoothing: float = 0.0
    window: float | None = None


@dataclass(frozen=True)
class Frame:
    """Where the numbers lie on the raster."""

    left: float
    right: float
    bottom: float
    top: float
    log_y: bool

    def height(self, y: float) -> float:
        """The y as it is drawn; NaN for what a log axis cannot show."""
        if not self.log_y:
            return y
        return math.log10(y) if y > 0 else math.nan

    def value(self, height: float) -> float:
        """The y at a height."""
        return 10 ** min(max(height, LEAST_DECADES), MOST_DECADES) if self.log_y else height

    def down(self, y: float, raster: Raster) -> int:
        """The dot of a y that can be shown, counted from the top."""
        return raster.dots_down - 1 - scale(self.height(y), self.bottom, self.top, raster.dots_down)

"""Axes: round ticks between two numbers, and how a number is written beside them, with its unit."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

Format = Callable[[float], str]
FACTORS = {10.0: (1, 2, 5), 2.0: (1,), 60.0: (1, 2, 5, 10, 15, 30)}
"""What a power of each base is multiplied with to give a round number: decimals, bytes, seconds."""


def number(value: float, digits: int = 3) -> str:
    """A number in few characters: thousands as k, M, G; very small ones with an exponent; so many digits count.

    >>> number(0), number(1234), number(2_000_000), number(0.71), number(1.182), number(0.0003), number(1e12)
    ('0', '1.23k', '2M', '0.71', '1.18', '3e-4', '1e12')
    >>> number(1.18249, digits=4)
    '1.182'
    """
    size = abs(value)
    if size >= 999.5e9 or 0 < size < 0.001:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{_short(mantissa)}e{int(exponent)}"
    for unit, power in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if size >= power * 0.9995:
            return f"{_short(f'{value / power:.{digits}g}')}{unit}"
    return _short(f"{value:.{digits}g}")


def _short(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def size(value: float) -> str:
    """Bytes as binary multiples, the letter alone: G is GiB.

    >>> size(0), size(80 * 2**30), size(1.5 * 2**30), size(300 * 2**20)
    ('0', '80G', '1.5G', '300M')
    """
    for unit, power in (("T", 40), ("G", 30), ("M", 20), ("k", 10)):
        if abs(value) >= 2**power:
            return f"{_short(f'{value / 2**power:.3g}')}{unit}"
    return f"{value:.0f}"


def time(value: float) -> str:
    """Seconds in their two largest units.

    >>> time(0), time(42), time(1060), time(4320), time(100_000)
    ('0s', '42s', '17m40', '1h12', '1d03')
    """
    whole = round(abs(value))
    for (unit, length), (_, below) in (
        (("d", 86400), ("h", 3600)),
        (("h", 3600), ("m", 60)),
        (("m", 60), ("s", 1)),
    ):
        if whole >= length:
            return f"{whole // length}{unit}{whole % length // below:02d}"
    return f"{whole}s"


def percent(value: float) -> str:
    """A fraction as per cent.

    >>> percent(0.5), percent(1)
    ('50%', '100%')
    """
    return f"{_short(f'{value * 100:.3g}')}%"


def ticks(low: float, high: float, most: int, base: float = 10.0) -> list[float]:
    """Round numbers from ``low`` to ``high``, at most ``most`` of them.

    Their step is a power of ``base`` times one of its factors.

    >>> ticks(0.0, 10.0, 6)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    span = high - low
    if most < 1 or not math.isfinite(span) or span / most < sys.float_info.min:  # a step would come out as zero
        return []
    power = math.floor(math.log(span / most, base))
    wide = (factor * base**exponent for exponent in (power, power + 1, power + 2) for factor in FACTORS[base])
    step = next(step for step in wide if _count(low, high, step) <= most)
    first = math.ceil(low / step - 1e-9)
    return [(first + place) * step for place in range(_count(low, high, step))]


def _count(low: float, high: float, step: float) -> int:
    return max(0, math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) + 1)


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten from ``low`` to ``high``, or 1, 2 and 5 times them while they are few; ``low`` is positive.

    >>> log_ticks(0.5, 200.0, 4)
    [1.0, 10.0, 100.0]
    """
    first, last = math.floor(math.log10(low)), min(308, math.ceil(math.log10(high)))
    for factors in ((1, 2, 5), (1,)):
        found = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        inside = [value for value in found if low <= value <= high]
        if len(inside) <= most:
            return inside
    return inside[:: math.ceil(len(inside) / most)] if most > 0 else []

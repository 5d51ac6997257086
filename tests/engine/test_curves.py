import math
from array import array

import pytest

from workbench.engine.curves import Curve, Smoothed


def doubles(*values):
    return array("d", values)


def test_what_is_no_finite_number_is_a_gap():
    curve = Curve([(1, 1.0), (2, math.inf), (3, math.nan), (4, None), (5, 2.0)])
    assert (len(curve), curve.not_finite, curve.last, curve.peak) == (5, 3, 2.0, 2.0)
    assert [math.isnan(y) for y in curve.ys] == [False, True, True, True, False]


def test_a_step_told_again_replaces_what_followed_it():
    curve = Curve([(1, 1.0), (2, math.nan), (3, 3.0), (2, 2.5)])
    assert (list(curve.xs), list(curve.ys)) == ([1, 2], [1.0, 2.5])
    assert (curve.restarts, curve.not_finite) == ([2], 0)


def test_many_points_at_once_are_as_one_by_one():
    parts = [
        ((1, 2, 3), (1.0, math.nan, 3.0)),
        ((4, 5), (4.0, 5.0)),
        ((4, 6), (4.5, 6.0)),
        ((7, 6), (7.0, 6.5)),
        ((), ()),
    ]
    at_once, single = Curve(), Curve()
    for xs, ys in parts:
        at_once.extend(doubles(*xs), doubles(*ys))
        for x, y in zip(xs, ys, strict=True):
            single.append(x, y)
    assert (at_once.xs, at_once.restarts, at_once.not_finite) == (single.xs, single.restarts, single.not_finite)
    assert repr(at_once.ys) == repr(single.ys)
    assert at_once.restarts == [4, 6]


def test_nothing_has_no_last_and_no_peak():
    assert (Curve().last, Curve().peak, Curve([(1, None)]).last, Curve([(1, None)]).peak) == (
        None,
        None,
        None,
        None,
    )


def test_a_constant_is_its_own_average_from_the_first_point():
    assert list(Smoothed(Curve((x, 3.0) for x in range(50)), 0.9).update()) == pytest.approx([3.0] * 50)


def test_an_average_is_brought_up_to_date_and_begins_anew_after_a_restart():
    curve = Curve([(1, 1.0), (2, math.nan), (3, 3.0)])
    smoothed = Smoothed(curve, 0.5)
    first = list(smoothed.update())
    assert first[0] == 1.0
    assert math.isnan(first[1])
    assert first[2] == pytest.approx((0.5 * 1.0 * 0.5 + 0.5 * 3.0) / 0.75)
    for point in ((4, 4.0), (2, 2.0), (3, 9.0), (4, 4.0)):
        curve.append(*point)
    assert list(smoothed.update()) == list(Smoothed(curve, 0.5).update())

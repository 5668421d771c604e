"""Rounding to steps and classes: against exact arithmetic of fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from citytwin.kernels.value_steps import count_steps, number_classes, round_to_steps

STEPS = ((0.01, 100.0), (0.1, 10.0), (1.0, 1.0), (5.0, 0.0), (0.3, 0.0))


@pytest.mark.parametrize(("step", "inverse"), STEPS)
@given(whole=st.integers(-(10**6), 10**6), off=st.floats(-0.49, 0.49))
def test_the_nearest_multiple(step: float, inverse: float, whole: int, off: float) -> None:
    """As the float nearest to it, wherever between its neighbours the value lay."""
    out = np.empty(1)
    round_to_steps(np.array([(whole + off) * step]), step, inverse, out)
    exact = Fraction(whole, int(inverse)) if inverse else Fraction(step) * whole
    assert out[0] == float(exact)
    assert not np.signbit(out[0]) or out[0] < 0.0


def test_halves_go_to_the_even_multiple_and_nan_stays() -> None:
    """In single precision as well; nothing becomes a negative zero."""
    values = np.array([0.5, 1.5, 2.5, -0.5, -0.2, np.nan, np.inf], dtype=np.float32)
    out = np.empty_like(values)
    round_to_steps(values, 1.0, 1.0, out)
    assert_array_equal(out, np.array([0, 2, 2, 0, 0, np.nan, np.inf], dtype=np.float32))
    assert not np.signbit(out[:5]).any()


def test_a_value_at_the_border_of_a_class_begins_it() -> None:
    """A float a little below the border counts as the border, to the step; NaN is in no class."""
    begins = np.array([0.0, 0.01, 0.5])
    values = np.array([-1.0, 0.0, np.float32(0.01), 0.004, 0.4999, 0.5, 9.0, np.nan])
    numbers = np.empty(values.size, dtype=np.int16)
    number_classes(values, 0.01, 100.0, begins, numbers)
    assert_array_equal(numbers, [-1, 0, 1, 0, 2, 2, 2, -1])
    number_classes(values, 0.0, 0.0, begins, numbers)
    assert_array_equal(numbers, [-1, 0, 0, 0, 1, 2, 2, -1])


def test_steps_are_counted_from_where_they_begin() -> None:
    """To the nearest; what is unknown has a number of its own."""
    numbers = np.empty(4, dtype=np.uint16)
    count_steps(np.array([-2.0, -1.96, 7.53, np.nan], np.float32), 0.1, -2.0, 65535, numbers)
    assert_array_equal(numbers, [0, 0, 95, 65535])

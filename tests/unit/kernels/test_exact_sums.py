"""Sums that parts add up to, whatever the parts and the order."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.kernels.exact_sums import (
    add_depth,
    as_array,
    from_array,
    joined,
    metres,
    total_units,
    units,
)

DEPTHS = st.lists(st.floats(0.0, 1e5, width=32), min_size=1, max_size=40)


@given(DEPTHS)
def test_a_sum_is_that_of_exact_arithmetic(depths: list[float]) -> None:
    """Within half a unit per term of what `math.fsum` gives, and rounded once."""
    array = np.array(depths, dtype=np.float32)
    total = metres(total_units(array))
    assert abs(total - math.fsum(depths)) <= len(depths) * 2.0**-47 + math.ulp(total)


@settings(deadline=None)  # the first call compiles
@given(DEPTHS, st.integers(0, 40))
def test_parts_add_up_to_the_whole(depths: list[float], cut: int) -> None:
    """Cut anywhere, added in any order, cell by cell or all at once."""
    array = np.array(depths, dtype=np.float32)
    whole = total_units(array)
    assert total_units(array[cut:]) + total_units(array[:cut]) == whole
    assert total_units(array[::-1].reshape(-1, 1)) == whole
    one_by_one = (0, 0)
    for depth in depths:
        one_by_one = add_depth(*one_by_one, depth)
    assert joined(*one_by_one) == whole


def test_units_by_hand() -> None:
    """A metre is 2^46 units; half a unit goes to the even one; nothing is nothing."""
    assert units(1.0) == 2**46
    assert units(1.5 * 2.0**-46) == 2
    assert units(0.4 * 2.0**-46) == 0


def test_many_deep_cells_do_not_overflow() -> None:
    """A quarter of a million cells of 99,999.75 m, 64 bits hold 131,072 m."""
    deep = np.full((4, 65_537), 99_999.75, dtype=np.float32)
    assert metres(total_units(deep)) == 99_999.75 * 4 * 65_537


@given(st.lists(st.integers(-(2**100), 2**100)))
def test_sums_as_arrays_lose_nothing(totals: list[int]) -> None:
    """Any sum whose metres fit 64 bits comes back."""
    kept = [total >> 40 for total in totals]
    assert from_array(as_array(kept)) == kept

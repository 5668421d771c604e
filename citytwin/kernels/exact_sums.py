"""Sums of depths that do not depend on an order, so that parts of a grid add up to the whole.

Every term is rounded to a whole number of units of 2^-46 m (a hundredth of a trillionth of a
metre); whole numbers add up without rounding (Hallberg and Adcroft 2014, Parallel Computing 40). A
depth that single precision holds is such a number from 0.2 micrometres on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

_BITS = 46
_PER_M = 2.0**_BITS
_WHOLE = 1 << _BITS
# So many terms below one metre stay within 64 bits.
_AT_ONCE = 65_536


@njit(cache=True, nogil=True, error_model="numpy")
def units(depth_m: float) -> int:
    """Round a depth to a whole number of units.

    Parameters
    ----------
    depth_m
        Depth, float64, below 131072 m as must be the sum that it goes into [m].

    Returns
    -------
    int
        Units of 2^-46 m, int64.
    """
    return int(np.rint(depth_m * _PER_M))


@njit(cache=True, nogil=True, error_model="numpy")
def add_depth(whole_m: int, rest: int, depth_m: float) -> tuple[int, int]:
    """Add a depth to a sum that may become large.

    Parameters
    ----------
    whole_m, rest
        Whole metres of the sum, and the units left over, int64.
    depth_m
        Depth, float64 [m], >= 0.

    Returns
    -------
    tuple of int
        The new sum, int64.
    """
    floor = np.floor(depth_m)
    more = rest + units(depth_m - floor)
    return whole_m + int(floor) + (more >> _BITS), more & (_WHOLE - 1)


def joined(whole_m: int, rest: int) -> int:
    """Return a sum as one whole number.

    Parameters
    ----------
    whole_m, rest
        Whole metres, and the units left over.

    Returns
    -------
    int
        Units of 2^-46 m, of any size.
    """
    return int(whole_m) * _WHOLE + int(rest)


def total_units(depth_m: NDArray[np.float32] | NDArray[np.float64]) -> int:
    """Sum depths, each rounded to a whole number of units.

    Parameters
    ----------
    depth_m
        Depths, shape (n,) or (ny, nx) [m].

    Returns
    -------
    int
        Units of 2^-46 m, of any size.
    """
    total = 0
    for row in np.atleast_2d(depth_m):
        # In pieces: eight bytes of each cell of the whole grid would double the memory of a run.
        for begin in range(0, len(row), _AT_ONCE):
            depth = row[begin : begin + _AT_ONCE].astype(np.float64)
            floor = np.floor(depth)
            rest = np.rint((depth - floor) * _PER_M).astype(np.int64)
            total += joined(int(floor.astype(np.int64).sum()), int(rest.sum()))
    return total


def metres(total: int) -> float:
    """Return a sum in metres.

    Parameters
    ----------
    total
        Units of 2^-46 m.

    Returns
    -------
    float
        Sum [m], rounded once.
    """
    return total / _WHOLE


def as_array(totals: Sequence[int]) -> NDArray[np.int64]:
    """Return sums as an array that loses nothing.

    Parameters
    ----------
    totals
        Units of 2^-46 m.

    Returns
    -------
    numpy.ndarray
        Whole metres and the units left over, shape (n, 2), int64.
    """
    return np.array([divmod(one, _WHOLE) for one in totals], dtype=np.int64).reshape(-1, 2)


def from_array(pairs: NDArray[np.int64]) -> list[int]:
    """Return the sums that `as_array` made an array of.

    Parameters
    ----------
    pairs
        Whole metres and units, shape (n, 2), int64.

    Returns
    -------
    list of int
        Units of 2^-46 m.
    """
    return [joined(whole, rest) for whole, rest in pairs.tolist()]

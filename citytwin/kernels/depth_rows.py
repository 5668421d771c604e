"""Depth of water in single precision, changed without losing a drop: gains, drains, inflows."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.exact_sums import units
from citytwin.kernels.face_discharge import Row

_KEEPS = np.float32(0.99999)

WaterArrays: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32], Row]
"""Depth and what rounding left out of it, shape (ny, nx) [m], largest depth of each row, shape
(ny,) [m]."""


class StoredWater(Protocol):
    """What every state of a flood has."""

    @property
    def depth_m(self) -> NDArray[np.float32]:
        """Water depth, shape (ny, nx), float32 [m], >= 0."""

    @property
    def residual_m(self) -> NDArray[np.float32]:
        """What rounding has left out of `depth_m`, shape (ny, nx), float32 [m]."""

    @property
    def row_depth_m(self) -> Row:
        """Largest depth of each row, shape (ny,), float32 [m]."""


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def changed_depth(
    depth_m: np.float32, residual_m: np.float32, change_m: np.float32
) -> tuple[np.float32, np.float32]:
    """Change the depth of one cell without losing what rounding drops.

    Parameters
    ----------
    depth_m
        Water depth [m].
    residual_m
        What rounding has left out so far [m].
    change_m
        Depth to add; less than 0 takes some away [m].

    Returns
    -------
    tuple of numpy.float32
        New depth and residual [m].

    Notes
    -----
    Error-free sum of two numbers (Knuth 1969, TwoSum); unlike in `risen_depth` the change itself
    loses nothing to the residual that it is added with, so that what is booked is what was moved.
    """
    new = depth_m + change_m
    part = new - depth_m
    rest = ((depth_m - (new - part)) + (change_m - part)) + residual_m
    kept = new + rest
    return kept, rest - (kept - new)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def risen_depth(
    depth_m: np.float32, residual_m: np.float32, gain_m: np.float32
) -> tuple[np.float32, np.float32]:
    """Add to the depth of one cell without losing what rounding drops.

    Parameters
    ----------
    depth_m
        Water depth [m].
    residual_m
        What rounding has left out so far [m].
    gain_m
        Depth to add [m].

    Returns
    -------
    tuple of numpy.float32
        New depth and residual [m].

    Notes
    -----
    Error-free sum of two numbers (Knuth 1969, TwoSum); the error is added in the next call.
    """
    add = gain_m + residual_m
    new = depth_m + add
    part = new - depth_m
    return new, (depth_m - (new - part)) + (add - part)


@njit(cache=True, nogil=True, error_model="numpy")
def deposit(depth: Row, residual: Row, gain: Row) -> None:
    """Add to the depths of a row without losing what rounding drops; see `risen_depth`.

    Parameters
    ----------
    depth
        Water depth, shape (n,), float32 [m], changed in place.
    residual
        What rounding has left out so far, shape (n,), float32 [m], changed in place.
    gain
        Depth to add, shape (n,), float32 [m].
    """
    for i in range(depth.shape[0]):
        depth[i], residual[i] = risen_depth(depth[i], residual[i], gain[i])


@njit(cache=True, nogil=True, error_model="numpy")
def drain(depth: Row, residual: Row, taken: Row, loss_m: np.float32, begin: int, end: int) -> int:
    """Take a depth from each wet cell of a row, at most what the cell holds.

    Parameters
    ----------
    depth, residual
        Water depth and what rounding left out of it, shape (n,), float32 [m], changed in place.
    taken
        Receives the depth taken from each cell, shape (n,), float32 [m].
    loss_m
        Depth that the drains can take [m], >= 0.
    begin, end
        The cells that are booked, >= 0; an end beyond n counts as n.

    Returns
    -------
    int
        Sum of the depths taken from these [units of 2^-46 m, see `exact_sums`].
    """
    n = depth.shape[0]
    for i in range(n):
        most = _KEEPS * depth[i]
        loss = min(most, loss_m)
        depth[i], residual[i] = changed_depth(depth[i], residual[i], -loss)
        taken[i] = loss
    total = 0
    for i in range(begin, min(end, n)):
        total += units(np.float64(taken[i]))
    return total


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def rank(number: np.float32) -> np.int32:
    """Return an integer that puts numbers into the order of their size.

    Parameters
    ----------
    number
        >= 0 or NaN [any unit].

    Returns
    -------
    numpy.int32
        Its bit pattern without the sign; a NaN, whose sign processors choose, comes last.

    Notes
    -----
    The largest of integers is found by vector code, the largest of numbers that may be NaN is not.
    """
    return np.float32(abs(number)).view(np.int32)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def ranked(place: np.int32) -> np.float32:
    """Return the number of a `rank`.

    Parameters
    ----------
    place
        Its rank, >= 0.

    Returns
    -------
    numpy.float32
        The number, >= 0 or NaN [any unit].
    """
    return np.int32(place).view(np.float32)


@njit(cache=True, nogil=True, error_model="numpy")
def largest(row: Row, out: Row) -> None:
    """Write the largest value of a row of numbers that are not negative.

    Parameters
    ----------
    row
        Numbers >= 0, shape (n,), float32 [any unit].
    out
        Receives the largest, shape (1,), float32 [unit of `row`]; NaN when the row holds one.
    """
    most = np.int32(0)
    for i in range(row.shape[0]):
        most = max(most, rank(row[i]))
    out[0] = ranked(most)


@njit(cache=True, nogil=True, error_model="numpy")
def pour(
    state: StoredWater, rows: NDArray[np.int64], cols: NDArray[np.int64], gain_m: np.float32
) -> None:
    """Add the same depth to some cells, keeping what rounding drops.

    The water joins what is there: a velocity kept by the state stays.

    Parameters
    ----------
    state
        Water on the ground, arrays of shape (ny, nx) and (ny,), changed in place.
    rows, cols
        The cells, shape (m,), int64.
    gain_m
        Depth to add to each [m], >= 0.
    """
    gain = np.full(1, gain_m, dtype=np.float32)
    for k in range(rows.shape[0]):
        j, i = rows[k], cols[k]
        deposit(state.depth_m[j, i : i + 1], state.residual_m[j, i : i + 1], gain)
        state.row_depth_m[j] = max(state.row_depth_m[j], state.depth_m[j, i])

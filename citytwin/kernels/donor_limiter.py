"""Outflow limiter: no cell may give more water in a step than it holds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.face_discharge import Row
from citytwin.kernels.wide_vectors import wide_vectors

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
# A cell keeps 1e-5 of its water: ten times the rounding error of the sum of four float32 fluxes,
# so the new depth is >= 0 exactly, with no clipping and no water made.
_GIVES_AT_MOST = np.float32(0.99999)
# Below this depth float32 products may fall out of the range of normal numbers.
_GIVES_NOTHING_M = np.float32(1e-12)


class CellFaces(NamedTuple):
    """Discharge per width through the four faces of each cell of a row.

    Parameters
    ----------
    west, east
        Shape (n,) [m2/s], positive to the east.
    north, south
        Shape (n,) [m2/s], positive to the south.
    """

    west: Row
    east: Row
    north: Row
    south: Row


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def outflow_m(
    west: np.float32,
    east: np.float32,
    north: np.float32,
    south: np.float32,
    dt_per_cell: np.float32,
) -> np.float32:
    """Return the depth that leaves a cell in a step.

    Parameters
    ----------
    west, east
        Discharge per width [m2/s], positive to the east.
    north, south
        Discharge per width [m2/s], positive to the south.
    dt_per_cell
        Time step over cell size [s/m], > 0.

    Returns
    -------
    numpy.float32
        Depth [m], >= 0.
    """
    along = max(_ZERO, east) - min(west, _ZERO)
    return dt_per_cell * (along + (max(_ZERO, south) - min(north, _ZERO)))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def available_m(depth_m: np.float32) -> np.float32:
    """Return the depth that a cell can give.

    Parameters
    ----------
    depth_m
        Water depth at the start of the step [m], >= 0.

    Returns
    -------
    numpy.float32
        Depth [m], a little less.
    """
    return _GIVES_AT_MOST * depth_m


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def lacking(outflow_m: np.float32, depth_m: np.float32) -> np.int32:
    """Return whether more would leave a cell in a step than it can give.

    Parameters
    ----------
    outflow_m
        Depth that leaves [m], >= 0, see `outflow_m`.
    depth_m
        Water depth at the start of the step [m], >= 0.

    Returns
    -------
    numpy.int32
        More than 0 if so: the bit pattern of the difference, whose largest over a row is found by
        vectors as wide as those of the numbers. A truth value would be taken for 64 bits.
    """
    return np.float32(outflow_m - available_m(depth_m)).view(np.int32)


@njit(cache=True, nogil=True, error_model="numpy")
def donor_share(share: Row, depth_m: Row, faces: CellFaces, dt_per_cell: np.float32) -> bool:
    """Find the part of its outflow that each cell of a row can give.

    Parameters
    ----------
    share
        Receives the factor for all outflows of the cell, shape (n,), float32, 0 to 1.
    depth_m
        Depth at the start of the step, shape (n,), float32 [m], >= 0.
    faces
        Unlimited discharge through the faces, arrays of shape (n,) [m2/s].
    dt_per_cell
        Time step over cell size [s/m], > 0.

    Returns
    -------
    bool
        Whether any cell of the row is limited; when not, all shares are 1.

    Notes
    -----
    The exact form of the positivity limiter: outflows are summed per cell and scaled together
    (Kurganov and Petrova 2007, Bollermann et al. 2011, "draining time"), so a fast front is not
    throttled as it is by one quarter per face.
    """
    wide_vectors()
    west, east, north, south = faces.west, faces.east, faces.north, faces.south
    most = np.int32(0)
    for i in range(share.shape[0]):
        outflow = outflow_m(west[i], east[i], north[i], south[i], dt_per_cell)
        most = max(most, lacking(outflow, depth_m[i]))
        share[i] = _ONE
    if most == np.int32(0):
        return False
    for i in range(share.shape[0]):
        outflow = outflow_m(west[i], east[i], north[i], south[i], dt_per_cell)
        available = available_m(depth_m[i])
        if outflow > available:
            share[i] = available / outflow if depth_m[i] > _GIVES_NOTHING_M else _ZERO
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def limit_discharge(discharge: Row, share_first: Row, share_second: Row) -> None:
    """Scale each discharge in place by the share of the cell that gives the water.

    Parameters
    ----------
    discharge
        Discharge per width through a row of faces, shape (n,), float32 [m2/s], positive from
        the first cell to the second.
    share_first, share_second
        Share of the cell on either side, shape (n,), float32, 0 to 1.
    """
    for i in range(discharge.shape[0]):
        first, second, through = share_first[i], share_second[i], discharge[i]
        discharge[i] = through * (first if through > _ZERO else second)

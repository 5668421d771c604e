"""Second order in space: limited slopes within cells and the water they give at the faces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.face_discharge import Row
from citytwin.kernels.riemann import WALL_RISE_M, FaceSide

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


class HalfSlopes(NamedTuple):
    """Change from the centre of each cell of a row to one of its faces, in one direction.

    Parameters
    ----------
    depth, level
        Of the water depth and the water level, shape (n,), float32 [m].
    along, across
        Of the two velocities, shape (n,), float32 [m/s].
    """

    depth: Row
    level: Row
    along: Row
    across: Row


@njit(cache=True, nogil=True, error_model="numpy")
def clear_slopes(slopes: HalfSlopes) -> None:
    """Set all slopes of a row to zero.

    Parameters
    ----------
    slopes
        Arrays of shape (n,), changed in place.
    """
    slopes.depth[:] = _ZERO
    slopes.level[:] = _ZERO
    slopes.along[:] = _ZERO
    slopes.across[:] = _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def _smooth_ground(out: Row, before: Row, here: Row, after: Row) -> None:
    """Write one half where no wall stands beside the cell, else zero."""
    for i in range(out.shape[0]):
        steepest = max(abs(here[i] - before[i]), abs(after[i] - here[i]))
        out[i] = _HALF if steepest < WALL_RISE_M else _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def _half_slope(out: Row, before: Row, here: Row, after: Row, half: Row) -> None:
    """Write `half` times the smaller of the two differences, zero where their signs differ."""
    for i in range(out.shape[0]):
        back, ahead = here[i] - before[i], after[i] - here[i]
        rising = max(_ZERO, min(back, ahead))
        falling = min(_ZERO, max(back, ahead))
        out[i] = half[i] * (rising + falling)


@njit(cache=True, nogil=True, error_model="numpy")
def _half_level_slope(
    out: Row, depths: tuple[Row, Row, Row], beds: tuple[Row, Row, Row], half: Row
) -> None:
    """The same for the level, from differences of depth and bed: heights lose no digits."""
    depth_0, depth_1, depth_2 = depths
    bed_0, bed_1, bed_2 = beds
    for i in range(out.shape[0]):
        back = (depth_1[i] - depth_0[i]) + (bed_1[i] - bed_0[i])
        ahead = (depth_2[i] - depth_1[i]) + (bed_2[i] - bed_1[i])
        rising = max(_ZERO, min(back, ahead))
        falling = min(_ZERO, max(back, ahead))
        out[i] = half[i] * (rising + falling)


@njit(cache=True, nogil=True, error_model="numpy")
def limited_slopes(
    slopes: HalfSlopes,
    water: tuple[FaceSide, FaceSide, FaceSide],
    beds: tuple[Row, Row, Row],
    half: Row,
) -> None:
    """Find the slopes of a row of cells by the minmod limiter.

    Parameters
    ----------
    slopes
        Receives half the change from face to face, arrays of shape (n,).
    water
        The cell before, the cell, and the cell after, arrays of shape (n,).
    beds
        Bed level of these, shape (n,), float32 [m].
    half
        Work space, shape (n,), float32.

    Notes
    -----
    van Leer (1979) for the depth, the level and the velocities; the bed within a cell is level
    less depth (Audusse et al. 2004, section 4), so water at rest has no slope of the level, whatever
    lies below it. Beside a wall all slopes are zero: there the scheme is of first order.
    """
    before, here, after = water
    _smooth_ground(half, beds[0], beds[1], beds[2])
    _half_slope(slopes.depth, before.depth, here.depth, after.depth, half)
    _half_level_slope(slopes.level, (before.depth, here.depth, after.depth), beds, half)
    _half_slope(slopes.along, before.along, here.along, after.along, half)
    _half_slope(slopes.across, before.across, here.across, after.across, half)


@njit(cache=True, nogil=True, error_model="numpy")
def _add(out: Row, centre: Row, change: Row) -> None:
    for i in range(out.shape[0]):
        out[i] = centre[i] + change[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _subtract(out: Row, centre: Row, change: Row) -> None:
    for i in range(out.shape[0]):
        out[i] = centre[i] - change[i]


@njit(cache=True, nogil=True, error_model="numpy")
def side_before(out: FaceSide, water: FaceSide, slopes: HalfSlopes) -> None:
    """Write the water at the far face of each cell: the side before that face.

    Parameters
    ----------
    out
        Receives depth and velocities, arrays of shape (n,).
    water
        Cells, arrays of shape (n,).
    slopes
        Their half slopes, arrays of shape (n,).
    """
    _add(out.depth, water.depth, slopes.depth)
    _add(out.along, water.along, slopes.along)
    _add(out.across, water.across, slopes.across)


@njit(cache=True, nogil=True, error_model="numpy")
def side_after(out: FaceSide, water: FaceSide, slopes: HalfSlopes) -> None:
    """Write the water at the near face of each cell: the side after that face.

    Parameters
    ----------
    out
        Receives depth and velocities, arrays of shape (n,).
    water
        Cells, arrays of shape (n,).
    slopes
        Their half slopes, arrays of shape (n,).
    """
    _subtract(out.depth, water.depth, slopes.depth)
    _subtract(out.along, water.along, slopes.along)
    _subtract(out.across, water.across, slopes.across)


@njit(cache=True, nogil=True, error_model="numpy")
def rise_between(out: Row, beds: tuple[Row, Row], before: HalfSlopes, after: HalfSlopes) -> None:
    """Write the step of the bed at the faces between two rows of cells.

    Parameters
    ----------
    out
        Receives the bed after the face less that before it, shape (n,), float32 [m].
    beds
        Bed level of the cells before and after, shape (n,), float32 [m].
    before, after
        Half slopes of these cells, arrays of shape (n,).
    """
    bed_1, bed_2 = beds
    level_1, depth_1, level_2, depth_2 = before.level, before.depth, after.level, after.depth
    for i in range(out.shape[0]):
        reached = (level_1[i] - depth_1[i]) + (level_2[i] - depth_2[i])
        out[i] = (bed_2[i] - bed_1[i]) - reached

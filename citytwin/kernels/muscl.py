"""Second order in space: limited slopes within cells and the water they give at the faces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.riemann import WALL_RISE_M, FaceSide

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


class HalfSlopes(NamedTuple):
    """Change from the centre of a cell to one of its faces, in one direction.

    Parameters
    ----------
    depth, level
        Of the water depth and the water level [m].
    along, across
        Of the two velocities [m/s].
    """

    depth: np.float32
    level: np.float32
    along: np.float32
    across: np.float32


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _smaller(back: np.float32, ahead: np.float32) -> np.float32:
    """Return the smaller of two differences, zero where their signs differ."""
    return max(_ZERO, min(back, ahead)) + min(_ZERO, max(back, ahead))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def limited_slopes(
    before: FaceSide, here: FaceSide, after: FaceSide, rises: tuple[np.float32, np.float32]
) -> HalfSlopes:
    """Return the slopes of a cell by the minmod limiter.

    Parameters
    ----------
    before, here, after
        The cell before, the cell, and the cell after.
    rises
        Bed of the cell less that of the cell before, and of the cell after less its own [m].

    Returns
    -------
    HalfSlopes
        Half the change from face to face.

    Notes
    -----
    van Leer (1979) for the depth, the level and the velocities; the bed within a cell is level
    less depth (Audusse et al. 2004, section 4), so water at rest has no slope of the level, whatever
    lies below it. The level is that of differences of depth and bed: heights lose no digits. Beside
    a wall all slopes are zero: there the scheme is of first order.
    """
    up, on = rises
    half = _HALF if max(abs(up), abs(on)) < WALL_RISE_M else _ZERO
    back, ahead = here.depth - before.depth, after.depth - here.depth
    return HalfSlopes(
        half * _smaller(back, ahead),
        half * _smaller(back + up, ahead + on),
        half * _smaller(here.along - before.along, after.along - here.along),
        half * _smaller(here.across - before.across, after.across - here.across),
    )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def side_before(water: FaceSide, slopes: HalfSlopes) -> FaceSide:
    """Return the water at the far face of a cell: the side before that face.

    Parameters
    ----------
    water
        The cell.
    slopes
        Its half slopes.

    Returns
    -------
    FaceSide
        Depth and velocities.
    """
    return FaceSide(
        water.depth + slopes.depth, water.along + slopes.along, water.across + slopes.across
    )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def side_after(water: FaceSide, slopes: HalfSlopes) -> FaceSide:
    """Return the water at the near face of a cell: the side after that face.

    Parameters
    ----------
    water
        The cell.
    slopes
        Its half slopes.

    Returns
    -------
    FaceSide
        Depth and velocities.
    """
    return FaceSide(
        water.depth - slopes.depth, water.along - slopes.along, water.across - slopes.across
    )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def rise_between(rise: np.float32, before: HalfSlopes, after: HalfSlopes) -> np.float32:
    """Return the step of the bed at the face between two cells.

    Parameters
    ----------
    rise
        Bed of the cell after less that of the cell before [m].
    before, after
        Half slopes of these cells.

    Returns
    -------
    numpy.float32
        The bed after the face less that before it [m].
    """
    return rise - ((before.level - before.depth) + (after.level - after.depth))

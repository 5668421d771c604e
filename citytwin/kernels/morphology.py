"""Frontal area of the city on coarse cells."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.scanline import GridWindow


@njit(cache=True, nogil=True)
def _cuts(begin: float, end: float, origin: float, sign: float, cell_m: float) -> np.ndarray:
    """Shares of a segment at which it crosses grid lines of one axis, in rising order."""
    a = sign * (begin - origin) / cell_m
    b = sign * (end - origin) / cell_m
    low, high = min(a, b), max(a, b)
    first = math.floor(low) + 1
    last = math.ceil(high) - 1
    cuts = np.empty(max(last - first + 1, 0))
    for k in range(cuts.size):
        line = first + k if b > a else last - k
        cuts[k] = (line - a) / (b - a)
    return cuts


@njit(cache=True, nogil=True)
def frontal_area_index(
    walls: np.ndarray,
    wall_height: np.ndarray,
    wind_from_rad: np.ndarray,
    window: GridWindow,
    ny: int,
    nx: int,
) -> np.ndarray:
    """Frontal area index of vector walls per wind direction, on coarse cells.

    lambda_f = sum over walls of A_w max(0, n_w . u) / A_cell, n_w the outward normal and u the
    unit vector towards where the wind comes from (Grimmond and Oke 1999, J. Appl. Meteorol. 38,
    1262-1292). Overlap of walls behind each other is not removed. A wall that crosses coarse
    cells gives each its own part, so windows of one grid agree to the bit.

    Parameters
    ----------
    walls
        Segments (x0, y0, x1, y1) with the outside on the right hand of 0 -> 1 (outer rings
        counter-clockwise), shape (n_wall, 4), float64 [m].
    wall_height
        Height of each wall that stands free, shape (n_wall,) [m]; a party wall counts only
        with what rises above the neighbour. Walls that are not finite or not above 0 are
        left out.
    wind_from_rad
        Where the wind comes from, clockwise from grid north, shape (nd,) [rad].
    window
        Place of the coarse cells in their grid; ``cell_m`` is the coarse cell.
    ny, nx
        Coarse rows and columns.

    Returns
    -------
    numpy.ndarray
        Shape (nd, ny, nx), float64, >= 0.
    """
    index = np.zeros((wind_from_rad.size, ny, nx))
    cell_area = window.cell_m**2
    for w in range(walls.shape[0]):
        x0, y0, x1, y1 = walls[w, 0], walls[w, 1], walls[w, 2], walls[w, 3]
        height = float(wall_height[w])
        extent = abs(x0) + abs(y0) + abs(x1) + abs(y1)
        if not (extent <= 1e9 and 0.0 < height < 1e5):
            continue
        across = _cuts(x0, x1, window.x_min, 1.0, window.cell_m)
        along = _cuts(y0, y1, window.y_max, -1.0, window.cell_m)
        shares = np.sort(np.concatenate((np.array([0.0, 1.0]), across, along)))
        for k in range(shares.size - 1):
            part = shares[k + 1] - shares[k]
            middle = 0.5 * (shares[k] + shares[k + 1])
            x = x0 + middle * (x1 - x0)
            y = y0 + middle * (y1 - y0)
            col = math.floor((x - window.x_min) / window.cell_m) - window.col0
            row = math.floor((window.y_max - y) / window.cell_m) - window.row0
            if part <= 0.0 or not (0 <= col < nx and 0 <= row < ny):
                continue
            for d in range(wind_from_rad.size):
                # length x (n . u): the outward normal of (dx, dy) is (dy, -dx) / length
                facing = (y1 - y0) * math.sin(wind_from_rad[d]) - (x1 - x0) * math.cos(
                    wind_from_rad[d]
                )
                if facing > 0.0:
                    index[d, row, col] += height * part * facing / cell_area
    return index

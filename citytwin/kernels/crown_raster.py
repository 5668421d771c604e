"""Crowns of single trees on a grid: ellipsoids of revolution on their trunks."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.scanline import (
    GridWindow,
    column_x,
    first_column_from,
    first_row_below,
    is_place,
    row_y,
)


@njit(cache=True, nogil=True)
def burn_crowns(
    xy: np.ndarray,
    radius_m: np.ndarray,
    span_m: np.ndarray,
    window: GridWindow,
    top: np.ndarray,
    base: np.ndarray,
) -> None:
    """Raise tops and lower bases of a canopy to hold all crowns, sampled at centres of cells.

    The cell in which a trunk stands holds the whole span of its crown, however small that is.
    Crowns over one another become one from the lowest base to the highest top. The result depends
    neither on the order of the trees nor on the window.

    Parameters
    ----------
    xy
        Places of the trunks, shape (n, 2), float64 [m]; those that are no places grow nothing.
    radius_m
        Of the crowns, shape (n,), float64 [m], >= 0.
    span_m
        Base and top of each crown above the ground, shape (n, 2), float64 [m].
    window
        Place of the arrays in their grid.
    top, base
        Shape (ny, nx), float32 [m above the ground], NaN where there is no crown yet. Changed in
        place.
    """
    ny, nx = top.shape
    for k in range(xy.shape[0]):
        x, y, r = xy[k, 0], xy[k, 1], radius_m[k]
        if not (is_place(x) and is_place(y)):
            continue
        half = 0.5 * window.cell_m
        reach = max(r, half)
        middle, half_span = 0.5 * (span_m[k, 0] + span_m[k, 1]), 0.5 * (span_m[k, 1] - span_m[k, 0])
        for i in range(
            first_row_below(window, y + reach, ny), first_row_below(window, y - reach, ny)
        ):
            north = row_y(window, i) - y
            for j in range(
                first_column_from(window, x - reach, nx), first_column_from(window, x + reach, nx)
            ):
                east = column_x(window, j) - x
                beside = math.hypot(east, north)
                trunk = -half <= east < half and -half < north <= half
                if beside > r and not trunk:
                    continue
                share = 1.0 if trunk else math.sqrt(max(0.0, 1.0 - (beside / r) ** 2))
                high = np.float32(middle + half_span * share)
                low = np.float32(middle - half_span * share)
                if not top[i, j] >= high:
                    top[i, j] = high
                if not base[i, j] <= low:
                    base[i, j] = low

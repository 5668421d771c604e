"""Statistics of a field on the open cells that touch each building."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def perimeter_statistics(  # noqa: C901 - one loop over cells and their neighbours
    values: NDArray[np.float32], index: NDArray[np.int32], buildings: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and maximum over the open cells around each building.

    An open cell belongs to every building that one of its eight neighbours belongs to, once.

    Parameters
    ----------
    values
        Shape (ny, nx), float32, any unit; NaN cells are left out.
    index
        Shape (ny, nx), int32: number of the building on each cell, -1 on open cells.
    buildings
        Number of buildings, >= 0.

    Returns
    -------
    tuple of arrays
        Shape (buildings,) each, float64, the unit of `values`: mean and maximum; NaN for a
        building without open cells around it.
    """
    ny, nx = values.shape
    total = np.zeros(buildings)
    count = np.zeros(buildings)
    highest = np.full(buildings, np.nan)
    seen = np.empty(8, dtype=np.int64)
    for y in range(ny):
        for x in range(nx):
            value = values[y, x]
            if index[y, x] >= 0 or np.isnan(value):
                continue
            known = 0
            for v in range(max(0, y - 1), min(ny, y + 2)):
                for u in range(max(0, x - 1), min(nx, x + 2)):
                    owner = index[v, u]
                    if owner < 0:
                        continue
                    new = True
                    for k in range(known):
                        if seen[k] == owner:
                            new = False
                    if new:
                        seen[known] = owner
                        known += 1
                        total[owner] += value
                        count[owner] += 1.0
                        if np.isnan(highest[owner]) or value > highest[owner]:
                            highest[owner] = value
    mean = np.full(buildings, np.nan)
    for k in range(buildings):
        if count[k] > 0.0:
            mean[k] = total[k] / count[k]
    return mean, highest

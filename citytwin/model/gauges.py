"""Water at some places through time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Gauges:
    """Depth and level of the water at some places through time.

    Parameters
    ----------
    names
        Of the m places.
    x, y
        The places, in the CRS of the grid, shape (m,), float64 [m].
    time_s
        Times since the start of the run, shape (n,), float64 [s].
    depth_m
        Depth in the cell of the place, shape (n, m), float32 [m].
    level_m
        Ground level there plus depth, shape (n, m), float64 [m]; NaN where the cell is dry.
    ground_m
        Ground level in the cell of the place, shape (m,), float64 [m].
    """

    names: tuple[str, ...]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    time_s: NDArray[np.float64]
    depth_m: NDArray[np.float32]
    level_m: NDArray[np.float64]
    ground_m: NDArray[np.float64]

"""Ground near tall buildings, where gusts come down and around corners.

Strong winds at the foot of a tower reach about as far as it is high: Hunt, Poulton and Mumford (1976),
Building and Environment 11, 15-28; Stathopoulos and Storms (1986), J. Wind Eng. Ind. Aerodyn. 25,
107-121. Distances by the transform of Maurer, Qi and Raghavan (2003), as SciPy has it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

STEP = 1.25
"""Heights are taken in levels of this ratio, so that the reach is too long by up to a quarter."""


def near_towers(
    obstacle_m: NDArray[np.float32], cell_m: float, lowest_m: float
) -> NDArray[np.bool_]:
    """Return which cells lie within the height of a tall building from it.

    Parameters
    ----------
    obstacle_m
        Height of buildings above the ground, shape (ny, nx) [m]; NaN = unknown.
    cell_m
        Edge of a cell [m].
    lowest_m
        Buildings from this height on are tall [m], > 0.

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), bool; tall buildings themselves among them.
    """
    near = np.zeros(obstacle_m.shape, dtype=np.bool_)
    height = np.nan_to_num(obstacle_m, nan=0.0)
    level = lowest_m
    while (tall := height >= level).any():
        near |= distance_transform_edt(~tall, sampling=cell_m) <= level * STEP
        level *= STEP
    return near

"""What stands in the way of the wind: heights of buildings above the ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def obstacle_height(
    surface: NDArray[np.float32],
    terrain: NDArray[np.float32] | None,
    building_mask: NDArray[np.uint8] | None,
) -> NDArray[np.float32]:
    """Return the height of buildings above the ground.

    Parameters
    ----------
    surface
        Height of the surface with buildings, shape (ny, nx) [m]; NaN = unknown.
    terrain
        Height of the ground, shape (ny, nx) [m]; None = `surface` counts from the ground already.
    building_mask
        1 where a building stands, shape (ny, nx); None = whatever is above the ground counts.

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), float32 [m]; 0 in the open, NaN where surface or ground is unknown.
    """
    if terrain is None:
        return surface
    height = np.asarray(surface - terrain, dtype=np.float32)
    if building_mask is None:
        return height
    return np.where(building_mask == 1, height, height * 0).astype(np.float32)

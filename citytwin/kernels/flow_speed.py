"""Mean scalar speed and velocity of the flow at heights above ground."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flow_setup import Town
from citytwin.kernels.flow_solver import FlowSolver


class WindOverGround(NamedTuple):
    """Wind at a height above ground, arrays of shape (ny, nx), float32 [m/s]; NaN in buildings."""

    speed: NDArray[np.float32]
    """Mean scalar speed with turbulence, sqrt(|U|^2 + 2 k)."""
    u: NDArray[np.float32]
    """Mean velocity along x."""
    v: NDArray[np.float32]
    """Mean velocity along y, towards the south."""


def wind_over_ground(solver: FlowSolver, town: Town, height_m: float) -> WindOverGround:
    """Mean scalar speed and mean velocity at a height above ground.

    A thermistor or a pedestrian feels this, not the length of the mean vector: in wakes the wind is
    as strong as its turbulence (Yoshie et al. 2007 compare it with measured scalar speeds). Between
    the centres of cells it is linear in the logarithm of the height over ground; below the first,
    the logarithmic law with the roughness that the approach flow has.

    Parameters
    ----------
    solver
        The state.
    town
        The place, arrays of shape (ny, nx) [m].
    height_m
        Height above ground [m], > 0.
    """
    grid = solver.grid
    open_ground = ~town.built
    j, i = np.nonzero(open_ground)
    ground = town.ground_m[j, i].astype(np.float64)
    first = np.searchsorted(grid.z_m, ground, side="right")
    floor = grid.z_faces_m[first]
    # Ground stands as stairs in the flow: heights count from its step.
    over = grid.z_m[:, None] - floor[None]
    upper = np.clip(np.searchsorted(grid.z_m, floor + height_m), first, grid.nz - 1)
    lower = np.maximum(upper - 1, first)
    columns = np.arange(len(j))
    high, low = over[upper, columns], over[lower, columns]
    rise = np.where(upper > lower, np.log(np.maximum(high, 1e-6) / low), 1.0)
    share = np.clip(np.log(height_m / low) / rise, 0.0, 1.0)
    rough = solver.roughness_m
    law = np.log(np.maximum(height_m / rough, 1.01)) / np.log(np.maximum(low / rough, 2.0))
    part = np.where(height_m < low, np.minimum(law, 1.0), 1.0)

    def there(below: NDArray[np.float32], above: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.full(town.top_m.shape, np.nan, dtype=np.float32)
        out[j, i] = part * (below * (1 - share) + above * share)
        return out

    cells = solver.at(lower, j, i), solver.at(upper, j, i)
    speeds = [np.sqrt(u * u + v * v + w * w + 2 * k) for u, v, w, k in cells]
    below, above = cells
    return WindOverGround(there(*speeds), there(below[0], above[0]), there(below[1], above[1]))

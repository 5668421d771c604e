"""What the steps of the flow need to know of a place: walls, roughness, mixing lengths, trees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flow_approach import C_MU, KAPPA, Balance
from citytwin.kernels.flow_grid import BEHIND, PAD, Cube, FlowGrid, Levels, inner
from citytwin.kernels.flow_walls import wall_distance

Lengths = NDArray[np.uint16]
WALL_ROUGHNESS_M = 0.02
"""Roughness length of walls and roofs (Wieringa 1992: 0.01 to 0.05 for smooth built surfaces) [m]."""
WIDEST_EDDY = 0.5
"""Sideways mixing near the ground is not held back below this share of the mean building height.

Scores on measured cases hardly depend on it (0.5 to 2 tried)."""
_STEPS_PER_CELL, _MOST_STEPS = 512.0, np.iinfo(np.uint16).max


class Town(NamedTuple):
    """A place on the grid of its flow, arrays of shape (ny, nx)."""

    top_m: NDArray[np.float32]
    """Top of ground or building above the lowest ground [m]."""
    ground_m: NDArray[np.float32]
    """Ground above the lowest ground [m]."""
    crown_top_m: NDArray[np.float32] | None = None
    """Top of the crowns of trees above the lowest ground, NaN where there is none [m]."""
    crown_base_m: NDArray[np.float32] | None = None
    """Their base [m]."""
    leaf_drag: float = 0.2
    """Drag coefficient times leaf area density of crowns [1/m]."""
    city_height_m: float | None = None
    """Mean height of the buildings of the whole city, where this is a part of it [m]."""

    @property
    def built(self) -> NDArray[np.bool_]:
        """Where a building stands."""
        return self.top_m > self.ground_m

    @property
    def mean_height_m(self) -> float:
        """Mean height of buildings over their ground, by area [m]; 0 where there are none."""
        if self.city_height_m is not None:
            return self.city_height_m
        built = self.built
        return float((self.top_m - self.ground_m)[built].mean()) if built.any() else 0.0


class MixingLengths(NamedTuple):
    """Mixing lengths as counts of a unit, shape (nz + 5, ny + 5, nx + 5), 0 in solids."""

    upright: Lengths
    sideways: Lengths
    unit_m: np.float32


def mixing_lengths(
    grid: FlowGrid, air: NDArray[np.uint8], town: Town, longest_m: NDArray[np.float64]
) -> MixingLengths:
    """0.4 times the distance to ground and walls (Prandtl 1925), sideways that to walls alone.

    Parameters
    ----------
    grid
        The grid.
    air
        1 in cells of air, shape (nz + 5, ny + 5, nx + 5).
    town
        The place.
    longest_m
        Longest length by height above the ground, shape (nz,) [m].
    """
    unit = grid.cell_m / _STEPS_PER_CELL
    away = wall_distance(grid, _without_ground(air, town))
    shortest, lowest = KAPPA * 0.125 * grid.cell_m, WIDEST_EDDY * town.mean_height_m
    made: tuple[Lengths, Lengths] = (np.zeros(air.shape, np.uint16), np.zeros(air.shape, np.uint16))
    # Level by level: whole arrays on the way would take as much memory as the flow itself.
    for k, (z_m, far) in enumerate(zip(grid.z_m, away, strict=True)):
        over = np.maximum(z_m - town.ground_m, 0.5 * float(grid.dz[0])).astype(np.float32)
        free = np.interp(over.ravel(), grid.z_m, longest_m).reshape(over.shape)
        upright = np.minimum(free, KAPPA * far)
        sideways = np.maximum(KAPPA * np.minimum(far, np.maximum(over, lowest)), upright)
        for out, length in zip(made, (upright, sideways), strict=True):
            counts = np.clip(np.rint(np.maximum(length, shortest) / unit), 1, _MOST_STEPS)
            out[PAD + k, PAD:-BEHIND, PAD:-BEHIND] = counts
    for out in made:
        out *= air
    return MixingLengths(made[0], made[1], np.float32(unit))


def _without_ground(air: NDArray[np.uint8], town: Town) -> NDArray[np.uint8]:
    """Air and ground as one: what is left solid are buildings."""
    open_columns = air.copy()
    cells = open_columns[PAD:-BEHIND, PAD:-BEHIND, PAD:-BEHIND]
    cells[:, ~town.built] = 1
    return open_columns


def wall_rate(distance_m: NDArray[np.float64] | float, roughness_m: float) -> NDArray[np.float64]:
    """Drag of a rough wall per root of energy, times the thickness of the cell (log law) [-].

    Parameters
    ----------
    distance_m
        Of the centres of the cells, any shape [m].
    roughness_m
        Roughness length [m].
    """
    ratio = np.log(np.maximum(np.asarray(distance_m) / roughness_m, 2.0))
    rate: NDArray[np.float64] = C_MU**0.25 * KAPPA / ratio
    return rate


def floor_rates(grid: FlowGrid, arriving: Balance) -> Levels:
    """Drag of ground and roofs per root of energy, shape (2, nz) [1/m].

    Parameters
    ----------
    grid
        The grid.
    arriving
        The approach flow, whose first level tells the roughness of the ground.
    """
    dz = grid.dz.astype(np.float64)
    ground = wall_rate(0.5 * dz, arriving.roughness_m) / dz
    ground[0] = arriving.friction
    return np.stack([ground, wall_rate(0.5 * dz, WALL_ROUGHNESS_M) / dz]).astype(np.float32)


def leaf_rates(grid: FlowGrid, town: Town) -> Cube:
    """Drag of trees per speed, by the share of the level in the crown; (1, 1, 1) without trees.

    Parameters
    ----------
    grid
        The grid.
    town
        The place.
    """
    top, base = town.crown_top_m, town.crown_base_m
    if top is None or base is None or not np.isfinite(top).any():
        return np.zeros((1, 1, 1), dtype=np.float32)
    out = grid.cube()
    low, high = grid.z_faces_m[:-1, None, None], grid.z_faces_m[1:, None, None]
    within = np.minimum(high, np.nan_to_num(top, nan=-1.0)) - np.maximum(low, np.nan_to_num(base))
    inner(out)[:] = town.leaf_drag * np.clip(within / (high - low), 0.0, 1.0)
    return out

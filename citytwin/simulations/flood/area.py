"""The area as the solver sees it: ground, buildings, roughness, in the city or a window of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.pockets import pockets
from citytwin.model import fields as f
from citytwin.model.steps import Block
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.places import Ground


@dataclass(frozen=True, eq=False)
class Area:
    """Arrays of a window of the city, shape (ny, nx) each."""

    ground: Ground
    built: NDArray[np.bool_]
    """Cells that water cannot enter."""
    manning: NDArray[np.float32]
    """Roughness [s m-1/3]."""
    cover: NDArray[np.uint8] | None
    """What covers the ground, where the city knows it."""


def least_courtyard_cells(params: FloodParams, cell_m: float) -> int:
    """Return from how many cells on a gap between buildings is a courtyard.

    Parameters
    ----------
    params
        Parameters of the flood.
    cell_m
        Cell size [m].
    """
    return int(np.ceil(params.least_courtyard_m2 / cell_m**2))


def area_of(block: Block, params: FloodParams) -> Area:
    """Return the area in the window of a block; gaps at its sides may be taken for courtyards.

    Parameters
    ----------
    block
        Terrain, and what else the city has.
    params
        Parameters of the flood.
    """
    terrain, mask, manning = block[f.TERRAIN], block.get(f.BUILDING_MASK), block.get(f.ROUGHNESS)
    if mask is None:
        built = np.zeros(terrain.shape, dtype=np.bool_)
    else:
        solid = mask == 1
        least = least_courtyard_cells(params, block.cell_m)
        built = solid | pockets(~solid & ~np.isnan(terrain), solid, least)
    window = None if block.window == block.grid.whole else block.window
    ground = Ground(block.grid, terrain, ~built & ~np.isnan(terrain), window)
    if manning is None:
        manning = np.full(terrain.shape, params.manning, dtype=np.float32)
    return Area(ground, built, manning, block.get(f.GROUND_COVER))

"""The city as the solver of the wind flow sees it: a town with its margin, on turned cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.flow_setup import Town
from citytwin.kernels.flow_town import FIRST_LEVEL_M, surrounded
from citytwin.kernels.flow_turn import Places, Turn, turn_of, turned
from citytwin.kernels.obstacles import obstacle_height
from citytwin.model import fields as f
from citytwin.model.steps import Block
from citytwin.simulations.wind_flow.params import STEP_NAME, WindFlowParams

LOWEST_BUILDING_M = 1.0
"""What is lower is no obstacle: kerbs, parked cars, noise of the surface [m]."""


class Place(NamedTuple):
    """The rasters as a town with its margin, turned with its walls, and what cannot be answered."""

    town: Town
    lowest_m: float
    """Ground that heights of the town are counted from."""
    turn: Turn
    cells: Places
    """Rows and columns in the town of the cells of the rasters."""
    top_m: NDArray[np.float32]
    """Top of ground and buildings above that ground, on the cells of the rasters."""
    built: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    narrow: NDArray[np.bool_]
    cut: bool


def place_of(block: Block, params: WindFlowParams) -> Place:
    """Return ground and buildings above the lowest level; gaps in the data are open, level ground.

    Parameters
    ----------
    block
        The whole city.
    params
        Margin and drag of crowns.

    Raises
    ------
    StepError
        If no cell has a height.
    """
    surface, terrain = block[f.SURFACE_HEIGHT], block.get(f.TERRAIN)
    obstacles = obstacle_height(surface, terrain, block.get(f.BUILDING_MASK))
    unknown = np.isnan(obstacles)
    if unknown.all():
        msg = "no cell has a height"
        raise StepError(msg, step=STEP_NAME, hint="check that the rasters hold data")
    ground, lowest = np.zeros(surface.shape, dtype=np.float32), 0.0
    if terrain is not None:
        filled = np.where(unknown, np.nanmedian(terrain), terrain)
        ground, lowest = _on_levels(filled, block.cell_m)
    height = np.where(obstacles >= LOWEST_BUILDING_M, obstacles, 0).astype(np.float32)
    built = height > 0
    crowns = [_crown(block.get(field), terrain, ground) for field in (f.CANOPY_TOP, f.CANOPY_BASE)]
    top = ground + height
    town = Town(top, ground, crowns[0], crowns[1], params.leaf_drag_per_m)
    parts = block.get(f.BUILDING_PARTS)
    turn = turn_of(town, parts)
    drawn = turned(town, turn, parts)
    wide, (row0, col0) = surrounded(drawn, block.cell_m, params.margin_m)
    rows, cols = turn.places()
    # Open ground beyond the flow has the wind of its edge.
    ny, nx = wide.top_m.shape
    cells = np.clip(rows + row0, 0, ny - 1), np.clip(cols + col0, 0, nx - 1)
    edge = np.concatenate([built[0], built[-1], built[:, 0], built[:, -1]])
    narrow, cut = _one_cell_wide(built), bool(edge.any())
    return Place(wide, lowest, turn, cells, top, built, unknown, narrow, cut)


def _on_levels(ground: NDArray[np.float32], cell_m: float) -> tuple[NDArray[np.float32], float]:
    """Ground above the lowest level of the flow, whose median lies on a face between levels; that level.

    Ground stands as stairs: streets half a level above the lowest water would else be a patchwork of
    steps. Hollows less than a level below the median are filled.
    """
    level, median = min(cell_m, FIRST_LEVEL_M), float(np.median(ground))
    lowest = median - level * np.floor((median - float(ground.min())) / level)
    return np.maximum(ground - lowest, 0).astype(np.float32), float(lowest)


def _crown(
    crown: NDArray[np.float32] | None,
    terrain: NDArray[np.float32] | None,
    ground: NDArray[np.float32],
) -> NDArray[np.float32] | None:
    """A surface of crowns above the lowest ground."""
    if crown is None:
        return None
    return np.asarray(crown if terrain is None else crown - terrain + ground, dtype=np.float32)


def _one_cell_wide(built: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Open cells with a building on both sides: the flow has one cell there and says nothing."""
    wide = np.pad(built, 1)
    between = wide[1:-1, :-2] & wide[1:-1, 2:] | wide[:-2, 1:-1] & wide[2:, 1:-1]
    narrow: NDArray[np.bool_] = between & ~built
    return narrow

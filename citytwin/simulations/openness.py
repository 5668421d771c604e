"""How open each place lies, and how much stands in the way of winds from each side."""

from __future__ import annotations

import numpy as np
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.obstacles import obstacle_height
from citytwin.kernels.openness import skyline
from citytwin.kernels.sheltering import fetch_reach_m
from citytwin.model import fields as f
from citytwin.model.axes import Direction, evenly
from citytwin.model.cost import Cost
from citytwin.model.notes import Note
from citytwin.model.reach import Halo
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.text import text

STEP_NAME = "openness"
_FEWEST_CELLS = 2
"""Length of a ray [cells]: with less those aslant to the cells have no step."""
_SECONDS = 0.2
"""Of one core, per million cells and cell of the rays."""


class OpennessParams(Params):
    """How far and where one looks."""

    fetch_m: float = Bound(default=300.0, ge=10.0, le=2000.0)
    """How far buildings and hills count [m]; Winstral et al. (2002) take 100 to 300."""
    directions: int = Bound(default=16, ge=1, le=72)
    """Number of directions of the wind, evenly around from true north."""


def run(block: Block, params: OpennessParams) -> Outcome:
    """Angles of the skyline around each place where people walk."""
    if params.fetch_m < _FEWEST_CELLS * block.cell_m:
        msg = f"fetch_m {params.fetch_m:g} m on cells of {block.cell_m:g} m: nothing would be seen"
        hint = f"give {_FEWEST_CELLS * block.cell_m:g} m or more"
        raise StepError(msg, step=STEP_NAME, hint=hint)
    surface = block[f.SURFACE_HEIGHT]
    obstacles = obstacle_height(surface, block.get(f.TERRAIN), block.get(f.BUILDING_MASK))
    from_deg = np.array([direction.from_deg for direction in directions(params)])
    grid_rad = np.radians(np.mod(from_deg - block.site.convergence_deg, 360.0))
    seen = skyline(surface, obstacles, block.cell_m, grid_rad, params.fetch_m, block.inner)
    note = Note(
        severity="info",
        ja=f"半径 {params.fetch_m:g} m 以内の建物と地形の仰角（地上 1.5 m から）。風速そのものではない。"
        "範囲の外と高さの分からない所は開けているとみなします",
        en=f"Angles of buildings and hills within {params.fetch_m:g} m, seen from 1.5 m above the "
        "ground; no wind speed. What lies beyond the edge, or is unknown, counts as open",
    )
    outputs = {f.WIND_SHELTER_ANGLE: seen.shelter_deg, f.OPENNESS: seen.openness_deg}
    return Outcome(outputs, notes=(note,))


def directions(params: OpennessParams) -> tuple[Direction, ...]:
    """Directions of the result.

    Parameters
    ----------
    params
        How many.
    """
    return evenly(params.directions)


def cost_of(params: OpennessParams, cell_m: float) -> Cost:
    """Time grows with the cells that a ray passes.

    Parameters
    ----------
    params
        With the length of the rays.
    cell_m
        Edge of a cell [m].
    """
    seconds = 5.0 + _SECONDS * params.fetch_m / cell_m
    return Cost(seconds_per_megacell=seconds, bytes_per_cell=60.0 + 24.0 * params.directions)


SIMULATION = Simulation(
    name=STEP_NAME,
    title=text("開放度と遮蔽角", "Openness and shelter"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.TERRAIN, f.BUILDING_MASK),
    outputs=(f.WIND_SHELTER_ANGLE, f.OPENNESS),
    params=OpennessParams,
    reach=Halo(
        lambda params, _ranges, cell_m: fetch_reach_m(params.fetch_m, cell_m), of_parts=True
    ),
    run=run,
    directions=directions,
    cost=cost_of(OpennessParams(), 2.0),
    cost_of=cost_of,
)

"""How open each place lies, and how much stands in the way of winds from each side."""

from __future__ import annotations

import numpy as np
from pydantic import Field as Bound

from citytwin.kernels.obstacles import obstacle_height
from citytwin.kernels.openness import skyline
from citytwin.kernels.sheltering import fetch_reach_m
from citytwin.model import fields as f
from citytwin.model.axes import Direction, evenly
from citytwin.model.notes import Note
from citytwin.model.steps import Block, Cost, Halo, Outcome, Params, Simulation
from citytwin.model.text import text


class OpennessParams(Params):
    """How far and where one looks."""

    fetch_m: float = Bound(default=300.0, ge=10.0, le=2000.0)
    """How far buildings and hills count [m]; Winstral et al. (2002) take 100 to 300."""
    directions: int = Bound(default=16, ge=1, le=72)
    """Number of directions of the wind, evenly around from true north."""


def run(block: Block, params: OpennessParams) -> Outcome:
    """Angles of the skyline around each place where people walk."""
    surface = block[f.SURFACE_HEIGHT]
    obstacles = obstacle_height(surface, block.get(f.TERRAIN), block.get(f.BUILDING_MASK))
    from_deg = np.array([direction.from_deg for direction in directions(params)])
    grid_rad = np.radians(np.mod(from_deg - block.site.convergence_deg, 360.0))
    seen = skyline(surface, obstacles, block.cell_m, grid_rad, params.fetch_m, block.inner)
    note = Note(
        severity="info",
        ja=f"半径 {params.fetch_m:g} m 以内の建物と地形の仰角（地上 1.5 m から）。風速そのものではない",
        en=f"Angles of buildings and hills within {params.fetch_m:g} m, seen from 1.5 m above the "
        "ground; no wind speed",
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


SIMULATION = Simulation(
    name="openness",
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
    cost=Cost(seconds_per_megacell=20.0, bytes_per_cell=400.0),
)

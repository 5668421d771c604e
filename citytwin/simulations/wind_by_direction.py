"""Pedestrian wind speed ratio for winds from every side (sheltering proxy, no flow solved)."""

from __future__ import annotations

import numpy as np
from pydantic import Field as Bound

from citytwin.kernels.obstacles import obstacle_height
from citytwin.kernels.sheltering import fetch_reach_m, sheltering
from citytwin.kernels.wind_proxy import FETCH_M, speed_ratio
from citytwin.model import fields as f
from citytwin.model.axes import Direction, evenly
from citytwin.model.cost import Cost
from citytwin.model.notes import Note
from citytwin.model.reach import Halo
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.text import text

_PROXY = Note(
    severity="info",
    ja="流体計算ではなく遮蔽の指標（誤差 ±0.24 程度）。1 を超える風速（ビル風）は表せない",
    en="A sheltering proxy, not a flow: about ±0.24; it cannot exceed 1, so strong winds at corners "
    "and below towers are outside it",
)


class WindByDirectionParams(Params):
    """From where the wind comes."""

    directions: int = Bound(default=16, ge=1, le=72)
    """Number of directions, evenly around from true north; the ratio may change by half within
    22.5 degrees, so fewer than 16 say little of a climate."""


def run(block: Block, params: WindByDirectionParams) -> Outcome:
    """Ratio of each direction by the free distances up- and downwind."""
    surface = block[f.SURFACE_HEIGHT]
    obstacles = obstacle_height(surface, block.get(f.TERRAIN), block.get(f.BUILDING_MASK))
    from_deg = np.array([direction.from_deg for direction in directions(params)])
    grid_rad = np.radians(np.mod(from_deg - block.site.convergence_deg, 360.0))
    ratio = speed_ratio(sheltering(obstacles, block.cell_m, grid_rad, FETCH_M, block.inner))
    # What is unknown shelters nobody, but whether it is sheltered is unknown as well.
    ratio[:, np.isnan(obstacles[block.inner])] = np.nan
    return Outcome({f.WIND_SPEED_RATIO_BY_DIRECTION: ratio}, notes=(_PROXY,))


def directions(params: WindByDirectionParams) -> tuple[Direction, ...]:
    """Directions of the result.

    Parameters
    ----------
    params
        How many.
    """
    return evenly(params.directions)


SIMULATION = Simulation(
    name="wind_by_direction",
    title=text("風向別の風速比", "Wind speed ratio by direction"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.TERRAIN, f.BUILDING_MASK),
    outputs=(f.WIND_SPEED_RATIO_BY_DIRECTION,),
    params=WindByDirectionParams,
    reach=Halo(lambda _params, _ranges, cell_m: fetch_reach_m(FETCH_M, cell_m), of_parts=True),
    run=run,
    directions=directions,
    cost=Cost(seconds_per_megacell=15.0, bytes_per_cell=400.0),
)

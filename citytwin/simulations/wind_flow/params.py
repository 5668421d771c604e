"""What wind flow is asked for: from where, over what ground, how far."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field as Bound
from pydantic import field_validator

from citytwin.errors import ConfigError
from citytwin.kernels.flow_approach import ApproachFlow, logarithmic_flow
from citytwin.model.axes import Direction, evenly
from citytwin.model.steps import Params

STEP_NAME = "wind_flow"


class ApproachLevel(Params):
    """The wind that arrives, at one height."""

    height_m: float = Bound(gt=0, le=2000)
    """Height above the ground."""
    speed_m_s: float = Bound(gt=0, le=200)
    """Mean speed there [m/s]; only its ratio to that at other heights counts."""
    energy_m2_s2: float = Bound(gt=0, le=2000)
    """Turbulence energy there [m2/s2]; where only the deviation along the wind was measured, about its square
    (Tominaga et al. 2008)."""


class WindFlowParams(Params):
    """From where the wind comes, over what ground, and how far the flow is taken."""

    directions: int = Bound(default=16, ge=1, le=72)
    """Number of directions, evenly around from true north."""
    from_deg: tuple[float, ...] = ()
    """Directions by hand instead, clockwise from true north, each once."""
    height_m: float = Bound(default=1.5, gt=0, le=200)
    """Height above ground of the ratio."""
    also_at_m: tuple[Literal[5, 10], ...] = ()
    """Heights above ground of further maps of the ratio, from the same flows."""
    gusts: bool = False
    """Whether gusts at `height_m` are mapped too, from the turbulence of the same flows."""
    roughness_m: float = Bound(default=0.3, gt=0, le=3)
    """Roughness length of the land around, which shapes the wind that arrives: 0.03 open fields,
    0.1 with hedges, 0.3 suburbs, 1 cities."""
    approach: tuple[ApproachLevel, ...] = ()
    """The wind that arrives as measured, from the ground up, in the place of the logarithmic one over
    `roughness_m`; two heights or more."""
    margin_m: float = Bound(default=100.0, ge=0, le=2000)
    """Open ground around all that stands, on each side; put around the rasters where they have less."""
    tolerance: float = Bound(default=0.02, gt=0, le=1)
    """Change of the speed 2 m above ground near walls that counts as steady [-], in a round of eight steps
    and a correction by the flow on cells twice as large."""
    most_turnovers: float = Bound(default=100.0, gt=0, le=1000)
    """Turnovers at most on each grid; a turnover is the time in which the wind at the mean height
    of the buildings crosses that height [-]."""
    leaf_drag_per_m: float = Bound(default=0.2, ge=0, le=5)
    """Drag coefficient times leaf area density of crowns, where the city has trees."""
    tile_cells: int = Bound(default=1024, ge=64, le=4096)
    """A larger area is solved in tiles of at most so many cells a side."""
    tile_overlap_m: float = Bound(default=120.0, ge=0, le=1000)
    """Width around a tile that is computed besides, so that tiles agree where they meet."""

    @property
    def heights_m(self) -> tuple[float, ...]:
        """All heights above ground [m], that of the first map first."""
        return (self.height_m, *map(float, sorted(set(self.also_at_m))))

    @field_validator("approach")
    @classmethod
    def _rising(cls, levels: tuple[ApproachLevel, ...]) -> tuple[ApproachLevel, ...]:
        heights = [one.height_m for one in levels]
        if len(levels) == 1 or heights != sorted(set(heights)):
            msg = f"the heights of the approach are {heights}: give two or more, from the ground up"
            raise ValueError(msg)
        return levels


def approach_of(params: WindFlowParams) -> ApproachFlow:
    """The wind that arrives.

    Parameters
    ----------
    params
        With its profile, or the roughness of the land around.
    """
    if not params.approach:
        return logarithmic_flow(params.roughness_m)
    levels = [(one.height_m, one.speed_m_s, one.energy_m2_s2) for one in params.approach]
    return ApproachFlow(*np.array(levels, dtype=np.float64).T)


def over_mean(params: WindFlowParams, reference_m: float) -> float:
    """Undisturbed scalar speed at the height of the ratios over the undisturbed mean speed at another.

    Ratios of the flow are those of scalar speeds at one height; tables of wind tunnels are over the mean
    speed of the inflow at a height of theirs.

    Parameters
    ----------
    params
        Of the flow.
    reference_m
        Height of the mean speed that measurements are given over [m].
    """
    arriving = approach_of(params)
    return arriving.scalar_speed(params.height_m) / float(arriving.at(reference_m)[0])


def directions(params: WindFlowParams) -> tuple[Direction, ...]:
    """Directions of the result.

    Parameters
    ----------
    params
        Which.

    Raises
    ------
    ConfigError
        If a direction is given twice or is none.
    """
    if not params.from_deg:
        return evenly(params.directions)
    given = [angle % 360.0 for angle in params.from_deg]
    if len(set(given)) < len(given) or not np.isfinite(given).all():
        msg = f"from_deg is {list(params.from_deg)}"
        raise ConfigError(msg, hint="give each direction once, in degrees from north")
    return tuple(Direction(angle) for angle in given)

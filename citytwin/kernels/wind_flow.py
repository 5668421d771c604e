"""Wind around buildings: a steady flow by momentum steps, from coarse cells to fine ones.

Mass-consistent start (Sherman 1978), then the Reynolds-averaged equations with one equation for
the turbulence, stepped in pseudo-time to a steady state; between rounds of steps the flow on the cells asked for is corrected
by one on cells twice as large. One stopping rule holds for all places: the speed 2 m above ground, near walls,
changes by less than 2 % in a round. Air is neutral, so one wind speed tells all of a direction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.flow_approach import ApproachFlow
from citytwin.kernels.flow_correction import Correction
from citytwin.kernels.flow_grid import Cube, FlowGrid
from citytwin.kernels.flow_setup import Town
from citytwin.kernels.flow_solver import CoarseFlow, FlowSolver, Progress
from citytwin.kernels.flow_speed import wind_over_ground
from citytwin.kernels.flow_walls import NO_SIDES, Sides

DIVERGENCE = 1e-4
"""Largest divergence left in the end, times the cell over the highest speed that arrives."""
LONG_SIDE = 128
"""Cells along a side of the second grid above which a third begins."""
TURN_SHARE = 0.35
"""Of the tolerance of a round, for the change in a turnover on grids that nothing corrects: the first
ones, from which the last begins."""


@dataclass(frozen=True)
class FlowOptions:
    """How far the flow is taken.

    Parameters
    ----------
    tolerance
        Change of the speed 2 m above ground near walls within a round of steps and a correction by the
        coarser grid that counts as steady [-], > 0.
    most_turnovers
        Turnovers at most on each grid [-], > 0.
    most_steps
        Steps at most on each grid, >= 1.
    grids
        Grids from the coarsest to the one given, each of cells half as large, 1 to 4; None: by
        `grids_for`.
    steps
        Steps on the finest grid, whatever the change, >= 1; None: by the rule.
    """

    tolerance: float = 0.02
    most_turnovers: float = 100.0
    most_steps: int = 2000
    grids: int | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        if not (self.tolerance > 0 and self.most_turnovers > 0 and self.most_steps >= 1):
            msg = f"a flow to {self.tolerance:g} within {self.most_turnovers:g} turnovers"
            raise ConfigError(msg, hint="give a tolerance and turnovers above 0")
        if self.grids is not None and not 1 <= self.grids <= 4:
            raise ConfigError(f"a flow on {self.grids} grids", hint="give 1 to 4")
        if self.steps is not None and self.steps < 1:
            raise ConfigError(f"a flow of {self.steps} steps", hint="give 1 or more")


@dataclass(frozen=True)
class WindFlow:
    """Flow of one direction.

    Parameters
    ----------
    ratio
        Mean scalar speed with turbulence, sqrt(|U|^2 + 2 k), over that of the undisturbed wind at
        the same height above ground; shape (n_heights, ny, nx), float32 [-]; NaN in buildings.
    velocity
        Mean velocity along x and along y (towards the south) over that same speed; shape
        (n_heights, 2, ny, nx), float32 [-]; NaN in buildings.
    progress
        Steps and steadiness on each grid, from the coarsest on.
    divergence
        Largest divergence left, times the cell over the highest speed that arrives [-].
    iterations
        Of the pressure, in the last projection.
    solver
        The state at the end.
    """

    ratio: NDArray[np.float32]
    velocity: NDArray[np.float32]
    progress: tuple[Progress, ...]
    divergence: float
    iterations: int
    solver: FlowSolver

    @property
    def steady(self) -> bool:
        """Whether the finest grid came to rest by the rule."""
        return self.progress[-1].steady


class Surroundings(NamedTuple):
    """What is known of the flow around a part of a city."""

    flow: CoarseFlow
    """Of the whole city, on larger cells."""
    at: tuple[int, int]
    """Row and column in the city at which the part begins, in cells of its own."""
    held: Sides
    """Sides of the part at which the city goes on."""


def direction_of(from_rad: float) -> tuple[float, float]:
    """Where a wind blows to along x and towards the south, a unit vector.

    Parameters
    ----------
    from_rad
        Where it comes from, clockwise from the north of the grid [rad].
    """
    return -math.sin(from_rad), math.cos(from_rad)


def solve_wind_flow(
    grid: FlowGrid,
    town: Town,
    approach: ApproachFlow,
    toward: tuple[float, float],
    heights_m: Sequence[float],
    options: FlowOptions | None = None,
    progress: Callable[[float], None] | None = None,
    around: Surroundings | None = None,
) -> WindFlow:
    """Solve the flow of one direction.

    Parameters
    ----------
    grid
        The grid; its top should lie five mean building heights above the highest roof.
    town
        The place, arrays of shape (ny, nx) [m].
    approach
        The wind that arrives.
    toward
        Where it blows to, from `direction_of` (a factor each).
    heights_m
        Heights above ground of the ratios [m], > 0.
    options
        How far it is taken.
    progress
        Called with the share done, 0 to 1.
    around
        What is known of the flow around, where the place is a part of a city.

    Raises
    ------
    ConfigError
        If a roof reaches the upper half of the grid, or no ground is open.
    """
    options = options or FlowOptions()
    _check(grid, town)
    held = NO_SIDES if around is None else around.held
    chain = _chain(grid, town, 2 if around is not None else options.grids or grids_for(grid))
    made = list[Progress]()
    coarse: FlowSolver | None = None
    correction: Correction | None = None
    for i, (level, place) in enumerate(chain):
        is_last, finer = i + 1 == len(chain), 2.0 ** (len(chain) - 1 - i)
        solver = FlowSolver(level, place, approach, toward, held)
        if around is not None:
            solver.start_from(around.flow, (around.at[0] / finer, around.at[1] / finer))
        elif coarse is None:
            solver.start()
        else:
            solver.start_from(coarse.coarse())
        if coarse is not None:
            correction = Correction(solver, coarse, correction)
        coarse = solver
        if around is not None and not is_last:
            # The first of two is there to correct the second: what it knows is what is known around.
            continue
        told = None if progress is None else _part(progress, i, len(chain))
        share, correct = (TURN_SHARE, None) if correction is None else (1.0, correction.apply)
        limits = (share * options.tolerance, options.most_turnovers, options.most_steps)
        made.append(solver.run(*limits, told, options.steps if is_last else None, correct))
    last = solver.project(DIVERGENCE, 300)
    found = np.empty((len(heights_m), 3, grid.ny, grid.nx), dtype=np.float32)
    for out, height in zip(found, heights_m, strict=True):
        reference = np.float32(approach.scalar_speed(height))
        for there, wind in zip(out, wind_over_ground(solver, town, height), strict=True):
            np.divide(wind, reference, out=there)
    return WindFlow(found[:, 0], found[:, 1:], tuple(made), last.after, last.iterations, solver)


def velocity_in_cells(flow: WindFlow) -> tuple[Cube, Cube, Cube]:
    """Velocity towards east, north and up in cells, shape (nz, ny, nx) each [m/s]; NaN in solids.

    Parameters
    ----------
    flow
        What was solved.
    """
    east, south, up, _ = flow.solver.centred()
    solid = flow.solver.air[2:-3, 2:-3, 2:-3] == 0
    for part in (east, south, up):
        part[solid] = np.nan
    return east, -south, up


def _part(progress: Callable[[float], None], i: int, grids: int) -> Callable[[float], None]:
    """Turn the share of one of the grids into that of all; a coarser one takes an eighth."""
    shares = 8.0 ** np.arange(grids)
    done, part, whole = float(shares[:i].sum()), float(shares[i]), float(shares.sum())

    def told(share: float) -> None:
        progress((done + part * share) / whole)

    return told


def _check(grid: FlowGrid, town: Town) -> None:
    highest, top = float(town.top_m.max()), float(grid.z_faces_m[-1])
    if not math.isfinite(highest):
        raise ConfigError("a height of the flow is not a number", hint="fill gaps beforehand")
    if 2.0 * highest > top:
        msg = f"the domain is {top:.0f} m high, its highest roof or hill {highest:.0f} m"
        raise ConfigError(msg, hint=f"make it {2.0 * highest:.0f} m high or more")
    if bool(town.built.all()):
        raise ConfigError("no ground is open in the flow", hint="check the heights of the ground")


def grids_for(grid: FlowGrid) -> int:
    """How many grids a flow goes through: two, three on long places.

    A town takes the longer to slow the wind down the longer it is, on every grid that has not been
    told; on cells four times as large a step costs a 64th and goes four times as far.

    Parameters
    ----------
    grid
        The finest.
    """
    return 4 if max(grid.ny, grid.nx) > 4 * LONG_SIDE else 3


def _chain(grid: FlowGrid, town: Town, grids: int) -> list[tuple[FlowGrid, Town]]:
    """Grids and places from the coarsest on."""
    made = [(grid, town)]
    while len(made) < grids and min(made[-1][0].shape) >= 8:
        made.append((made[-1][0].coarser(), coarser_town(made[-1][1])))
    return made[::-1]


def coarser_town(town: Town) -> Town:
    """Blocks of 2 x 2 columns: built where two or more are, as high as these in the mean.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx); where a number is odd, the edge is repeated.
    """
    built, ground = _blocks(town.built.astype(np.float32)), _blocks(town.ground_m)
    top, many = _blocks(town.top_m), built.sum(axis=0)
    roofs = (top * built).sum(axis=0) / np.maximum(many, 1)
    level = ground.mean(axis=0)
    crowns: list[NDArray[np.float32] | None] = []
    for crown in (town.crown_top_m, town.crown_base_m):
        if crown is None:
            crowns.append(None)
            continue
        parts = _blocks(crown)
        known = np.isfinite(parts)
        mean = np.where(known, parts, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        crowns.append(np.where(known.sum(axis=0) >= 2, mean, np.nan).astype(np.float32))
    joined = np.where(many >= 2, np.maximum(roofs, level), level).astype(np.float32)
    made = (joined, level.astype(np.float32), crowns[0], crowns[1])
    return Town(*made, town.leaf_drag, town.city_height_m)


def _blocks(raster: NDArray[np.float32]) -> NDArray[np.float32]:
    """The four cells of each block of 2 x 2, edges repeated; shape (4, ny / 2, nx / 2)."""
    even = np.pad(raster, [(0, n % 2) for n in raster.shape], mode="edge")
    return np.stack([even[a::2, b::2] for a in (0, 1) for b in (0, 1)])

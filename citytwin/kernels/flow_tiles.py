"""The flow of a large place in tiles: each has the memory of its own, and may be solved anywhere.

A flow over the whole place on cells twice as large tells each tile what happens at its sides. Some
ground around a tile is computed with it and thrown away: errors of the sides die out there. Weather
models call this nesting one way (Phillips & Shukla 1973).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flow_approach import ApproachFlow
from citytwin.kernels.flow_grid import FlowGrid
from citytwin.kernels.flow_setup import Town
from citytwin.kernels.flow_solver import CoarseFlow, Progress
from citytwin.kernels.flow_walls import Sides
from citytwin.kernels.wind_flow import (
    FlowOptions,
    Surroundings,
    WindFlow,
    coarser_town,
    grids_for,
    solve_wind_flow,
)
from citytwin.kernels.window import EVERYWHERE, Window

COARSE_PART = 0.15
"""Of the time, for the flow on large cells."""
_NEAR_REST = 2.0
"""Of the tolerance: a tile that took the steps of the leading one and changes by more is not at rest."""
_WINDWARD = 1.0
"""How much wider the ground is that is computed where the wind comes from: what is wrong at a side goes with
the wind [-]."""
OVERLAPS = 2.0 + _WINDWARD
"""Widths of the overlap on two opposite sides together, at most [-]."""
_COMPARED = 8
"""Rows or columns on either side of a seam on which neighbours are compared."""


class Tiling(NamedTuple):
    """How a place is cut."""

    side: int
    """Of a tile, at most [cells]."""
    overlap: int
    """Width around it that is computed besides, where the wind goes along a side [cells]."""


class FlowCase(NamedTuple):
    """What is solved for one direction of the wind."""

    grid: FlowGrid
    """Of all of the place; it is never in memory as a whole where that has tiles."""
    town: Town
    """The place, arrays of shape (ny, nx) [m]."""
    approach: ApproachFlow
    """The wind that arrives."""
    toward: tuple[float, float]
    """Where it blows to along x and towards the south, a unit vector (a factor each)."""
    options: FlowOptions
    """How far it is taken."""


class FlowTile(NamedTuple):
    """A tile of a place, as windows of it [cells]."""

    core: Window
    """What it answers for."""
    part: Window
    """What is computed."""
    told: Window
    """What it gives: the core, and as much around it as neighbours are compared on."""


class Pace(NamedTuple):
    """How far the leading tile of a place was taken, and with it all others.

    Tiles that stop each on its own differ where they meet by what the last steps still change.
    """

    steps: int
    steady: bool
    """Whether it came to rest by the rule."""


class FlowAccount(NamedTuple):
    """What is said of flows; of several the worst."""

    last: Progress
    """On the finest grid."""
    divergence: float
    """The largest left [-]."""
    cells: int
    """That were computed, by two tiles counted twice."""
    lost: int = 0
    """Tiles that came to no result."""
    seam_rms: float = 0.0
    """How far neighbours are apart where both have computed, root mean square [-]."""
    seam_most: float = 0.0
    """The same, at most [-]."""


class TileWind(NamedTuple):
    """Flow of one direction in one tile, or put together from all."""

    wind: NDArray[np.float32]
    """Ratio, and velocity along x and y, as of `WindFlow`; shape (n_heights, 3, ny, nx) of what the
    tile tells, float32 [-]; NaN in buildings and lost tiles."""
    account: FlowAccount


def flow_around(case: FlowCase, progress: Callable[[float], None] | None = None) -> CoarseFlow:
    """Solve the flow over a whole place on cells twice as large, for its tiles.

    Parameters
    ----------
    case
        What is solved.
    progress
        Called with the share done, 0 to 1.

    Raises
    ------
    ConfigError
        If a roof reaches the upper half of the grid, or no ground is open.
    """
    grid, town, approach, toward, options = case
    town = town._replace(city_height_m=town.mean_height_m)
    grids = (options.grids or grids_for(grid)) - 1
    first = replace(options, grids=max(grids, 1))
    larger = solve_wind_flow(
        grid.coarser(), coarser_town(town), approach, toward, [], first, progress
    )
    return larger.solver.coarse()


def tile_wind(
    case: FlowCase,
    heights_m: Sequence[float],
    tile: FlowTile,
    around: CoarseFlow | None = None,
    progress: Callable[[float], None] | None = None,
    pace: Pace | None = None,
) -> TileWind:
    """Solve the flow of one direction in a tile.

    Parameters
    ----------
    case
        What is solved.
    heights_m
        Heights above ground of the ratios [m], > 0.
    tile
        Which.
    around
        What `flow_around` has found; None for a place that is one tile.
    progress
        Called with the share done, 0 to 1.
    pace
        Of the leading tile; None for that one, which goes by the rule.

    Raises
    ------
    ConfigError
        If a roof reaches the upper half of the grid, no ground is open, or the flow grows without
        bound.
    """
    grid, town, approach, toward, options = case
    part, own = tile.part, _cut(town, _slices(tile.part))
    held = Sides(part.col0 > 0, part.col1 < grid.nx, part.row0 > 0, part.row1 < grid.ny)
    ny, nx = own.top_m.shape
    known = None
    if around is not None:
        known = Surroundings(around, (part.row0, part.col0), held)
        options = replace(options, steps=None if pace is None else pace.steps)
    one = solve_wind_flow(
        FlowGrid(ny, nx, grid.cell_m, grid.z_faces_m), own, approach, toward, heights_m, options,
        progress, known,
    )  # fmt: skip
    wind = np.concatenate([one.ratio[:, None], one.velocity], axis=1)
    told = np.ascontiguousarray(wind[(..., *_slices(tile.told, part))])
    account = account_of(one)
    if pace is not None:
        near = account.last.change <= _NEAR_REST * options.tolerance
        account = account._replace(last=account.last._replace(steady=pace.steady and near))
    return TileWind(told, account)


def account_of(flow: WindFlow) -> FlowAccount:
    """What is said of one flow.

    Parameters
    ----------
    flow
        The flow.
    """
    return FlowAccount(flow.progress[-1], flow.divergence, int(np.prod(flow.solver.grid.shape)))


def joined(
    tiles: Sequence[FlowTile], winds: Sequence[TileWind | None], shape: tuple[int, int, int]
) -> TileWind:
    """Put the tiles of a place together, and compare neighbours beyond their cores.

    Parameters
    ----------
    tiles
        All of them.
    winds
        What each has found; None where it came to nothing.
    shape
        Heights, rows and columns of the result.
    """
    found = np.full((shape[0], 3, *shape[1:]), np.nan, dtype=np.float32)
    squares, most, number = 0.0, 0.0, 0
    for tile, one in zip(tiles, winds, strict=True):
        if one is None:
            continue
        apart = np.abs(one.wind[:, 0] - found[(slice(None), 0, *_slices(tile.told))])
        apart = apart[np.isfinite(apart)].astype(np.float64)
        if apart.size:
            squares, most = squares + float((apart**2).sum()), max(most, float(apart.max()))
            number += apart.size
        found[(..., *_slices(tile.core))] = one.wind[(..., *_slices(tile.core, tile.told))]
    made = [one.account for one in winds if one is not None]
    last = [one.last for one in made] or [Progress(0, 0.0, np.inf, False)]
    worst = Progress(
        max(one.steps for one in last),
        min(one.turnovers for one in last),
        max(one.change for one in last),
        all(one.steady for one in last),
    )
    divergence = max((one.divergence for one in made), default=0.0)
    cells, rms = sum(one.cells for one in made), float(np.sqrt(squares / max(number, 1)))
    account = FlowAccount(worst, divergence, cells, len(winds) - len(made), rms, most)
    return TileWind(found, account)


def solve_in_tiles(
    case: FlowCase,
    heights_m: Sequence[float],
    tiling: Tiling,
) -> TileWind:
    """Solve the flow of one direction in tiles, one after the other.

    Parameters
    ----------
    case
        What is solved.
    heights_m
        Heights above ground of the ratios [m], > 0.
    tiling
        How the place is cut.

    Raises
    ------
    ConfigError
        If a roof reaches the upper half of the grid, no ground is open, or a flow grows without
        bound.
    """
    flow, tiles = flow_around(case), flow_tiles(case.town, tiling, case.toward)
    lead = leading(tiles, case.town)
    first = tile_wind(case, heights_m, tiles[lead], flow)
    pace = pace_of(first.account)
    winds = [
        first if n == lead else tile_wind(case, heights_m, tile, flow, pace=pace)
        for n, tile in enumerate(tiles)
    ]
    return joined(tiles, winds, (len(heights_m), case.grid.ny, case.grid.nx))


def leading(tiles: Sequence[FlowTile], town: Town) -> int:
    """Which tile stops by the rule, and all others with it: that with most buildings, the first of equal ones.

    Parameters
    ----------
    tiles
        Of a place, one or more.
    town
        The place, arrays of shape (ny, nx).
    """
    built = town.built
    return int(np.argmax([np.count_nonzero(built[_slices(tile.core)]) for tile in tiles]))


def pace_of(account: FlowAccount) -> Pace:
    """How far a leading tile was taken.

    Parameters
    ----------
    account
        Of it.
    """
    return Pace(account.last.steps, account.last.steady)


def flow_tiles(town: Town, tiling: Tiling, toward: tuple[float, float]) -> list[FlowTile]:
    """Cut a place into tiles; where no ground is open, none is needed.

    For all winds the same, but for what is computed around them.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx).
    tiling
        How it is cut; one that is no larger than a tile is one, with nothing around it.
    toward
        Where the wind blows to along x and towards the south, a unit vector (a factor each).
    """
    shape, built = (town.top_m.shape[0], town.top_m.shape[1]), town.built
    cores, around = tiles_of(shape, tiling.side), _widths(tiling.overlap, toward)
    return [
        FlowTile(
            core,
            _grown(core, around, shape),
            _grown(core, (min(_COMPARED, tiling.overlap),) * 4, shape),
        )
        for core in cores
        if len(cores) == 1 or not bool(built[_slices(core)].all())
    ]


def tiles_asked(
    tiles: Sequence[FlowTile], rows: NDArray[np.float64], cols: NDArray[np.float64]
) -> list[FlowTile]:
    """Return the tiles in which somebody asks for values: where a city is turned, corners have none.

    Parameters
    ----------
    tiles
        Of a place.
    rows, cols
        Places asked for, of one shape, the middles of cells whole; values are those of the four
        cells around each [cells].
    """
    asked = []
    for tile in tiles:
        row0, row1, col0, col1 = tile.core
        inside = (rows > row0 - 1) & (rows < row1) & (cols > col0 - 1) & (cols < col1)
        if inside.any():
            asked.append(tile)
    return asked


def tiles_of(shape: tuple[int, int], side: int) -> list[Window]:
    """Cut a place into tiles of about one size, from the north-west on.

    Parameters
    ----------
    shape
        Rows and columns of the place.
    side
        Of a tile, at most [cells].
    """
    rows, cols = (_cuts(n, side) for n in shape)
    return [Window(a, b, c, d) for a, b in pairwise(rows) for c, d in pairwise(cols)]


def _cuts(n: int, side: int) -> list[int]:
    """Where tiles begin and the last ends; all but the end even, as cells twice as large lie."""
    number = -(-n // side)
    return [2 * round(n * i / number / 2) for i in range(number)] + [n]


def _widths(overlap: int, toward: tuple[float, float]) -> tuple[int, int, int, int]:
    """Of what is computed around a tile: before its first row, behind its last, and of columns."""
    x, y = toward
    least = min(_COMPARED, overlap)
    shares = [1 + _WINDWARD * max(c, 0.0) for c in (y, -y, x, -x)]
    made = [max(2 * round(overlap * share / 2), least) for share in shares]
    return made[0], made[1], made[2], made[3]


def _grown(core: Window, widths: tuple[int, int, int, int], shape: tuple[int, int]) -> Window:
    """A tile with what is computed around it, as far as the place goes."""
    (ny, nx), (north, south, west, east) = shape, widths
    return Window(
        max(core.row0 - north, 0), min(core.row1 + south, ny),
        max(core.col0 - west, 0), min(core.col1 + east, nx),
    )  # fmt: skip


def _slices(window: Window, within: Window = EVERYWHERE) -> tuple[slice, slice]:
    """Rows and columns of a window in the array of another."""
    return (
        slice(window.row0 - within.row0, window.row1 - within.row0),
        slice(window.col0 - within.col0, window.col1 - within.col0),
    )


def _cut(town: Town, there: tuple[slice, slice]) -> Town:
    """A part of a place, with arrays of its own."""
    crowns = [
        None if crown is None else crown[there].copy()
        for crown in (town.crown_top_m, town.crown_base_m)
    ]
    top, ground = town.top_m[there].copy(), town.ground_m[there].copy()
    return Town(top, ground, crowns[0], crowns[1], town.leaf_drag, town.mean_height_m)

"""The flow of a large place in tiles, one after the other: memory is that of one, time as before.

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

from citytwin.errors import ConfigError
from citytwin.kernels.flow_approach import ApproachFlow
from citytwin.kernels.flow_grid import FlowGrid
from citytwin.kernels.flow_setup import Town
from citytwin.kernels.flow_solver import Progress
from citytwin.kernels.flow_walls import Sides
from citytwin.kernels.wind_flow import (
    COARSE_SHARE,
    FlowOptions,
    Surroundings,
    WindFlow,
    coarser_town,
    solve_wind_flow,
)
from citytwin.kernels.window import EVERYWHERE, Window

_COARSE_PART = 0.15
"""Of the time, for the flow on large cells."""
_COMPARED = 8
"""Rows or columns on either side of a seam on which neighbours are compared."""


class Tiling(NamedTuple):
    """How a place is cut."""

    side: int
    """Of a tile, at most [cells]."""
    overlap: int
    """Width around it that is computed besides [cells]."""


class TiledWind(NamedTuple):
    """Flow of one direction, from tiles."""

    ratio: NDArray[np.float32]
    """As of `WindFlow`, shape (n_heights, ny, nx), float32 [-]; NaN in buildings and lost tiles."""
    velocity: NDArray[np.float32]
    """As of `WindFlow`, shape (n_heights, 2, ny, nx), float32 [-]."""
    last: Progress
    """The worst of all tiles."""
    divergence: float
    """The largest of all tiles [-]."""
    cells: int
    """Of all tiles, those computed twice counted twice."""
    lost: int
    """Tiles that came to no result."""
    seam: tuple[float, float]
    """How far neighbours are apart where both have computed: root mean square, and at most [-]."""


def solve_in_tiles(
    grid: FlowGrid,
    town: Town,
    approach: ApproachFlow,
    toward: tuple[float, float],
    heights_m: Sequence[float],
    options: FlowOptions,
    tiling: Tiling,
    progress: Callable[[float], None] | None = None,
) -> TiledWind:
    """Solve the flow of one direction in tiles.

    Parameters
    ----------
    grid
        The grid of all of it, which is never in memory as a whole.
    town
        The place, arrays of shape (ny, nx) [m].
    approach
        The wind that arrives.
    toward
        Where it blows to along x and towards the south, a unit vector (a factor each).
    heights_m
        Heights above ground of the ratios [m], > 0.
    options
        How far it is taken.
    tiling
        How the place is cut.
    progress
        Called with the share done, 0 to 1.

    Raises
    ------
    ConfigError
        If a roof reaches the upper half of the grid, or no ground is open.
    """
    town = town._replace(city_height_m=town.mean_height_m)
    first = FlowOptions(
        COARSE_SHARE * options.tolerance, options.most_turnovers, options.most_steps, grids=1
    )
    larger = solve_wind_flow(
        grid.coarser(), coarser_town(town), approach, toward, [], first,
        _told(progress, 0.0, _COARSE_PART),
    )  # fmt: skip
    flow = larger.solver.coarse()
    del larger
    found = np.full((len(heights_m), 3, grid.ny, grid.nx), np.nan, dtype=np.float32)
    account, cores = _Account(), tiles_of((grid.ny, grid.nx), tiling.side)
    for number, core in enumerate(cores):
        if bool(town.built[_slices(core)].all()):
            continue
        part = _grown(core, tiling.overlap, (grid.ny, grid.nx))
        own = _cut(town, _slices(part))
        held = Sides(part.col0 > 0, part.col1 < grid.nx, part.row0 > 0, part.row1 < grid.ny)
        ny, nx = own.top_m.shape
        small = FlowGrid(ny, nx, grid.cell_m, grid.z_faces_m)
        around = Surroundings(flow, (part.row0, part.col0), held)
        last = replace(options, grids=1)
        share = (1.0 - _COARSE_PART) / len(cores)
        told = _told(progress, _COARSE_PART + share * number, share)
        try:
            one = solve_wind_flow(small, own, approach, toward, heights_m, last, told, around)
        except ConfigError:
            account.lost += 1
            continue
        wind = np.concatenate([one.ratio[:, None], one.velocity], axis=1)
        account.add(one, wind[:, 0], found[:, 0], (core, part))
        found[(..., *_slices(core))] = wind[(..., *_slices(core, part))]
    return account.total(found)


def _told(
    progress: Callable[[float], None] | None, done: float, share: float
) -> Callable[[float], None] | None:
    """What hears of a part of the work."""
    return None if progress is None else lambda part: progress(done + share * part)


class _Account:
    """What is said of all tiles."""

    def __init__(self) -> None:
        self.lost = 0
        self._last: list[Progress] = []
        self._divergence, self._cells = 0.0, 0
        self._squares, self._most, self._number = 0.0, 0.0, 0

    def add(
        self,
        one: WindFlow,
        ratio: NDArray[np.float32],
        found: NDArray[np.float32],
        where: tuple[Window, Window],
    ) -> None:
        """Count a tile, and compare it with those before, beyond its core."""
        self._last.append(one.progress[-1])
        self._divergence = max(self._divergence, one.divergence)
        self._cells += int(np.prod(one.solver.grid.shape))
        core, part = where
        near = _grown(core, _COMPARED, found.shape[1:])
        near = Window(
            max(near.row0, part.row0), min(near.row1, part.row1),
            max(near.col0, part.col0), min(near.col1, part.col1),
        )  # fmt: skip
        apart = np.abs(ratio[(..., *_slices(near, part))] - found[(..., *_slices(near))])
        apart = apart[np.isfinite(apart)].astype(np.float64)
        if apart.size:
            self._squares += float((apart**2).sum())
            self._most = max(self._most, float(apart.max()))
            self._number += apart.size

    def total(self, found: NDArray[np.float32]) -> TiledWind:
        """All of it."""
        last = self._last or [Progress(0, 0.0, np.inf, False)]
        worst = Progress(
            max(one.steps for one in last),
            min(one.turnovers for one in last),
            max(one.change for one in last),
            all(one.steady for one in last),
        )
        rms = float(np.sqrt(self._squares / max(self._number, 1)))
        return TiledWind(
            found[:, 0], found[:, 1:], worst, self._divergence, self._cells, self.lost, (rms, self._most)
        )  # fmt: skip


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


def _grown(core: Window, width: int, shape: tuple[int, int]) -> Window:
    """A tile with what is computed around it, as far as the place goes."""
    ny, nx = shape
    return Window(
        max(core.row0 - width, 0), min(core.row1 + width, ny),
        max(core.col0 - width, 0), min(core.col1 + width, nx),
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
    return Town(top, ground, crowns[0], crowns[1], town.leaf_drag, town.city_height_m)

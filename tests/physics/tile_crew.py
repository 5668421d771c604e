"""All tiles of a flood in one process, cut anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from citytwin.kernels.flood_conductor import Conductor
from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_ledger import BookedDepths
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.flood_tile import FloodTile, TiledFlood, TileLook
from citytwin.kernels.flood_tile_ground import TileGround, grown, halo_cells, lay_tile, reach_of
from citytwin.kernels.inundation import Inundation
from citytwin.kernels.rained_area import all_rained
from citytwin.kernels.soils import GroundSinks
from citytwin.kernels.time_steps import TimeStep
from citytwin.kernels.window import Window
from tests.physics.flood_everything import CELL_M, Everything


def meeting(one: Window, other: Window) -> Window | None:
    """Cells of both, or None."""
    window = Window(
        max(one.row0, other.row0),
        min(one.row1, other.row1),
        max(one.col0, other.col0),
        min(one.col1, other.col1),
    )
    return window if window.row0 < window.row1 and window.col0 < window.col1 else None


class LocalCrew:
    """Tiles one after the other."""

    def __init__(self, tiles: Sequence[FloodTile]) -> None:
        self.tiles = list(tiles)
        self.settled: list[int] = []

    def watched_places(self) -> list[np.ndarray]:
        """See `Crew`."""
        return [tile.watched_places for tile in self.tiles]

    def look(self) -> list[TileLook]:
        """See `Crew`."""
        return [tile.look() for tile in self.tiles]

    def swap(self) -> None:
        """All are cut before any is changed."""
        told = [
            (tile, window, other.cut(window))
            for tile in self.tiles
            for other in self.tiles
            if tile is not other and (window := meeting(tile.part.reach, other.part.core))
        ]
        for tile, window, arrays in told:
            tile.paste(window, arrays)

    def advance(
        self,
        steps: Sequence[TimeStep],
        before: int,
        lost_outside: Sequence[int],
        through_culverts: np.ndarray,
    ) -> list[TileLook]:
        """See `Crew`."""
        told = (before, lost_outside, through_culverts)
        return [tile.advance(steps, *told) for tile in self.tiles]

    def settle(self, accepted: int) -> None:
        """See `Crew`."""
        self.settled.append(accepted)
        for tile in self.tiles:
            tile.settle(accepted)

    def booked(self) -> list[BookedDepths]:
        """See `Crew`."""
        return [tile.booked() for tile in self.tiles]


def windows(shape: tuple[int, int], rows: Sequence[int], cols: Sequence[int]) -> list[Window]:
    """Tiles between cuts."""
    ys, xs = sorted({0, *rows, shape[0]}), sorted({0, *cols, shape[1]})
    return [Window(a, b, c, d) for a, b in pairwise(ys) for c, d in pairwise(xs)]


def tile_ground(city: Everything, core: Window, options: SolverOptions) -> TileGround:
    """Ground of a tile, from a window that grows until it is large enough."""
    shape = city.terrain.shape
    part = reach_of(core, halo_cells(options), shape)
    margin = 2
    while True:
        around = grown(part.reach, margin, shape)
        cut = (slice(around.row0, around.row1), slice(around.col0, around.col1))
        arrays = (city.terrain[cut], city.blocked[cut], city.manning[cut])
        laid = lay_tile(around, arrays, part, shape, CELL_M, options)
        if laid is not None:
            return laid
        margin *= 2


def begin(
    city: Everything, options: SolverOptions, cores: Sequence[Window], duration_s: float
) -> tuple[Conductor, LocalCrew, list[TileGround]]:
    """Lay out all tiles and their conductor."""
    grounds = [tile_ground(city, core, options) for core in cores]
    forcing = replace(city.forcing, sinks=None, initial_depth_m=None)
    weight = max(ground.largest_weight for ground in grounds)
    flood = TiledFlood(forcing, options, city.terrain.shape, CELL_M, duration_s, weight)
    crew = LocalCrew(
        [FloodTile(ground, flood, own_forcing(city, ground.part.reach)) for ground in grounds]
    )
    bed = city.terrain[flood.watched]
    return Conductor(flood, bed, crew), crew, grounds


def own_forcing(city: Everything, reach: Window) -> Forcing:
    """Sinks and first depth of a window."""
    cut = (slice(reach.row0, reach.row1), slice(reach.col0, reach.col1))
    sinks, depth = city.forcing.sinks, city.forcing.initial_depth_m
    return Forcing(
        initial_depth_m=None if depth is None else depth[cut],
        sinks=None
        if sinks is None
        else GroundSinks(
            np.ascontiguousarray(sinks.soil[cut]),
            sinks.soils,
            np.ascontiguousarray(sinks.drain_m_s[cut]),
        ),
    )


def run_to(conductor: Conductor, stops: Sequence[float]) -> None:
    """Go on to the end."""
    for stop in stops:
        while conductor.rule.time_s < stop:
            conductor.advance(stop)


def flood_in_tiles(
    city: Everything, options: SolverOptions, cores: Sequence[Window], duration_s: float = 90.0
) -> Inundation:
    """The whole result, put together."""
    conductor, crew, grounds = begin(city, options, cores, duration_s)
    run_to(conductor, stops_of(crew))
    return together(city, conductor, crew, grounds)


def stops_of(crew: LocalCrew) -> list[float]:
    """Output times."""
    return crew.tiles[0].stops


def together(
    city: Everything, conductor: Conductor, crew: LocalCrew, grounds: Sequence[TileGround]
) -> Inundation:
    """Put the tiles together."""
    ledger = conductor.ledger(all_rained([tile.rained for tile in crew.tiles]))
    rule = conductor.rule
    made = [tile.result(ledger, rule.steps, rule.dt_min_s) for tile in crew.tiles]
    first, shape = made[0], city.terrain.shape
    fields = {}
    for name, array in vars(first).items():
        if isinstance(array, np.ndarray):
            out = np.full((*array.shape[:-2], *shape), -1, dtype=array.dtype)
            for tile, one in zip(crew.tiles, made, strict=True):
                core = tile.part.core
                out[..., core.row0 : core.row1, core.col0 : core.col1] = getattr(one, name)
            fields[name] = out
    wanted = conductor_gauges(first, made, conductor)
    return replace(first, gauges=wanted, **fields)


def conductor_gauges(first: Inundation, made: Sequence[Inundation], conductor: Conductor) -> object:
    """Series of all gauges in the order that was asked for."""
    series = {
        (int(row), int(col)): one.gauges.depth_m[:, k]
        for one in made
        for k, (row, col) in enumerate(zip(one.gauges.rows, one.gauges.cols, strict=True))
    }
    asked = conductor.flood.options.recording.gauge_cells
    depth = np.array([series[cell] for cell in asked]).T
    return replace(first.gauges, depth_m=np.ascontiguousarray(depth))

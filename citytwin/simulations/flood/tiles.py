"""The flood in tiles: each lays its own ground; one leader finds what crosses them and leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.flood_conductor import Conductor
from citytwin.kernels.flood_ledger import BookedDepths, VolumeLedger
from citytwin.kernels.flood_part import FloodPart
from citytwin.kernels.flood_result import GaugeSeries
from citytwin.kernels.flood_tile import FloodTile, TiledFlood, TileLook
from citytwin.kernels.flood_tile_ground import TileGround, grown, halo_cells, lay_tile, reach_of
from citytwin.kernels.rain_layout import NO_ROOFS
from citytwin.kernels.rained_area import RainedArea, all_rained
from citytwin.kernels.time_steps import TimeStep
from citytwin.kernels.window import Window
from citytwin.model import fields as f
from citytwin.model.checkpoints import NamedArrays
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.steps import Arrays
from citytwin.model.tiled import Finished, Look, TileCrew
from citytwin.simulations.flood.account import facts_of, notes_of, water_notes
from citytwin.simulations.flood.area import Area, area_of, least_courtyard_cells
from citytwin.simulations.flood.culverts import culverts_of
from citytwin.simulations.flood.forcing import forcing_of, options_of, own_forcing, require_water
from citytwin.simulations.flood.gauges import gauge_facts, with_gauges
from citytwin.simulations.flood.outputs import fields_of
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.places import Ground
from citytwin.simulations.flood.storm import storm_of

_MARGIN_CELLS = 64
"""Roofs within half of it drain as in the whole city; where one is wider, more is looked at."""


@dataclass(frozen=True)
class Ended:
    """What the tiles must know to make their fields."""

    ledger: VolumeLedger
    steps: int
    dt_min_s: float


def require_tiles(params: FloodParams) -> None:
    """Refuse what is computed in one piece only.

    Parameters
    ----------
    params
        Parameters of the flood.

    Raises
    ------
    StepError
        If water moves between larger cells than those of the city, or sewers are computed.
    """
    if params.sewers is not None:
        msg = "sewers do not run in tiles: one SWMM computes the whole network step by step"
        raise StepError(msg, step="flood", hint="leave out --domain-tile, or sewers")
    if params.flow_cell_m is not None:
        msg = f"flow_cell_m ({params.flow_cell_m:g} m) does not run in tiles"
        hint = "leave out --domain-tile, or flow_cell_m"
        raise StepError(msg, step="flood", hint=hint)


def _tile(window: Window) -> Tile:
    return Tile(window.row0, window.row1, window.col0, window.col1)


def _window(tile: Tile) -> Window:
    return Window(tile.row0, tile.row1, tile.col0, tile.col1)


def _area_in(look: Look, params: FloodParams, window: Tile, grid: GridSpec) -> Area:
    """The area in a window, with the gaps between buildings as in the whole city."""
    # A gap that is no courtyard ends within so many cells.
    margin = least_courtyard_cells(params, grid.cell_m) + 2
    around = _tile(grown(_window(window), margin, grid.shape))
    area = area_of(look(around), params)
    cut = window.within(around)

    def core(array: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(array[cut])

    ground = Ground(
        area.ground.grid, core(area.ground.terrain_m), core(area.ground.is_open), window
    )
    cover = None if area.cover is None else core(area.cover)
    return Area(ground, core(area.built), core(area.manning), cover)


class FloodTileAtWork:
    """A tile on its worker.

    Parameters
    ----------
    look
        Reads windows of the city.
    params
        Parameters of the flood.
    core
        The tile.
    """

    def __init__(self, look: Look, params: FloodParams, core: Tile) -> None:
        require_tiles(params)
        self._params, self._core = params, core
        block = look(core)
        self._terrain = np.array(block[f.TERRAIN])
        part = reach_of(
            _window(core), halo_cells(options_of(params, block.cell_m)), block.grid.shape
        )
        self._laid = self._lay(look, part, block.grid)
        self._own = own_forcing(_area_in(look, params, _tile(part.reach), block.grid), params)
        self._flood: FloodTile | None = None

    def _lay(self, look: Look, part: FloodPart, grid: GridSpec) -> TileGround:
        margin, options = _MARGIN_CELLS, options_of(self._params, grid.cell_m)
        while True:
            around = grown(part.reach, margin, grid.shape)
            area = _area_in(look, self._params, _tile(around), grid)
            arrays = (area.ground.terrain_m, area.built, area.manning)
            laid = lay_tile(around, arrays, part, grid.shape, grid.cell_m, options)
            if laid is not None:
                return laid
            margin *= 4

    @property
    def reach(self) -> Tile:
        """The cells that it computes."""
        return _tile(self._laid.part.reach)

    @property
    def _begun(self) -> FloodTile:
        if self._flood is None:
            msg = "a tile was asked before the flood began"
            raise StepError(msg, step="flood", hint="the program is at fault; report it")
        return self._flood

    def ground_facts(self) -> tuple[float, bool, int]:
        """Largest share of rain of a cell, whether water can be here, and cells without a level."""
        unknown = int(np.isnan(self._terrain).sum())
        return self._laid.largest_weight, bool(self._laid.own_cells.is_open.any()), unknown

    def begin(self, flood: TiledFlood) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Let the water stand as at the start; return which watched cells lie here, and their bed."""
        self._flood = FloodTile(self._laid, flood, self._own)
        self._laid = replace(self._laid, roofs=NO_ROOFS)  # they are laid out, and large
        places, part = self._flood.watched_places, self._laid.part
        return places, self._laid.ground.bed_m[part.local(flood.watched, places)]

    def rained(self) -> RainedArea:
        """Cells that rain counts on."""
        return self._begun.rained

    def look(self) -> TileLook:
        """See `FloodTile`."""
        return self._begun.look()

    def advance(
        self,
        steps: Sequence[TimeStep],
        before: int,
        lost_outside: Sequence[int],
        through_culverts: NDArray[np.float32],
    ) -> TileLook:
        """See `FloodTile`."""
        return self._begun.advance(steps, before, lost_outside, through_culverts)

    def settle(self, accepted: int) -> None:
        """See `FloodTile`."""
        self._begun.settle(accepted)

    def booked(self) -> BookedDepths:
        """See `FloodTile`."""
        return self._begun.booked()

    def cut(self, window: Tile) -> NamedArrays:
        """Return what another tile must know of some cells."""
        return self._begun.cut(_window(window))

    def paste(self, window: Tile, arrays: NamedArrays) -> None:
        """Take over what another tile has told."""
        self._begun.paste(_window(window), arrays)

    def state(self) -> NamedArrays:
        """Return all that the rest of the run depends on."""
        return self._begun.state()

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state."""
        self._begun.restore(state)

    def gauges(self) -> GaugeSeries:
        """See `FloodTile`."""
        return self._begun.gauges()

    def finish(self, common: Ended) -> Arrays:
        """Return the fields of the tile."""
        flood = self._begun.result(common.ledger, common.steps, common.dt_min_s)
        params = self._params
        return fields_of(flood, self._terrain, params.arrival_depth_m, params.impassable_depth_m)


class _Crew:
    """The tiles as the conductor of the kernels knows them."""

    def __init__(self, tiles: TileCrew, places: Sequence[NDArray[np.int64]]) -> None:
        self._tiles, self._places = tiles, places

    def watched_places(self) -> Sequence[NDArray[np.int64]]:
        """See `Crew`."""
        return self._places

    def look(self) -> Sequence[TileLook]:
        """See `Crew`."""
        return self._tiles.ask("look")

    def swap(self) -> None:
        """See `Crew`."""
        self._tiles.swap()

    def advance(
        self,
        steps: Sequence[TimeStep],
        before: int,
        lost_outside: Sequence[int],
        through_culverts: NDArray[np.float32],
    ) -> Sequence[TileLook]:
        """See `Crew`."""
        return self._tiles.ask("advance", steps, before, lost_outside, through_culverts)

    def settle(self, accepted: int) -> None:
        """See `Crew`."""
        self._tiles.ask("settle", accepted)

    def booked(self) -> Sequence[BookedDepths]:
        """See `Crew`."""
        return self._tiles.ask("booked")


class FloodLeader:
    """Leads the tiles: what brings and takes water, the steps, the account.

    Parameters
    ----------
    look
        Reads windows of the city.
    params
        Parameters of the flood.
    crew
        The tiles.

    Raises
    ------
    StepError
        If a place lies nowhere, or nothing brings water.
    """

    def __init__(self, look: Look, params: FloodParams, crew: TileCrew) -> None:
        self._params, self._block = params, look(Tile(0, 1, 0, 1))
        self._crew = crew
        grid = self._block.grid
        self._storm = storm_of(self._block, params)

        def ground_in(window: Tile) -> Ground:
            return _area_in(look, params, window, grid).ground

        culverts, self._told = culverts_of(ground_in, grid, self._block.tables, params)
        forcing = forcing_of(ground_in, grid, self._storm, params)
        forcing = replace(forcing, culverts=culverts)
        require_water(self._storm, params)
        weights, has_open, unknown = zip(*crew.ask("ground_facts"), strict=True)
        self._unknown = sum(unknown)
        if not any(has_open):
            msg = "no open cell"
            raise StepError(msg, step="flood", hint="terrain is NaN or blocked everywhere")
        self.end_s = params.duration_h * 3600.0
        flood = TiledFlood(
            forcing,
            with_gauges(options_of(params, grid.cell_m), ground_in, grid, params),
            grid.shape,
            grid.cell_m,
            self.end_s,
            max(weights),
        )
        bed = np.zeros(len(flood.watched[0]), dtype=np.float32)
        begun = crew.ask("begin", flood)
        self._rained = all_rained(list(crew.ask("rained")))
        for place, level in begun:
            bed[place] = level
        places = [place for place, _ in begun]
        self._conductor = Conductor(flood, bed, _Crew(crew, places))
        recorded = flood.options.recording
        times = {*recorded.gauge_times_s, *recorded.depth_times_s, self.end_s}
        self._stops = sorted(times - {0})
        self._levees = forcing.levees

    @property
    def time_s(self) -> float:
        """Simulated time [s]."""
        return self._conductor.rule.time_s

    def advance(self) -> None:
        """Go on until the tiles must know of each other again."""
        stop = next(stop for stop in self._stops if stop > self.time_s)
        self._conductor.advance(stop)

    def state(self) -> NamedArrays:
        """Return what the rest of the run depends on beside the tiles."""
        return self._conductor.state()

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state; the tiles have gone back to theirs."""
        self._conductor.restore(state)

    def finish(self) -> Finished:
        """Return what is known at the end."""
        rule, ledger = self._conductor.rule, self._conductor.ledger(self._rained)
        kept = self._crew.ask("gauges") if self._params.gauges else ()
        at_gauges = gauge_facts(self._params, kept, self._block.grid)
        cells = self._block.grid.whole.cells
        return Finished(
            Ended(ledger, rule.steps, rule.dt_min_s),
            (*facts_of(ledger, rule.steps), *self._storm.facts, *at_gauges),
            (
                *notes_of(self._params, self._storm, self._levees, self._block),
                *water_notes(ledger, self._unknown, cells),
                *self._told,
            ),
            self._storm.valid_time,
        )

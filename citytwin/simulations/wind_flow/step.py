"""Pedestrian wind speed ratio for winds from every side, by a flow solved around the buildings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError, StepError
from citytwin.kernels.flow_approach import ApproachFlow
from citytwin.kernels.flow_grid import FlowGrid, inner
from citytwin.kernels.flow_solver import CoarseFlow, Progress
from citytwin.kernels.flow_tiles import (
    COARSE_PART,
    OVERLAPS,
    FlowAccount,
    FlowCase,
    FlowTile,
    TileWind,
    Tiling,
    account_of,
    flow_around,
    flow_tiles,
    joined,
    leading,
    pace_of,
    tile_wind,
    tiles_asked,
)
from citytwin.kernels.flow_town import FIRST_LEVEL_M, fitting_grid
from citytwin.kernels.flow_turn import at_places
from citytwin.kernels.wind_flow import FlowOptions, WindFlow, direction_of, solve_wind_flow
from citytwin.kernels.wind_gusts import gust_ratio
from citytwin.model import fields as f
from citytwin.model.axes import Direction
from citytwin.model.checkpoints import NamedArrays
from citytwin.model.cost import Cost
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec
from citytwin.model.reach import Domain
from citytwin.model.split import Piece, Split, run_in_turn
from citytwin.model.steps import Block, OnDemand, Outcome, Simulation
from citytwin.model.text import text
from citytwin.model.volume import Quantity, Volume
from citytwin.simulations.wind_flow.account import facts_of, notes_of
from citytwin.simulations.wind_flow.params import STEP_NAME, WindFlowParams, approach_of, directions
from citytwin.simulations.wind_flow.place import Place, place_of

_SECONDS_PER_MILLION = 10.0
"""Of one core, per million cells of the flow and direction: between an ordinary and a dense town."""
_BYTES_PER_CELL = 64.0
"""Per cell of the flow, those of the coarse grid among them."""
_BYTES_PER_RESULT = 24.0
"""Per cell of the city and direction, as pieces are joined: what they made, and the fields of it."""
_BYTES_PER_HEIGHT = 16.0
"""The same, of each further height: its velocity is kept until pieces are joined."""
_BYTES_OF_PLACE = 100.0
"""Per cell of the city, of the place itself."""


_AT_FIRST = (f.WIND_SPEED_RATIO_OF_FLOW, f.WIND_ALONG_X_OF_FLOW, f.WIND_ALONG_Y_OF_FLOW)
_ALSO: dict[float, Field] = {
    5.0: f.WIND_SPEED_RATIO_OF_FLOW_5M,
    10.0: f.WIND_SPEED_RATIO_OF_FLOW_10M,
}
REFERENCE_M = 10.0
"""Height of the undisturbed wind that values in three dimensions are given over [m]."""
QUANTITIES = (
    Quantity("u", "1", text("x 方向の平均風速", "mean velocity along x of the grid")),
    Quantity("v", "1", text("y 方向の平均風速", "mean velocity along y of the grid")),
    Quantity("w", "1", text("鉛直方向の平均風速", "mean velocity upwards")),
    Quantity("k", "1", text("乱流エネルギー", "turbulence energy")),
    Quantity("speed", "1", text("平均スカラー風速", "mean scalar speed with turbulence")),
)
"""Over the mean undisturbed wind at 10 m, of the energy over its square."""


class _Job(NamedTuple):
    """What a piece of the run solves."""

    wind: Direction
    tile: FlowTile
    leads: bool
    """Whether the other tiles go as far as this one."""
    is_around: bool = False
    """Whether the flow on larger cells around all tiles of the direction is solved first."""


class _Case(NamedTuple):
    """All that the flows of a place share."""

    place: Place
    grid: FlowGrid
    approach: ApproachFlow
    params: WindFlowParams
    convergence_deg: float

    def solve(self, wind: Direction, told: Callable[[float], None] | None = None) -> WindFlow:
        """Solve the flow of one direction at once; `told` hears the share done."""
        grid, town, approach, toward, options = self.flow(wind)
        heights = [self.params.height_m]
        return solve_wind_flow(grid, town, approach, toward, heights, options, told)

    def flow(self, wind: Direction) -> FlowCase:
        """What is solved for one direction."""
        from_rad = np.radians(wind.from_deg - self.convergence_deg)
        toward = direction_of(from_rad + self.place.turn.angle_rad)
        options = FlowOptions(self.params.tolerance, self.params.most_turnovers)
        return FlowCase(self.grid, self.place.town, self.approach, toward, options)


def _case(block: Block, params: WindFlowParams) -> _Case:
    place = place_of(block, params)
    grid = fitting_grid(place.town, block.cell_m, max(params.heights_m))
    return _Case(place, grid, approach_of(params), params, block.site.convergence_deg)


class _Directions:
    """The flows of all directions, each a piece of the run, or one and its tiles.

    Parameters
    ----------
    block
        The whole city.
    params
        Which directions, and how.
    """

    def __init__(self, block: Block, params: WindFlowParams) -> None:
        self._case, self._winds = _case(block, params), directions(params)
        width = 2 * round(params.tile_overlap_m / block.cell_m / 2)
        place = self._case.place
        self._jobs, self.pieces = list[_Job](), list[Piece]()
        self._tiles, self._lead = list[FlowTile](), 0
        for wind in self._winds:
            toward = self._case.flow(wind).toward
            cut = flow_tiles(place.town, Tiling(params.tile_cells, width), toward)
            # What is asked of tiles, and which of them leads, is the same for all winds.
            self._tiles = tiles_asked(cut, *place.cells)
            self._lead = leading(self._tiles, place.town)
            before, share = tuple[int, ...](), 1.0
            if len(cut) > 1:
                before, share = (len(self.pieces),), (1.0 - COARSE_PART) / len(self._tiles)
                self._jobs.append(_Job(wind, self._tiles[self._lead], leads=True, is_around=True))
                self.pieces.append(Piece(weight=COARSE_PART + share, is_kept=False))
            for number, tile in enumerate(self._tiles):
                self._jobs.append(_Job(wind, tile, leads=number == self._lead))
                # The leading one is solved with the flow around it: it tells the others how far to go.
                is_made = bool(before) and number == self._lead
                self.pieces.append(Piece(before, 0.0 if is_made else share))

    def make(
        self, number: int, before: Sequence[NamedArrays], told: Callable[[float], None]
    ) -> NamedArrays:
        """Solve a direction, the flow around its tiles, or one of these."""
        case, (wind, tile, leads, is_around) = self._case, self._jobs[number]
        flow = case.flow(wind)
        try:
            if is_around:
                return self._around(flow, tile, told)
            known, pace = None, None
            for given in before:
                if _WIND in given and leads:
                    return {name: given[name] for name in (_WIND, _ACCOUNT)}
                cubes = [given[name] for name in _CUBES]
                known = CoarseFlow(case.grid.coarser(), tuple(cubes[:-1]), cubes[-1])
                pace = pace_of(_read(given).account) if _WIND in given else None
            return _written(tile_wind(flow, case.params.heights_m, tile, known, told, pace))
        except ConfigError as error:
            raise StepError(error.message, step=STEP_NAME, hint=error.hint) from error

    def _around(
        self, flow: FlowCase, lead: FlowTile, told: Callable[[float], None]
    ) -> dict[str, NDArray[Any]]:
        """The flow around all tiles, and the leading tile, if that comes to a result."""
        first = COARSE_PART / self.pieces[0].weight
        around = flow_around(flow, lambda share: told(first * share))
        made = dict(zip(_CUBES, (*around.cubes, around.pressure), strict=True))
        heights = self._case.params.heights_m
        try:
            solved = tile_wind(
                flow, heights, lead, around, lambda share: told(first + (1 - first) * share)
            )
        except ConfigError:
            # It is told as lost when its own turn comes; the others stop each by the rule.
            return made
        return made | _written(solved)

    def join(self, made: Sequence[NamedArrays | None]) -> Outcome:
        """Return the fields of all directions."""
        place, params = self._case.place, self._case.params
        each, heights = len(made) // len(self._winds), params.heights_m
        shape = (len(self._winds), *place.unknown.shape)
        wind = np.empty((3, *shape), dtype=np.float32)
        also = np.empty((len(heights) - 1, *shape), dtype=np.float32)
        told, (ny, nx) = list[FlowAccount](), place.town.top_m.shape
        for i, out in enumerate(np.moveaxis(wind, 1, 0)):
            own = made[i * each : (i + 1) * each][-len(self._tiles) :]
            found = joined(
                self._tiles,
                [None if one is None else _read(one) for one in own],
                (len(heights), ny, nx),
            )
            ratio, u, v = found.wind[0]
            for there, values in zip(out, (ratio, *place.turn.vector_back(u, v)), strict=True):
                there[:] = at_places(values, place.cells)
            for there, values in zip(also[:, i], found.wind[1:, 0], strict=True):
                there[:] = at_places(values, place.cells)
            told.append(found.account)
        blank = place.built | place.unknown | place.narrow
        wind[:, :, blank], also[:, :, blank] = np.nan, np.nan
        wind[2] *= -1  # towards the north, as y of the grid
        fields = dict(zip(_speeds(params), (*wind, *also), strict=True))
        if params.gusts:
            fields[f.WIND_GUST_RATIO_OF_FLOW] = gust_ratio(*wind)
        return Outcome(fields, facts=facts_of(told), notes=notes_of(told, place, params))


_CUBES, _WIND, _ACCOUNT = ("u", "v", "w", "energy", "pressure"), "wind", "account"


def _written(one: TileWind) -> dict[str, NDArray[Any]]:
    """What is known of a tile as arrays."""
    account = np.array([*one.account.last, *one.account[1:]], dtype=np.float64)
    return {_WIND: one.wind, _ACCOUNT: account}


def _read(made: NamedArrays) -> TileWind:
    """Take what a piece has made."""
    steps, turnovers, change, steady, divergence, cells, *_ = made[_ACCOUNT].tolist()
    last = Progress(int(steps), turnovers, change, bool(steady))
    return TileWind(made[_WIND], FlowAccount(last, divergence, int(cells)))


SPLIT = Split(cut=_Directions, counted="directions")


def run(block: Block, params: WindFlowParams) -> Outcome:
    """Solve one flow per direction; all speeds follow by scaling."""
    return run_in_turn(SPLIT, block, params)


def volume(block: Block, params: WindFlowParams, wind: Direction) -> Volume:
    """Solve the flow of one direction and give it on the cells of the city, at all levels."""
    hearer, _ = block.watch
    case = _case(block, params)
    place, grid, spec = case.place, case.grid, block.grid
    try:
        flow = case.solve(
            wind, None if hearer is None else lambda share: hearer(share, 1, "directions")
        )
    except ConfigError as error:
        raise StepError(error.message, step=STEP_NAME, hint=error.hint) from error
    reference = np.float32(case.approach.at(REFERENCE_M)[0])
    u, south, w, k = flow.solver.centred()
    u, south = place.turn.vector_back(u / reference, south / reference)
    w, k = w / reference, k / reference**2
    parts = (u, -south, w, k, np.sqrt(u * u + south * south + w * w + 2 * k))
    solid, shape = inner(flow.solver.air) == 0, (grid.nz, *place.unknown.shape)
    values = {quantity: np.empty(shape, dtype=np.float32) for quantity in QUANTITIES}
    for out, part in zip(values.values(), parts, strict=True):
        part[solid] = np.nan
        for level, flat, z_m in zip(out, part, grid.z_m, strict=True):
            level[:] = at_places(flat, place.cells)
            level[place.top_m > z_m] = np.nan
    told = [account_of(flow)]
    return Volume(
        values=values,
        x_m=spec.x_centres(spec.whole),
        y_m=spec.y_centres(spec.whole),
        z_faces_m=place.lowest_m + grid.z_faces_m,
        ground_m=np.float32(place.lowest_m) + at_places(place.town.ground_m, place.cells),
        above_datum=f.TERRAIN in block.arrays,
        facts=facts_of(told),
        notes=notes_of(told, place, params),
    )


def volume_bytes(params: WindFlowParams, grid: GridSpec) -> float:  # noqa: ARG001 - any
    """About how many bytes one direction takes in three dimensions, before it is compressed.

    Parameters
    ----------
    params
        Of the flow.
    grid
        Of the city.
    """
    cells = _levels(grid.cell_m) * grid.ny * grid.nx
    return cells * len(QUANTITIES) * np.dtype(np.float32).itemsize


def _speeds(params: WindFlowParams) -> tuple[Field, ...]:
    """Ratio and velocity at one height, the ratio alone at further ones."""
    return (*_AT_FIRST, *(_ALSO[height] for height in params.heights_m[1:]))


def makes(params: WindFlowParams) -> tuple[Field, ...]:
    """Return what is made: speeds, and gusts where they are asked for.

    Parameters
    ----------
    params
        With the heights.
    """
    return (*_speeds(params), *((f.WIND_GUST_RATIO_OF_FLOW,) if params.gusts else ()))


def cost_of(params: WindFlowParams, cell_m: float) -> Cost:
    """Time of one core grows with the directions; of the memory only the results do.

    Parameters
    ----------
    params
        Which directions.
    cell_m
        Edge of a cell [m].
    """
    levels = _levels(cell_m)
    side = params.tile_cells + OVERLAPS * params.tile_overlap_m / cell_m
    number = len(directions(params))
    per_result = _BYTES_PER_RESULT + _BYTES_PER_HEIGHT * (len(params.heights_m) - 1 + params.gusts)
    results = number * per_result + _BYTES_OF_PLACE
    return Cost(
        seconds_per_megacell=number * levels * _SECONDS_PER_MILLION,
        bytes_per_cell=levels * _BYTES_PER_CELL + results,
        # Of what is more than a tile only the flow on cells twice as large is in memory.
        whole_cells=side**2,
        bytes_beyond=levels * _BYTES_PER_CELL / 8.0 + results,
    )


def _levels(cell_m: float) -> float:
    """About how many levels the grid of a town has."""
    return 15.0 + 40.0 / min(cell_m, FIRST_LEVEL_M)


SIMULATION = Simulation(
    name=STEP_NAME,
    title=text("風の流れ（風向別の風速比）", "Wind flow: speed ratio by direction"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.TERRAIN, f.BUILDING_MASK, f.BUILDING_PARTS, f.CANOPY_TOP, f.CANOPY_BASE),
    outputs=(*_AT_FIRST, *_ALSO.values(), f.WIND_GUST_RATIO_OF_FLOW),
    params=WindFlowParams,
    makes=makes,
    reach=Domain(),
    run=run,
    directions=directions,
    split=SPLIT,
    cost=cost_of(WindFlowParams(), 2.0),
    cost_of=cost_of,
    on_demand=OnDemand(volume, volume_bytes),
)

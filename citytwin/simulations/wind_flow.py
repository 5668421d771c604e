"""Pedestrian wind speed ratio for winds from every side, by a flow solved around the buildings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bound
from pydantic import field_validator

from citytwin.errors import ConfigError, StepError
from citytwin.kernels.flow_approach import ApproachFlow, logarithmic_flow
from citytwin.kernels.flow_grid import FlowGrid, inner
from citytwin.kernels.flow_setup import Town
from citytwin.kernels.flow_solver import CoarseFlow, Progress
from citytwin.kernels.flow_tiles import (
    COARSE_PART,
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
from citytwin.kernels.flow_town import FIRST_LEVEL_M, fitting_grid, surrounded
from citytwin.kernels.flow_turn import Places, Turn, at_places, turn_of, turned
from citytwin.kernels.obstacles import obstacle_height
from citytwin.kernels.wind_flow import FlowOptions, WindFlow, direction_of, solve_wind_flow
from citytwin.model import fields as f
from citytwin.model.axes import Direction, evenly
from citytwin.model.checkpoints import NamedArrays
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Fact, Note
from citytwin.model.split import Piece, Split, run_in_turn
from citytwin.model.steps import Block, Cost, Domain, OnDemand, Outcome, Params, Simulation
from citytwin.model.text import text
from citytwin.model.volume import Quantity, Volume

STEP_NAME = "wind_flow"
LOWEST_BUILDING_M = 1.0
"""What is lower is no obstacle: kerbs, parked cars, noise of the surface [m]."""
_SECONDS_PER_MILLION = 12.0
"""Of one core, per million cells of the flow and direction: between an ordinary and a dense town."""
_BYTES_PER_CELL = 64.0
"""Per cell of the flow, those of the coarse grid among them."""
_BYTES_PER_RESULT = 24.0
"""Per cell of the city and direction, as pieces are joined: what they made, and the fields of it."""
_BYTES_PER_HEIGHT = 16.0
"""The same, of each further height: its velocity is kept until pieces are joined."""
_BYTES_OF_PLACE = 100.0
"""Per cell of the city, of the place itself."""


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
    roughness_m: float = Bound(default=0.3, gt=0, le=3)
    """Roughness length of the land around, which shapes the wind that arrives: 0.03 open fields,
    0.1 with hedges, 0.3 suburbs, 1 cities."""
    approach: tuple[ApproachLevel, ...] = ()
    """The wind that arrives as measured, from the ground up, in the place of the logarithmic one over
    `roughness_m`; two heights or more."""
    margin_m: float = Bound(default=100.0, ge=0, le=2000)
    """Open ground around all that stands, on each side; put around the rasters where they have less."""
    tolerance: float = Bound(default=0.007, gt=0, le=1)
    """Change of the speed 2 m above ground near walls within a turnover that counts as steady [-]."""
    most_turnovers: float = Bound(default=100.0, gt=0, le=1000)
    """Turnovers at most on each grid; a turnover is the time in which the wind at the mean height
    of the buildings crosses that height [-]."""
    leaf_drag_per_m: float = Bound(default=0.2, ge=0, le=5)
    """Drag coefficient times leaf area density of crowns, where the city has trees."""
    tile_cells: int = Bound(default=1024, ge=64, le=4096)
    """A larger area is solved in tiles of at most so many cells a side."""
    tile_overlap_m: float = Bound(default=100.0, ge=0, le=1000)
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


class _Place(NamedTuple):
    """The rasters as a town with its margin, turned with its walls, and what cannot be answered."""

    town: Town
    lowest_m: float
    """Ground that heights of the town are counted from."""
    turn: Turn
    cells: Places
    """Rows and columns in the town of the cells of the rasters."""
    top_m: NDArray[np.float32]
    """Top of ground and buildings above that ground, on the cells of the rasters."""
    built: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    narrow: NDArray[np.bool_]
    cut: bool


class _Job(NamedTuple):
    """What a piece of the run solves."""

    wind: Direction
    tile: FlowTile | None
    """None for the flow on larger cells around all tiles of a direction."""


class _Case(NamedTuple):
    """All that the flows of a place share."""

    place: _Place
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
    place = _place(block, params)
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
        cut = flow_tiles(place.town, Tiling(params.tile_cells, width))
        self._tiles = tiles_asked(cut, *place.cells)
        self._jobs, self.pieces = list[_Job](), list[Piece]()
        self._lead = self._tiles[leading(self._tiles, place.town)]
        for wind in self._winds:
            before, share = tuple[int, ...](), 1.0
            if len(cut) > 1:
                before, share = (len(self.pieces),), (1.0 - COARSE_PART) / len(self._tiles)
                self._jobs.append(_Job(wind, None))
                self.pieces.append(Piece(weight=COARSE_PART + share, is_kept=False))
            for tile in self._tiles:
                self._jobs.append(_Job(wind, tile))
                # The leading one is solved with the flow around it: it tells the others how far to go.
                is_made = bool(before) and tile is self._lead
                self.pieces.append(Piece(before, 0.0 if is_made else share))

    def make(
        self, number: int, before: Sequence[NamedArrays], told: Callable[[float], None]
    ) -> NamedArrays:
        """Solve a direction, the flow around its tiles, or one of these."""
        case, (wind, tile) = self._case, self._jobs[number]
        flow = case.flow(wind)
        try:
            if tile is None:
                return self._around(flow, told)
            known, pace = None, None
            for given in before:
                if _WIND in given and tile is self._lead:
                    return {name: given[name] for name in (_WIND, _ACCOUNT)}
                cubes = [given[name] for name in _CUBES]
                known = CoarseFlow(case.grid.coarser(), tuple(cubes[:-1]), cubes[-1])
                pace = pace_of(_read(given).account) if _WIND in given else None
            return _written(tile_wind(flow, case.params.heights_m, tile, known, told, pace))
        except ConfigError as error:
            raise StepError(error.message, step=STEP_NAME, hint=error.hint) from error

    def _around(self, flow: FlowCase, told: Callable[[float], None]) -> dict[str, NDArray[Any]]:
        """The flow around all tiles, and the leading tile, if that comes to a result."""
        first = COARSE_PART / self.pieces[0].weight
        around = flow_around(flow, lambda share: told(first * share))
        made = dict(zip(_CUBES, (*around.cubes, around.pressure), strict=True))
        heights = self._case.params.heights_m
        try:
            lead = tile_wind(
                flow, heights, self._lead, around, lambda share: told(first + (1 - first) * share)
            )
        except ConfigError:
            # It is told as lost when its own turn comes; the others stop each by the rule.
            return made
        return made | _written(lead)

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
        fields = dict(zip(makes(params), (*wind, *also), strict=True))
        return Outcome(fields, facts=_facts(told), notes=_notes(told, place, params))


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
        facts=_facts(told),
        notes=_notes(told, place, params),
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


def makes(params: WindFlowParams) -> tuple[Field, ...]:
    """Return what is made: ratio and velocity at one height, the ratio alone at further ones.

    Parameters
    ----------
    params
        With the heights.
    """
    return (*_AT_FIRST, *(_ALSO[height] for height in params.heights_m[1:]))


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


def _place(block: Block, params: WindFlowParams) -> _Place:
    """Ground and buildings above the lowest level; gaps in the data are open, level ground."""
    surface, terrain = block[f.SURFACE_HEIGHT], block.get(f.TERRAIN)
    obstacles = obstacle_height(surface, terrain, block.get(f.BUILDING_MASK))
    unknown = np.isnan(obstacles)
    if unknown.all():
        msg = "no cell has a height"
        raise StepError(msg, step=STEP_NAME, hint="check that the rasters hold data")
    ground, lowest = np.zeros(surface.shape, dtype=np.float32), 0.0
    if terrain is not None:
        filled = np.where(unknown, np.nanmedian(terrain), terrain)
        ground, lowest = _on_levels(filled, block.cell_m)
    height = np.where(obstacles >= LOWEST_BUILDING_M, obstacles, 0).astype(np.float32)
    built = height > 0
    crowns = [_crown(block.get(field), terrain, ground) for field in (f.CANOPY_TOP, f.CANOPY_BASE)]
    top = ground + height
    town = Town(top, ground, crowns[0], crowns[1], params.leaf_drag_per_m)
    parts = block.get(f.BUILDING_PARTS)
    turn = turn_of(town, parts)
    drawn = turned(town, turn, parts)
    wide, (row0, col0) = surrounded(drawn, block.cell_m, params.margin_m)
    rows, cols = turn.places()
    # Open ground beyond the flow has the wind of its edge.
    ny, nx = wide.top_m.shape
    cells = np.clip(rows + row0, 0, ny - 1), np.clip(cols + col0, 0, nx - 1)
    edge = np.concatenate([built[0], built[-1], built[:, 0], built[:, -1]])
    narrow, cut = _one_cell_wide(built), bool(edge.any())
    return _Place(wide, lowest, turn, cells, top, built, unknown, narrow, cut)


def _on_levels(ground: NDArray[np.float32], cell_m: float) -> tuple[NDArray[np.float32], float]:
    """Ground above the lowest level of the flow, whose median lies on a face between levels; that level.

    Ground stands as stairs: streets half a level above the lowest water would else be a patchwork of
    steps. Hollows less than a level below the median are filled.
    """
    level, median = min(cell_m, FIRST_LEVEL_M), float(np.median(ground))
    lowest = median - level * np.floor((median - float(ground.min())) / level)
    return np.maximum(ground - lowest, 0).astype(np.float32), float(lowest)


def _crown(
    crown: NDArray[np.float32] | None,
    terrain: NDArray[np.float32] | None,
    ground: NDArray[np.float32],
) -> NDArray[np.float32] | None:
    """A surface of crowns above the lowest ground."""
    if crown is None:
        return None
    return np.asarray(crown if terrain is None else crown - terrain + ground, dtype=np.float32)


def _one_cell_wide(built: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Open cells with a building on both sides: the flow has one cell there and says nothing."""
    wide = np.pad(built, 1)
    between = wide[1:-1, :-2] & wide[1:-1, 2:] | wide[:-2, 1:-1] & wide[2:, 1:-1]
    narrow: NDArray[np.bool_] = between & ~built
    return narrow


def _facts(told: list[FlowAccount]) -> tuple[Fact, ...]:
    """Account of the runs: the worst of all directions."""

    def fact(name: str, ja: str, en: str, value: float) -> Fact:
        return Fact(name=name, label=text(ja, en), value=value, unit="1")

    solved = [one for one in told if one.cells]
    last = [one.last for one in solved]
    seam = (
        fact("seam_rms", "タイル境界の差（二乗平均平方根、最大の風向）", "Tiles apart where they meet, root mean square", max(one.seam_rms for one in told)),
        fact("seam_max", "タイル境界の差（最大）", "Tiles apart where they meet, at most", max(one.seam_most for one in told)),
    )  # fmt: skip
    in_tiles = any(one.seam_most for one in told)
    return (
        fact("cells", "計算セル数", "Cells of the flow", float(solved[0].cells)),
        fact("steps", "ステップ数（最大）", "Steps on the finest grid, at most", float(max(p.steps for p in last))),
        fact("turnovers", "無次元時間（最小）", "Turnovers on it, at least", min(p.turnovers for p in last)),
        fact("change", "定常性（最大の変化率）", "Change in a turnover, at most", max(p.change for p in last)),
        fact("divergence", "連続の式の残差（最大）", "Divergence left, at most", max(one.divergence for one in solved)),
        *(seam if in_tiles else ()),
    )  # fmt: skip


def _notes(told: list[FlowAccount], place: _Place, params: WindFlowParams) -> tuple[Note, ...]:
    """What the flow is, and where it is weak."""
    ja, en = f"粗度長 {params.roughness_m:g} m", f"of roughness length {params.roughness_m:g} m"
    if params.approach:
        ja = f"流入風の分布は {len(params.approach)} 高さで与えられたもの"
        en = f"with the wind that was given at {len(params.approach)} heights"
    heights = ", ".join(f"{height:g}" for height in params.heights_m)
    notes = [
        Note(
            severity="info",
            ja=f"中立の定常流れ（1 方程式乱流モデル）を風向ごとに計算。地上 {heights} m、"
            f"乱れを含む平均スカラー風速の比。周囲は平坦な開けた土地（{ja}）と仮定。"
            "風洞実験との誤差は風速比で ±0.15（市街地）",
            en=f"A steady flow of neutral air per direction (one-equation turbulence) at {heights} m: "
            f"ratio of mean scalar speeds with turbulence. Around the area the land is taken as open, {en}. "
            "Off by ±0.15 of the ratio in a town (wind tunnel)",
        )
    ]
    angle = np.degrees(place.turn.angle_rad)
    if angle:
        ja, en = ("反時計回り", "anticlockwise") if angle > 0 else ("時計回り", "clockwise")
        notes.append(
            Note(
                severity="info",
                ja=f"計算格子は多くの壁の向きに合わせて {abs(angle):.0f}° 回しています（{ja}）",
                en=f"Solved on cells turned by {abs(angle):.0f}° {en}, along most of the walls",
            )
        )
    late = sum(not one.last.steady for one in told if one.cells)
    if late:
        notes.append(
            Note(
                severity="loss",
                ja=f"{late} 風向で計算が定常に達していません",
                en=f"The flow had not come to rest in {late} of {len(told)} directions",
            )
        )
    lost = sum(one.lost for one in told)
    if lost:
        notes.append(
            Note(
                severity="loss",
                ja=f"風向（大きな範囲ではタイルと風向の組）{lost} 件は解が得られず空白です",
                en=f"{lost} directions, or tiles by direction, came to no flow and are left blank",
            )
        )
    if place.cut:
        notes.append(
            Note(
                severity="loss",
                ja="範囲の縁で建物が切れています。その外の建物は考慮していません",
                en="Buildings are cut by the edge of the area; those beyond it shelter nobody",
            )
        )
    if place.narrow.any():
        notes.append(
            Note(
                severity="loss",
                ja="幅 1 セルの隙間は計算できないため空白です",
                en="Gaps one cell wide between buildings are left blank: the flow cannot see them",
            )
        )
    return tuple(notes)


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
    side = params.tile_cells + 2 * params.tile_overlap_m / cell_m
    number = len(directions(params))
    per_result = _BYTES_PER_RESULT + _BYTES_PER_HEIGHT * (len(params.heights_m) - 1)
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
    outputs=(*_AT_FIRST, *_ALSO.values()),
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

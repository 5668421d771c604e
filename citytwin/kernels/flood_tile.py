"""A tile of a grid that floods together with the others: same bits as the grid in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flood_culverts import CulvertEnds
from citytwin.kernels.flood_exchange import FloodExchange
from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_ledger import BookedDepths, VolumeLedger
from citytwin.kernels.flood_levee import Levee
from citytwin.kernels.flood_options import Recording, Scheme, SolverOptions
from citytwin.kernels.flood_part import Cells, FloodPart, as_cells
from citytwin.kernels.flood_recorder import FloodRecorder
from citytwin.kernels.flood_result import GaugeSeries, Inundation
from citytwin.kernels.flood_run import FloodParts, FloodRun
from citytwin.kernels.flood_scheme import FloodScheme
from citytwin.kernels.flood_setup import start_depth
from citytwin.kernels.flood_sources import FloodSources
from citytwin.kernels.flood_stage import StageCells
from citytwin.kernels.flood_tile_ground import TileGround
from citytwin.kernels.full_scheme import FullScheme, open_entries
from citytwin.kernels.gridded_rain import under_rain
from citytwin.kernels.inertial_scheme import InertialScheme
from citytwin.kernels.infiltration import LevelSoak
from citytwin.kernels.rain_field import RainField
from citytwin.kernels.rained_area import rained_area
from citytwin.kernels.time_steps import TimeStep
from citytwin.kernels.water_storage import LevelBeds
from citytwin.kernels.window import Window
from citytwin.model.checkpoints import NamedArrays

# What tiles tell each other, and how many more rows and columns it has than the cells.
_SHARED = {
    Scheme.INERTIAL: {
        "depth_m": (0, 0),
        "residual_m": (0, 0),
        "x_discharge": (0, 1),
        "y_discharge": (1, 0),
    },
    Scheme.FULL: {
        "water.depth_m": (0, 0),
        "water.residual_m": (0, 0),
        "water.x_speed": (0, 0),
        "water.y_speed": (0, 0),
    },
}
_MEMORY = "memory"  # of the ground

_Seen: TypeAlias = tuple[float, float, NDArray[np.float32], tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class TiledFlood:
    """What all tiles of a flood know.

    Parameters
    ----------
    forcing
        Forcing with the cells of the whole grid; without sinks and initial depth, which the tiles
        have for themselves.
    options
        Numbers of the scheme.
    shape
        Rows and columns of the grid.
    cell_m
        Cell size [m], > 0.
    duration_s
        Length of the run [s], > 0.
    largest_weight
        Largest share of rain that any cell of the grid receives [-], >= 0.
    """

    forcing: Forcing
    options: SolverOptions
    shape: tuple[int, int]
    cell_m: float
    duration_s: float
    largest_weight: float

    @property
    def watched(self) -> Cells:
        """Cells whose depth decides what levees, given levels and culverts bring, each once."""
        nx = self.shape[1]
        givers: list[Levee | StageCells] = [*self.forcing.levees, *self.forcing.stages]
        flat = [np.asarray(one.rows) * nx + np.asarray(one.cols) for one in givers]
        if self.forcing.culverts is not None:
            rows, cols = self.forcing.culverts.cells
            flat.append(rows * nx + cols)
        cells = np.unique(np.concatenate(flat)) if flat else np.empty(0, dtype=np.int64)
        return as_cells(cells // nx, cells % nx)


class TileLook(NamedTuple):
    """What a tile tells after each of some steps.

    Parameters
    ----------
    deepest_m
        Largest depth of the tile, shape (n,), float64 [m].
    wave_m_s
        Speed of its fastest wave, shape (n,), float64 [m/s].
    watched_m
        Depth of its watched cells, shape (n, m), float32 [m].
    lost_outside
        What has left the water outside each levee into the tile, after each step [2^-46 m].
    """

    deepest_m: NDArray[np.float64]
    wave_m_s: NDArray[np.float64]
    watched_m: NDArray[np.float32]
    lost_outside: tuple[tuple[int, ...], ...]


class _Backup(NamedTuple):
    """The tile before the steps that were taken last."""

    flow: NamedArrays
    running: NamedArrays
    stops: int
    steps: tuple[TimeStep, ...]
    before: int
    is_still: bool


class FloodTile:
    """A tile with the water around it.

    Parameters
    ----------
    tile
        Ground of the tile.
    flood
        What all tiles know.
    own
        Sinks and initial depth of the reach of the tile, in a forcing that has nothing else.
    """

    def __init__(self, tile: TileGround, flood: TiledFlood, own: Forcing) -> None:
        self.part, self._flood = tile.part, flood
        forcing = replace(flood.forcing, sinks=own.sinks, initial_depth_m=own.initial_depth_m)
        self._run = FloodRun(_parts(tile, flood, forcing), flood.options, self.part)
        self.rained = rained_area(forcing.rain, self.part.core, tile.own_cells)
        """Cells of the tile that rain counts on."""
        placed = self.part.placed(flood.watched)
        self.watched_places = placed.booked
        """Which of the watched cells lie in the tile, places in `TiledFlood.watched`."""
        self._watched = self.part.local(flood.watched, placed.booked)
        self._backup: _Backup | None = None
        self._is_still = not self._run.scheme.water.row_depth_m.max() > 0
        self._run.track(0.0)
        self._run.recorder.at_stop(self._run.scheme, 0.0)

    @property
    def stops(self) -> list[float]:
        """Times at which a step must end [s], ascending; the last is the end of the run."""
        return self._run.recorder.stops

    @property
    def _core(self) -> tuple[slice, slice]:
        booked = self.part.booked
        return slice(booked.row0, booked.row1), slice(booked.col0, booked.col1)

    def look(self) -> TileLook:
        """Return what the tile tells now.

        Returns
        -------
        TileLook
            Of one moment.
        """
        rows = self._core_rows()
        return _joined([self._seen(rows, self._run.scheme.wave_within(self.part.booked))])

    def advance(
        self,
        steps: Sequence[TimeStep],
        before: int,
        lost_outside: Sequence[int],
        through_culverts: NDArray[np.float32],
    ) -> TileLook:
        """Take some steps.

        Parameters
        ----------
        steps
            Not more than the cells around the tile allow.
        before
            Number of steps before these.
        lost_outside
            What has left the water outside each levee into the whole grid so far [2^-46 m].
        through_culverts
            What passes each culvert of the grid in the one step, shape (n,), float32 [m]; of a
            grid without culverts, where more steps may come, shape (0,).

        Returns
        -------
        TileLook
            After each step.
        """
        run = self._run
        self._backup = _Backup(
            _copies(run.flow_state()),
            _copies(run.recorder.running()),
            run.recorder.stops_passed,
            tuple(steps),
            before,
            self._is_still,
        )
        run.exchange.hear_of_all(lost_outside)
        run.carry(through_culverts)
        return _joined([self._step(step, before + k + 1) for k, step in enumerate(steps)])

    def _step(self, step: TimeStep, number: int) -> _Seen:
        """Take a step; the largest depths of the rows are those of the tile, not of its reach."""
        run = self._run
        is_dry = not run.scheme.water.row_depth_m.max() > 0
        run.move(step, is_still=is_dry and self._is_still)
        self._is_still = is_dry
        rows = self._core_rows()
        wave = run.scheme.wave_within(self.part.booked)
        water = run.scheme.water
        run.take_and_bring(run.scheme.water_with(rows), water, step)
        np.maximum(water.row_depth_m, rows, out=water.row_depth_m)
        run.record(step, number)
        return self._seen(rows, wave)

    def _core_rows(self) -> NDArray[np.float32]:
        """Largest depth of each row in the tile; 0 in rows beside it."""
        depth = self._run.scheme.water.depth_m
        rows, cols = self._core
        largest = np.zeros(depth.shape[0], dtype=np.float32)
        largest[rows] = depth[rows, cols].max(axis=1)
        return largest

    def _seen(self, rows: NDArray[np.float32], wave: float) -> _Seen:
        run = self._run
        lost = tuple(run.exchange.lost_outside())
        return float(rows.max()), wave, run.scheme.water.depth_m[self._watched], lost

    def settle(self, accepted: int) -> None:
        """Keep only the first of the steps that were taken last.

        Parameters
        ----------
        accepted
            How many.
        """
        backup = self._backup
        if backup is None or accepted == len(backup.steps):
            return
        run = self._run
        run.restore_flow(backup.flow)
        run.recorder.go_back(backup.running, backup.stops)
        self._is_still = backup.is_still
        for k, step in enumerate(backup.steps[:accepted]):
            self._step(step, backup.before + k + 1)
        self._backup = None

    def _shared(self) -> dict[str, tuple[NDArray[Any], tuple[int, int]]]:
        """Arrays that tiles tell each other, with how much larger than the cells they are."""
        state = self._run.scheme.state()
        more = _SHARED[self._flood.options.scheme]
        arrays = {name: (state[name], larger) for name, larger in more.items()}
        memory = self._run.exchange.memory
        return arrays | ({_MEMORY: (memory, (0, 0))} if memory.size else {})

    def _local(self, window: Window, larger: tuple[int, int]) -> tuple[slice, slice]:
        reach, (more_rows, more_cols) = self.part.reach, larger
        return (
            slice(window.row0 - reach.row0, window.row1 - reach.row0 + more_rows),
            slice(window.col0 - reach.col0, window.col1 - reach.col0 + more_cols),
        )

    def cut(self, window: Window) -> NamedArrays:
        """Return what another tile must know of this one.

        Parameters
        ----------
        window
            Cells of the grid, in this tile.

        Returns
        -------
        mapping
            Copies; faces at the sides of the window belong to it. Empty where all is zero.
        """
        shared = self._shared().items()
        cut = {name: array[self._local(window, more)].copy() for name, (array, more) in shared}
        return cut if any(array.any() for array in cut.values()) else {}

    def paste(self, window: Window, arrays: NamedArrays) -> None:
        """Take over what another tile has told.

        Parameters
        ----------
        window
            Cells of the grid, beside this tile and in its reach.
        arrays
            What `cut` of the other tile returned.
        """
        for name, (array, larger) in self._shared().items():
            place = self._local(window, larger)
            array[place] = arrays.get(name, 0)
            self._is_still = self._is_still and (name == _MEMORY or not array[place].any())
        water = self._run.scheme.water
        rows = self._local(window, (0, 0))[0]
        water.row_depth_m[rows] = water.depth_m[rows].max(axis=1)

    def state(self) -> NamedArrays:
        """Return all that the rest of the run depends on.

        Returns
        -------
        mapping
            Arrays of any shape, which go on changing.
        """
        return self._run.state()

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
        self._run.restore(state)
        self._is_still, self._backup = False, None

    def booked(self) -> BookedDepths:
        """Return what the account of the tile says now.

        Returns
        -------
        BookedDepths
            Sums over the cells of the tile.
        """
        return self._run.booked()

    def gauges(self) -> GaugeSeries:
        """Return what was kept at the gauges in the tile so far.

        Returns
        -------
        GaugeSeries
            With rows and columns of the grid.
        """
        own, reach = self._run.recorder.gauges(), self.part.reach
        return replace(own, rows=own.rows + reach.row0, cols=own.cols + reach.col0)

    def result(self, ledger: VolumeLedger, steps: int, dt_min_s: float) -> Inundation:
        """Return the result in the tile; its own state is used up.

        Parameters
        ----------
        ledger
            Account of the whole grid.
        steps, dt_min_s
            Number of time steps, and the shortest one [s].

        Returns
        -------
        Inundation
            Arrays of the shape of the tile; of the gauges those in it, with rows and columns of
            the grid.
        """
        run = self._run
        whole = run.recorder.result(run.scheme.shown, ledger, steps, dt_min_s)
        core = (..., *self._core)

        def cut(array: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.ascontiguousarray(array[core])

        return Inundation(
            max_depth_m=cut(whole.max_depth_m),
            max_speed_m_s=cut(whole.max_speed_m_s),
            max_depth_speed_m2_s=cut(whole.max_depth_speed_m2_s),
            max_hazard_rating=cut(whole.max_hazard_rating),
            lasting_s=cut(whole.lasting_s),
            arrival_s=cut(whole.arrival_s),
            first_time_s=cut(whole.first_time_s),
            last_time_s=cut(whole.last_time_s),
            final_depth_m=cut(whole.final_depth_m),
            gauges=self.gauges(),
            depth_series_m=cut(whole.depth_series_m),
            speed_series_m_s=cut(whole.speed_series_m_s),
            ledger=ledger,
            steps=steps,
            dt_min_s=dt_min_s,
        )


def _copies(arrays: NamedArrays) -> NamedArrays:
    return {name: array.copy() for name, array in arrays.items()}


def _joined(seen: Sequence[_Seen]) -> TileLook:
    deepest, waves, watched, lost = zip(*seen, strict=True)
    return TileLook(np.array(deepest), np.array(waves), np.array(watched), tuple(lost))


def _parts(tile: TileGround, flood: TiledFlood, forcing: Forcing) -> FloodParts:
    """Lay out the tile."""
    options, part, area_m2 = flood.options, tile.part, flood.cell_m**2
    depth = start_depth(forcing, tile.cells)
    ground, gridded = tile.ground, None
    if isinstance(forcing.rain, RainField):
        is_open, roofs = tile.cells.is_open, tile.roofs
        ground, gridded = under_rain(ground, forcing.rain, part.reach, is_open, roofs)
    scheme: FloodScheme
    if options.scheme is Scheme.FULL:
        ground = open_entries(ground, (*forcing.stages, *forcing.inflows), part, flood.shape)
        scheme = FullScheme(ground, depth, flood.cell_m, options)
    else:
        scheme = InertialScheme(ground, depth, flood.cell_m, options)
    soak = None if forcing.sinks is None else LevelSoak(forcing.sinks, part.booked)
    return FloodParts(
        scheme,
        FloodSources(forcing, area_m2, flood.largest_weight, part, gridded),
        FloodExchange(forcing, LevelBeds(ground.bed_m), area_m2, flood.shape[1], part, soak),
        FloodRecorder(_own_gauges(options, part), tile.cells, flood.duration_s),
        None if forcing.culverts is None else CulvertEnds(forcing.culverts, part),
    )


def _own_gauges(options: SolverOptions, part: FloodPart) -> Recording:
    """What is recorded, with the gauges in the tile alone."""
    gauges = np.asarray(options.recording.gauge_cells, dtype=np.int64).reshape(-1, 2)
    cells = (gauges[:, 0], gauges[:, 1])
    rows, cols = part.local(cells, part.placed(cells).booked)
    own = tuple((int(row), int(col)) for row, col in zip(rows, cols, strict=True))
    return replace(options.recording, gauge_cells=own)

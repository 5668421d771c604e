"""A flood from start to end: the time loop over the shallow-water step, with its account."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError, StepError
from citytwin.kernels.face_discharge import GRAVITY_M_S2, StepNumbers
from citytwin.kernels.flood_exchange import FloodExchange, check_exchange
from citytwin.kernels.flood_forcing import Forcing, Inflow, RainSeries
from citytwin.kernels.flood_ledger import EdgeVolumes, VolumeLedger
from citytwin.kernels.flood_maxima import MAXIMA_WORK_ROWS, track_maxima
from citytwin.kernels.flood_options import EdgeKind, Edges, Recording, SolverOptions
from citytwin.kernels.flood_recorder import FloodRecorder
from citytwin.kernels.flood_result import GaugeSeries, Inundation
from citytwin.kernels.flood_setup import (
    check_cells,
    check_inflows,
    lay_ground,
    start_state,
)
from citytwin.kernels.flood_sources import FloodSources
from citytwin.kernels.shallow_water import STEP_WORK_ROWS, FlowState, Ground, advance

__all__ = [
    "EdgeKind",
    "EdgeVolumes",
    "Edges",
    "Forcing",
    "GaugeSeries",
    "Inflow",
    "Inundation",
    "RainSeries",
    "Recording",
    "SolverOptions",
    "VolumeLedger",
    "simulate_inundation",
]


# Deeper water than this is a mistake in the inputs; the time step would shrink without end.
_DEEPEST_M = 1e5


class _EdgeAccount:
    """Sums what leaves over the sides."""

    def __init__(self, edges: Edges) -> None:
        kinds = (edges.north, edges.south, edges.west, edges.east)
        self._is_free = [kind is not EdgeKind.CLOSED for kind in kinds]
        self._volume_m3 = [0.0] * 4

    def book(self, state: FlowState, scale_m_s: float) -> None:
        """Add the outflow of a step; `scale_m_s` is time step times cell size [m s]."""
        sides = (
            state.y_discharge[0],
            state.y_discharge[-1],
            state.x_discharge[:, 0],
            state.x_discharge[:, -1],
        )
        for k, (is_free, side) in enumerate(zip(self._is_free, sides, strict=True)):
            if is_free:
                self._volume_m3[k] += abs(float(side.sum(dtype=np.float64))) * scale_m_s

    def volumes(self) -> EdgeVolumes:
        """Volumes so far."""
        return EdgeVolumes(*self._volume_m3)


class _Run:
    """The state of a run and what one step does to it."""

    def __init__(
        self,
        ground: Ground,
        state: FlowState,
        cell_m: float,
        forcing: Forcing,
        options: SolverOptions,
    ) -> None:
        self.state = state
        self.time_s, self.steps, self.dt_min_s = 0.0, 0, math.inf
        self.edges = _EdgeAccount(options.edges)
        self._ground, self._cell_m, self._options = ground, cell_m, options
        self._area_m2 = cell_m * cell_m
        # Longest stable step for water of 1 m; it falls with the root of the depth.
        self._stable_s = options.courant * cell_m / math.sqrt(GRAVITY_M_S2)
        self._loss_m_s = forcing.drainage_m_s
        self._sources = FloodSources(forcing, self._area_m2, float(ground.rain_weight.max()))
        self.exchange = FloodExchange(forcing, ground.bed_m, self._area_m2)
        self._drained_m = 0.0
        width = max(ground.bed_m.shape) + 1
        self._work = np.zeros((max(STEP_WORK_ROWS, MAXIMA_WORK_ROWS), width), dtype=np.float32)

    @property
    def stored_m3(self) -> float:
        """Volume on the ground now."""
        return float(self.state.depth_m.sum(dtype=np.float64)) * self._area_m2

    @property
    def drained_m3(self) -> float:
        """Volume that the drains have taken."""
        return self._drained_m * self._area_m2

    def step(self, stop_s: float) -> None:
        """Advance by one time step that leaves a whole number of equal steps to `stop_s`."""
        dt = self._stable_step_s()
        # Equal steps up to the output time, so that no tiny step is left over.
        left = math.ceil((stop_s - self.time_s) / dt)
        dt = (stop_s - self.time_s) / left
        until = stop_s if left == 1 else self.time_s + dt
        numbers = self._numbers(dt, self._sources.rain_m(self.time_s, until))
        self._drained_m += advance(self.state, self._ground, self._work, numbers)
        self.state = self.state._replace(
            x_discharge=self.state.x_next,
            y_discharge=self.state.y_next,
            x_next=self.state.x_discharge,
            y_next=self.state.y_discharge,
        )
        # The factor of the kernel, rounded as there, so that the account has no bias.
        self.edges.book(self.state, float(numbers.dt_per_cell) * self._area_m2)
        self._sources.pour(self.state, self.time_s, until)
        self.exchange.apply(self.state, self.time_s, until, is_stop=left == 1)
        self.time_s, self.steps, self.dt_min_s = until, self.steps + 1, min(self.dt_min_s, dt)

    def track(self, recorder: FloodRecorder) -> None:
        """Bring the running maxima up to now."""
        numbers = self._numbers(1.0, np.float32(0.0))
        time = np.float32(self.time_s)
        track_maxima(recorder.maxima, self.state, self._ground, self._work, numbers, time)
        recorder.at_step(self.state, self.time_s)

    def _numbers(self, dt_s: float, rain_m: np.float32) -> StepNumbers:
        """Scalars of a step in single precision."""
        options = self._options
        side = 0.5 * (1.0 - options.centre_weight)
        return StepNumbers(
            gravity_dt=np.float32(GRAVITY_M_S2 * dt_s),
            gravity_dt_per_cell=np.float32(GRAVITY_M_S2 * dt_s / self._cell_m),
            dt_per_cell=np.float32(dt_s / self._cell_m),
            side_weight=np.float32(side),
            side_weight_per_root=np.float32(side * dt_s / self._stable_s),
            dry_depth_m=np.float32(options.dry_depth_m),
            froude_speed=np.float32(options.froude_max * math.sqrt(GRAVITY_M_S2)),
            rain_m=rain_m,
            loss_m=np.float32(self._loss_m_s * dt_s),
        )

    def _stable_step_s(self) -> float:
        """Longest stable step, counting the water that enters during the step itself.

        Without that a breach on dry ground would begin with one long step that heaps all its
        water on a few cells, and the largest depth would keep that heap for ever.
        """
        deepest = float(self.state.row_depth_m.max())
        if not deepest < _DEEPEST_M:
            raise StepError(
                f"a depth is {deepest} m after {self.time_s:.3f} s",
                step="flood",
                hint="look for extreme terrain, roughness or inflow values",
            )
        reach = self._stable_s
        dt = self._options.dt_max_s
        if deepest > 0:
            dt = min(dt, reach / math.sqrt(deepest))
        while True:
            depth = deepest + self._sources.largest_gain_m(self.time_s, dt)
            depth += self.exchange.largest_gain_m(self.state, self.time_s, dt)
            if dt * math.sqrt(depth) <= 1.05 * reach:
                return dt
            dt = reach / math.sqrt(depth)


def simulate_inundation(
    terrain_m: NDArray[np.float32],
    blocked: NDArray[np.bool_],
    manning: NDArray[np.float32],
    cell_m: float,
    duration_s: float,
    forcing: Forcing,
    options: SolverOptions,
    progress: Callable[[float], None] | None = None,
) -> Inundation:
    """Simulate a flood with the local inertial shallow-water equations.

    Parameters
    ----------
    terrain_m
        Ground level, shape (ny, nx), float32 [m]; NaN outside the domain, whose border is closed.
    blocked
        Building cells, shape (ny, nx), bool: no water enters or leaves them, their rain runs to
        the nearest open cells.
    manning
        Manning's n, shape (ny, nx), float32 [s/m^(1/3)], >= 0 on open cells.
    cell_m
        Cell size [m], > 0.
    duration_s
        Length of the run [s], > 0.
    forcing
        Rain, inflows, drains and initial depth.
    options
        Numbers of the scheme, sides of the grid, what is kept.
    progress
        Called with the finished part of the run, 0 to 1.

    Returns
    -------
    Inundation
        Maxima, times, final depth, series and the account of all water.

    Notes
    -----
    de Almeida, Bates, Freer and Souvignet (2012), Water Resources Research 48, W05528, with
    vector friction, Froude limit and an exact outflow limiter; single thread; the same bits on
    every machine with IEEE arithmetic.
    """
    for name, value in (("cell_m", cell_m), ("duration_s", duration_s)):
        if not (math.isfinite(value) and value > 0):
            raise ConfigError(f"{name} is {value}", hint="use a number > 0")
    cells = check_cells(terrain_m, blocked, manning)
    check_inflows(forcing, cells)
    check_exchange(forcing, cells.is_open)
    ground = lay_ground(terrain_m, manning, cells, cell_m, options.edges)
    run = _Run(ground, start_state(forcing, cells), cell_m, forcing, options)
    recorder = FloodRecorder(options.recording, cells, duration_s)
    initial_m3 = run.stored_m3
    run.track(recorder)
    recorder.at_stop(run.state, 0.0)
    for stop in recorder.stops:
        while run.time_s < stop:
            run.step(stop)
            if run.steps % options.maxima_every_steps == 0 or run.time_s == stop:
                run.track(recorder)
            if progress is not None:
                progress(run.time_s / duration_s)
        recorder.at_stop(run.state, run.time_s)
    rained_m2 = int(cells.is_open.sum() + cells.is_roof.sum()) * cell_m * cell_m
    ledger = VolumeLedger(
        initial_m3=initial_m3,
        rain_m3=forcing.rain.depth_until_m(duration_s) * rained_m2,
        inflow_m3=sum(inflow.volume_until_m3(duration_s) for inflow in forcing.inflows),
        drained_m3=run.drained_m3,
        outflow=run.edges.volumes(),
        stored_m3=run.stored_m3,
        exchanged=run.exchange.volumes(),
    )
    return recorder.result(run.state, ledger, run.steps, run.dt_min_s)

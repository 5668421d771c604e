"""A flood from start to end: the time loop over the steps of a scheme, with its account."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError, StepError
from citytwin.kernels.flood_exchange import FloodExchange, check_exchange
from citytwin.kernels.flood_forcing import Forcing, Inflow, RainSeries
from citytwin.kernels.flood_ledger import EdgeVolumes, VolumeLedger
from citytwin.kernels.flood_options import EdgeKind, Edges, Recording, Scheme, SolverOptions
from citytwin.kernels.flood_recorder import FloodRecorder
from citytwin.kernels.flood_result import GaugeSeries, Inundation
from citytwin.kernels.flood_scheme import FloodScheme
from citytwin.kernels.flood_setup import (
    check_cells,
    check_inflows,
    lay_ground,
    start_depth,
)
from citytwin.kernels.flood_sources import FloodSources
from citytwin.kernels.full_scheme import FullScheme
from citytwin.kernels.inertial_scheme import InertialScheme

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
    "Scheme",
    "SolverOptions",
    "VolumeLedger",
    "simulate_inundation",
]


# Deeper water than this is a mistake in the inputs; the time step would shrink without end.
_DEEPEST_M = 1e5


class _Run:
    """The time loop: steps, sources, and the account of what they bring and take."""

    def __init__(
        self,
        scheme: FloodScheme,
        sources: FloodSources,
        exchange: FloodExchange,
        area_m2: float,
        options: SolverOptions,
    ) -> None:
        self.scheme = scheme
        self.time_s, self.steps, self.dt_min_s = 0.0, 0, math.inf
        self.left = EdgeVolumes()
        self._sources, self.exchange, self._area_m2 = sources, exchange, area_m2
        self._dt_max_s = options.dt_max_s
        self._is_closed = all(kind is EdgeKind.CLOSED for kind in options.edges.kinds)
        self._drained_m = 0.0

    @property
    def stored_m3(self) -> float:
        """Volume on the ground now."""
        return float(self.scheme.water.depth_m.sum(dtype=np.float64)) * self._area_m2

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
        rain_m = self._sources.rain_m(self.time_s, until)
        loss_m = np.float32(self._sources.forcing.drainage_m_s * dt)
        self._drained_m += self.scheme.advance(dt, rain_m, loss_m)
        if not self._is_closed:
            self.left = self.left.plus(self.scheme.outflow())
        self._sources.pour(self.scheme.water, self.time_s, until)
        self.exchange.apply(self.scheme.water, self.time_s, until, is_stop=left == 1)
        self.time_s, self.steps, self.dt_min_s = until, self.steps + 1, min(self.dt_min_s, dt)

    def track(self, recorder: FloodRecorder) -> None:
        """Bring the running maxima up to now."""
        self.scheme.track(recorder.maxima, self.time_s)
        recorder.at_step(self.scheme.water, self.time_s)

    def _stable_step_s(self) -> float:
        """Longest stable step, counting the water that enters during the step itself.

        Without that a breach on dry ground would begin with one long step that heaps all its
        water on a few cells, and the largest depth would keep that heap for ever.
        """
        deepest = float(self.scheme.water.row_depth_m.max())
        if not deepest < _DEEPEST_M:
            raise StepError(
                f"a depth is {deepest} m after {self.time_s:.3f} s",
                step="flood",
                hint="look for extreme terrain, roughness or inflow values",
            )
        dt = min(self._dt_max_s, self.scheme.longest_step_s(0.0))
        while True:
            gain = self._sources.largest_gain_m(self.time_s, dt)
            gain += self.exchange.largest_gain_m(self.scheme.water, self.time_s, dt)
            longest = self.scheme.longest_step_s(gain)
            if dt <= 1.05 * longest:
                return dt
            dt = longest


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
    """Simulate a flood with the shallow-water equations, whole or without advection.

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
    `Scheme.INERTIAL`: de Almeida, Bates, Freer and Souvignet (2012), Water Resources Research 48,
    W05528, with vector friction, Froude limit and an exact outflow limiter. `Scheme.FULL`:
    Godunov's method with HLLC fluxes and the hydrostatic reconstruction of Audusse et al. (2004).
    Single thread; the same bits on every machine with IEEE arithmetic.
    """
    for name, value in (("cell_m", cell_m), ("duration_s", duration_s)):
        if not (math.isfinite(value) and value > 0):
            raise ConfigError(f"{name} is {value}", hint="use a number > 0")
    cells = check_cells(terrain_m, blocked, manning)
    check_inflows(forcing, cells)
    check_exchange(forcing, cells.is_open)
    ground = lay_ground(terrain_m, manning, cells, cell_m, options.edges)
    depth = start_depth(forcing, cells)
    scheme: FloodScheme = (
        FullScheme(ground, depth, cell_m, options, (*forcing.stages, *forcing.inflows))
        if options.scheme is Scheme.FULL
        else InertialScheme(ground, depth, cell_m, options)
    )
    sources = FloodSources(forcing, cell_m * cell_m, float(ground.rain_weight.max()))
    exchange = FloodExchange(forcing, ground.bed_m, cell_m * cell_m)
    run = _Run(scheme, sources, exchange, cell_m * cell_m, options)
    recorder = FloodRecorder(options.recording, cells, duration_s)
    initial_m3 = run.stored_m3
    run.track(recorder)
    recorder.at_stop(scheme.water, 0.0)
    for stop in recorder.stops:
        while run.time_s < stop:
            run.step(stop)
            if run.steps % options.maxima_every_steps == 0 or run.time_s == stop:
                run.track(recorder)
            if progress is not None:
                progress(run.time_s / duration_s)
        recorder.at_stop(scheme.water, run.time_s)
    rained_m2 = int(cells.is_open.sum() + cells.is_roof.sum()) * cell_m * cell_m
    ledger = VolumeLedger(
        initial_m3=initial_m3,
        rain_m3=forcing.rain.depth_until_m(duration_s) * rained_m2,
        inflow_m3=sum(inflow.volume_until_m3(duration_s) for inflow in forcing.inflows),
        drained_m3=run.drained_m3,
        outflow=run.left,
        stored_m3=run.stored_m3,
        exchanged=run.exchange.volumes(),
    )
    return recorder.result(scheme.water, ledger, run.steps, run.dt_min_s)

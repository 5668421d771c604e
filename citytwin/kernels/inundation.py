"""A flood from start to end: the time loop over the steps of a scheme, with its account."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.flood_culverts import CulvertEnds, CulvertFlow
from citytwin.kernels.flood_exchange import FloodExchange, check_exchange
from citytwin.kernels.flood_forcing import Forcing, Inflow, RainSeries
from citytwin.kernels.flood_ledger import EdgeVolumes, SewerVolumes, VolumeLedger
from citytwin.kernels.flood_options import EdgeKind, Edges, Recording, Scheme, SolverOptions
from citytwin.kernels.flood_part import whole
from citytwin.kernels.flood_recorder import FloodRecorder
from citytwin.kernels.flood_result import GaugeSeries, Inundation
from citytwin.kernels.flood_run import FloodParts, FloodRun
from citytwin.kernels.flood_scheme import FloodScheme
from citytwin.kernels.flood_setup import (
    Cells,
    check_cells,
    check_inflows,
    lay_ground,
    start_depth,
)
from citytwin.kernels.flood_sewers import SewerExchange
from citytwin.kernels.flood_sources import FloodSources
from citytwin.kernels.flood_stage import StageCells
from citytwin.kernels.full_scheme import FullScheme, open_entries
from citytwin.kernels.gridded_rain import under_rain
from citytwin.kernels.inertial_scheme import InertialScheme
from citytwin.kernels.infiltration import LevelSoak
from citytwin.kernels.named_arrays import below, part
from citytwin.kernels.rain_field import Lattice, RainField
from citytwin.kernels.rain_layout import links_within
from citytwin.kernels.rained_area import rained_area
from citytwin.kernels.roof_runoff import roof_runoff_map
from citytwin.kernels.subgrid_setup import begin_subgrid
from citytwin.kernels.time_steps import StepRule
from citytwin.kernels.water_storage import LevelBeds
from citytwin.model.checkpoints import UNWATCHED, NamedArrays, Watch

__all__ = [
    "EdgeKind",
    "EdgeVolumes",
    "Edges",
    "Forcing",
    "GaugeSeries",
    "Inflow",
    "Inundation",
    "Lattice",
    "RainField",
    "RainSeries",
    "Recording",
    "Scheme",
    "SolverOptions",
    "VolumeLedger",
    "simulate_inundation",
]


def simulate_inundation(
    terrain_m: NDArray[np.float32],
    blocked: NDArray[np.bool_],
    manning: NDArray[np.float32],
    cell_m: float,
    duration_s: float,
    forcing: Forcing,
    options: SolverOptions,
    watch: Watch = UNWATCHED,
) -> Inundation:
    """Simulate a flood with the shallow-water equations, whole or without advection.

    Parameters
    ----------
    terrain_m
        Ground level, shape (ny, nx), float32 [m]; NaN outside the domain, whose border is closed.
    blocked
        Building cells, shape (ny, nx), bool: no water enters or leaves them, their rain runs to
        the nearest open cells, or to sewers.
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
    watch
        Who looks at the run, and keeps its state.

    Returns
    -------
    Inundation
        Maxima, times, final depth, series and the account of all water.

    Notes
    -----
    `Scheme.INERTIAL`: de Almeida, Bates, Freer and Souvignet (2012), Water Resources Research 48,
    W05528, with vector friction, Froude limit and an exact outflow limiter. `Scheme.FULL`:
    Godunov's method with HLLC fluxes and the hydrostatic reconstruction of Audusse et al. (2004).
    The same bits on every machine with IEEE arithmetic, and for any number of threads.
    """
    for name, value in (("cell_m", cell_m), ("duration_s", duration_s)):
        if not (math.isfinite(value) and value > 0):
            raise ConfigError(f"{name} is {value}", hint="use a number > 0")
    cells = check_cells(terrain_m, blocked, manning, roofs_run_off=options.roofs_run_off)
    check_inflows(forcing, cells)
    check_exchange(forcing, cells.is_open)
    begin = _begin if options.subgrid_cells == 1 else begin_subgrid
    run = begin(terrain_m, manning, cells, cell_m, duration_s, forcing, options)
    rule = StepRule(options.dt_max_s, options.steps_kept)
    _carry_out(run, rule, watch)
    area_m2 = cell_m * cell_m
    rained = rained_area(forcing.rain, whole(cells.is_open.shape).core, cells)
    ledger = run.booked().ledger(
        area_m2 * options.subgrid_cells**2,
        rain_m3=rained.rain_m3(forcing.rain, duration_s, area_m2),
        inflow_m3=sum(inflow.volume_until_m3(duration_s) for inflow in forcing.inflows),
        culverts_m3=0.0 if run.culvert_flow is None else run.culvert_flow.passed_m3,
        sewers=SewerVolumes() if run.sewers is None else run.sewers.volumes(),
    )
    return run.recorder.result(run.scheme.shown, ledger, rule.steps, rule.dt_min_s)


def _begin(
    terrain_m: NDArray[np.float32],
    manning: NDArray[np.float32],
    cells: Cells,
    cell_m: float,
    duration_s: float,
    forcing: Forcing,
    options: SolverOptions,
) -> FloodRun:
    """Lay out the whole grid."""
    ground = lay_ground(terrain_m, manning, cells, cell_m, options.edges)
    depth, weight = start_depth(forcing, cells), float(ground.rain_weight.max())
    scheme: FloodScheme
    area_m2, place = cell_m * cell_m, whole(depth.shape)
    gridded = None
    if isinstance(forcing.rain, RainField):
        runoff = roof_runoff_map(cells.is_open, cells.is_roof)
        links = links_within(runoff, place.reach, place.reach)
        ground, gridded = under_rain(ground, forcing.rain, place.reach, cells.is_open, links)
    if options.scheme is Scheme.FULL:
        entries: list[StageCells | Inflow] = [*forcing.stages, *forcing.inflows]
        ground = open_entries(ground, entries, place, depth.shape)
        scheme = FullScheme(ground, depth, cell_m, options)
    else:
        scheme = InertialScheme(ground, depth, cell_m, options)
    storage, ends, flow, sewers = LevelBeds(ground.bed_m), None, None, None
    if forcing.culverts is not None:
        ends = CulvertEnds(forcing.culverts, place)
        flow = CulvertFlow(forcing.culverts, storage, area_m2)
    soak = None if forcing.sinks is None else LevelSoak(forcing.sinks, place.booked)
    if forcing.sewers is not None:
        sewers = SewerExchange(forcing.sewers, storage, area_m2)
    parts = FloodParts(
        scheme,
        FloodSources(forcing, area_m2, weight, place, gridded),
        FloodExchange(forcing, storage, area_m2, depth.shape[1], place, soak),
        FloodRecorder(options.recording, cells, duration_s),
        ends,
        flow,
        sewers,
    )
    return FloodRun(parts, options, place)


def _carry_out(run: FloodRun, rule: StepRule, watch: Watch) -> None:
    """Run from the start, or from where an equal run before has stopped, to the end."""
    progress, checkpoints = watch
    kept = None if checkpoints is None else checkpoints.latest()
    if kept is None:
        run.track(0.0)
        run.recorder.at_stop(run.scheme, 0.0)
    else:
        run.restore(part("run", kept))
        rule.restore(part("rule", kept))

    def state() -> NamedArrays:
        return {**below("run", run.state()), **below("rule", rule.state())}

    for stop in run.recorder.stops:
        while rule.time_s < stop:
            rule.choose(stop, lambda dt: run.longest_step_s(rule.time_s, dt))
            step = rule.take(stop)
            run.step(step)
            run.record(step, rule.steps)
            if progress is not None:
                progress(rule.time_s, run.recorder.stops[-1])
            if checkpoints is not None:
                checkpoints.offer(state)

"""Inundation by rain, inflows, levees and levels (shallow water, buildings as closed blocks)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.flood_forcing import Forcing, Inflow
from citytwin.kernels.flood_options import EdgeKind, Edges, Recording, SolverOptions
from citytwin.kernels.inundation import simulate_inundation
from citytwin.kernels.pockets import pockets
from citytwin.model import fields as f
from citytwin.model.instants import Instant
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.steps import Block, Case, Domain, Ensemble, Outcome, Simulation, Site
from citytwin.model.text import text
from citytwin.simulations.flood.account import (
    edge_note,
    facts_of,
    levee_notes,
    scheme_note,
    summary,
)
from citytwin.simulations.flood.effort import cost_of
from citytwin.simulations.flood.ground import ground_notes, sinks_of
from citytwin.simulations.flood.levees import levee_of
from citytwin.simulations.flood.outputs import OUTPUTS, asked_for, fields_of
from citytwin.simulations.flood.params import FloodParams, InflowPoint
from citytwin.simulations.flood.places import Ground, initial_depth, level_cells
from citytwin.simulations.flood.storm import Storm, storm_of


def run(block: Block, params: FloodParams) -> Outcome:
    """Run the solver over the whole city."""
    terrain = block[f.TERRAIN]
    manning = block.get(f.ROUGHNESS)
    built = _built(terrain, block.get(f.BUILDING_MASK), params.least_courtyard_m2 / block.cell_m**2)
    storm = storm_of(block, params)
    start_s = storm.start_s
    cover = block.get(f.GROUND_COVER)
    ground = Ground(block.grid, terrain, ~built & ~np.isnan(terrain))
    forcing = _forcing(ground, cover, storm, params)
    if not params.brings_water and not storm.rain.depth_until_m(params.duration_h * 3600.0):
        msg = "no water enters: no rain in the time of the run, no inflow, levee or level"
        raise StepError(msg, step="flood", hint="check `start`, the rain feed, or add an inflow")
    flood = simulate_inundation(
        terrain,
        built,
        np.full(terrain.shape, params.manning, dtype=np.float32) if manning is None else manning,
        block.cell_m,
        params.duration_h * 3600.0,
        forcing,
        _options(params),
        block.watch,
    )
    return Outcome(
        fields_of(flood, terrain, params.arrival_depth_m, params.impassable_depth_m),
        facts=(*facts_of(flood), *storm.facts),
        notes=(
            summary(params, storm, block.site.time_zone),
            *storm.notes,
            *edge_note(params),
            *ground_notes(params.infiltration, has_cover=cover is not None),
            *levee_notes(params, forcing.levees, start_s, block.site.time_zone),
            scheme_note(params),
        ),
        valid_time=None if start_s is None else datetime.fromtimestamp(start_s, tz=UTC),
    )


def _forcing(
    ground: Ground, cover: NDArray[np.uint8] | None, storm: Storm, params: FloodParams
) -> Forcing:
    """Find the cells of all that brings or takes water."""
    rate = params.drainage_mm_per_h
    return Forcing(
        storm.rain,
        tuple(_inflow(p, ground) for p in params.inflows),
        0.0 if params.drainage_zones else rate,  # else the zones know it
        initial_depth(ground, params.initial_water),
        tuple(levee_of(ground, levee) for levee in params.levees),
        tuple(level_cells(ground, level) for level in params.levels),
        sinks_of(ground, cover, params.infiltration, params.drainage_zones, rate),
    )


def _built(
    terrain: NDArray[np.float32], mask: NDArray[np.uint8] | None, least_cells: float
) -> NDArray[np.bool_]:
    """Cells that water cannot enter: buildings, and the gaps that are no courtyards."""
    if mask is None:
        return np.zeros(terrain.shape, dtype=np.bool_)
    built: NDArray[np.bool_] = mask == 1
    wells: NDArray[np.bool_] = pockets(
        ~built & ~np.isnan(terrain), built, int(np.ceil(least_cells))
    )
    return built | wells


def _options(params: FloodParams) -> SolverOptions:
    # Where the level is given at an edge, water enters and leaves in its cells alone.
    held = {level.edge for level in params.levels}
    north, south, west, east = (
        EdgeKind.CLOSED if side in held else params.edges
        for side in ("north", "south", "west", "east")
    )
    return SolverOptions(
        scheme=params.scheme,
        order=params.order,
        courant=params.courant,
        edges=Edges(north, south, west, east, params.edge_min_slope),
        recording=Recording(
            arrival_depth_m=params.arrival_depth_m,
            depth_thresholds_m=(params.impassable_depth_m,),
            lasting_depth_m=params.lasting_depth_m,
            depth_times_s=params.frame_times_s,
        ),
    )


def _inflow(point: InflowPoint, ground: Ground) -> Inflow:
    grid = ground.grid
    x, y = np.meshgrid(grid.x_centres(grid.whole), grid.y_centres(grid.whole))
    near = np.hypot(x - point.x, y - point.y) <= point.radius_m
    row, col = grid.cells_of(np.array([point.x]), np.array([point.y]))
    on = grid.contains(row, col)
    near[row[on], col[on]] = True
    rows, cols = np.nonzero(near & ground.is_open)
    if not rows.size:
        msg = f"inflow at ({point.x}, {point.y}) lies outside {grid.bounds} or inside a building"
        raise StepError(msg, step="flood", hint="give coordinates in the city's CRS")
    return Inflow(
        rows,
        cols,
        np.array([p.minutes * 60.0 for p in point.hydrograph]),
        np.array([p.m3_s for p in point.hydrograph]),
    )


def _window(params: FloodParams) -> tuple[datetime, datetime] | None:
    if params.start is None:
        return None
    return params.start, params.start + timedelta(hours=params.duration_h)


def _instants(params: FloodParams, _site: Site) -> tuple[Instant, ...]:
    """Moments whose depth is kept, and how long after the start they are."""
    if params.start is None:
        return ()
    start = params.start.astimezone(UTC)
    return tuple(
        Instant(
            start + timedelta(seconds=seconds),
            text(f"計算開始から {seconds / 60:g} 分", f"{seconds / 60:g} min after the start"),
        )
        for seconds in params.frame_times_s
    )


def breach_cases(params: FloodParams) -> tuple[Case[FloodParams], ...]:
    """Let every breach come alone, in the order of the parameters.

    Parameters
    ----------
    params
        Parameters with all breaches.
    """
    whole = [levee.model_copy(update={"breaches": ()}) for levee in params.levees]
    cases = []
    for number, levee in enumerate(params.levees):
        for k, breach in enumerate(levee.breaches):
            alone = levee.model_copy(update={"breaches": (breach,)})
            levees = (*whole[:number], alone, *whole[number + 1 :])
            name = breach.name.en if breach.name else f"levee {number + 1}, breach {k + 1}"
            cases.append(Case(name, params.model_copy(update={"levees": levees})))
    return tuple(cases)


SIMULATION = Simulation(
    name="flood",
    title=text("浸水", "Inundation"),
    inputs=(f.TERRAIN,),
    optional=(f.BUILDING_MASK, f.ROUGHNESS, f.GROUND_COVER, RAINFALL_RATE),
    outputs=(*OUTPUTS, f.FLOOD_DEPTH),
    makes=asked_for,
    params=FloodParams,
    instants=_instants,
    also_needs=lambda params: () if params.has_rain or params.brings_water else (RAINFALL_RATE,),
    window=_window,
    reach=Domain(),
    run=run,
    cost=cost_of(FloodParams(), 2.0),
    cost_of=cost_of,
    ensemble=Ensemble(
        cases=breach_cases,
        hint="give `levees` with `breaches`",
        least=(f.FLOOD_ARRIVAL, f.FLOOD_IMPASSABLE),
    ),
)

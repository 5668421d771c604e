"""Inundation by rain and inflows (local inertial equations, buildings as closed blocks)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.flood_forcing import Forcing, Inflow
from citytwin.kernels.flood_options import Edges, Recording, SolverOptions
from citytwin.kernels.inundation import simulate_inundation
from citytwin.kernels.pockets import pockets
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.steps import Block, Cost, Domain, Outcome, Simulation
from citytwin.model.text import text
from citytwin.simulations.flood.account import edge_note, facts_of, summary
from citytwin.simulations.flood.outputs import OUTPUTS, fields_of
from citytwin.simulations.flood.params import FloodParams, InflowPoint
from citytwin.simulations.flood.storm import storm_of


def run(block: Block, params: FloodParams) -> Outcome:
    """Run the solver over the whole city."""
    terrain = block[f.TERRAIN]
    mask = block.get(f.BUILDING_MASK)
    manning = block.get(f.ROUGHNESS)
    storm = storm_of(block, params)
    start_s, rain = storm.start_s, storm.rain
    inflows = tuple(_inflow(p, block.grid, terrain, mask) for p in params.inflows)
    if not inflows and not rain.depth_until_m(params.duration_h * 3600.0):
        msg = "no water enters: no rain in the time of the run and no inflow"
        raise StepError(msg, step="flood", hint="check `start`, the rain feed, or add an inflow")
    flood = simulate_inundation(
        terrain,
        _built(terrain, mask, params.least_courtyard_m2 / block.cell_m**2),
        np.full(terrain.shape, params.manning, dtype=np.float32) if manning is None else manning,
        block.cell_m,
        params.duration_h * 3600.0,
        Forcing(rain, inflows, params.drainage_mm_per_h),
        _options(params),
        _thinned(block),
    )
    return Outcome(
        fields_of(flood, terrain, params.arrival_depth_m),
        facts=(*facts_of(flood), *storm.facts),
        notes=(
            summary(params, storm, block.site.time_zone),
            *storm.notes,
            *edge_note(params),
        ),
        valid_time=None if start_s is None else datetime.fromtimestamp(start_s, tz=UTC),
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
    return SolverOptions(
        courant=params.courant,
        edges=Edges(params.edges, params.edges, params.edges, params.edges, params.edge_min_slope),
        recording=Recording(
            arrival_depth_m=params.arrival_depth_m,
            depth_thresholds_m=(params.impassable_depth_m,),
            lasting_depth_m=params.lasting_depth_m,
        ),
    )


def _inflow(
    point: InflowPoint, grid: GridSpec, terrain: np.ndarray, mask: np.ndarray | None
) -> Inflow:
    x, y = np.meshgrid(grid.x_centres(grid.whole), grid.y_centres(grid.whole))
    near = np.hypot(x - point.x, y - point.y) <= point.radius_m
    row, col = grid.cells_of(np.array([point.x]), np.array([point.y]))
    on = grid.contains(row, col)
    near[row[on], col[on]] = True
    near &= ~np.isnan(terrain)
    if mask is not None:
        near &= mask == 0
    rows, cols = np.nonzero(near)
    if not rows.size:
        msg = f"inflow at ({point.x}, {point.y}) lies outside {grid.bounds} or inside a building"
        raise StepError(msg, step="flood", hint="give coordinates in the city's CRS")
    return Inflow(
        rows,
        cols,
        np.array([p.minutes * 60.0 for p in point.hydrograph]),
        np.array([p.m3_s for p in point.hydrograph]),
    )


def _thinned(block: Block) -> Callable[[float], None] | None:
    """Report every hundredth of the run, not every step."""
    report = block.progress
    if report is None:
        return None
    told = 0

    def share(done: float) -> None:
        nonlocal told
        if int(done * 100) > told:
            told = int(done * 100)
            report(done)

    return share


def _window(params: FloodParams) -> tuple[datetime, datetime] | None:
    if params.start is None:
        return None
    return params.start, params.start + timedelta(hours=params.duration_h)


SIMULATION = Simulation(
    name="flood",
    title=text("浸水", "Inundation"),
    inputs=(f.TERRAIN,),
    optional=(f.BUILDING_MASK, f.ROUGHNESS, RAINFALL_RATE),
    outputs=OUTPUTS,
    params=FloodParams,
    also_needs=lambda params: () if params.rain or params.inflows else (RAINFALL_RATE,),
    window=_window,
    reach=Domain(),
    run=run,
    cost=Cost(seconds_per_megacell=600.0, bytes_per_cell=120.0),
)

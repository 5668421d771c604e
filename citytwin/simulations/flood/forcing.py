"""All that brings or takes water: its cells, found in windows of the city."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely

from citytwin.errors import StepError
from citytwin.kernels.face_discharge import GRAVITY_M_S2
from citytwin.kernels.flood_forcing import Forcing, Inflow
from citytwin.kernels.flood_options import EdgeKind, Edges, Recording, SolverOptions
from citytwin.model.grid import Bounds, GridSpec, Tile
from citytwin.simulations.flood.area import Area
from citytwin.simulations.flood.boundaries import LevelParams, Place
from citytwin.simulations.flood.ground import sinks_of
from citytwin.simulations.flood.levees import levee_of
from citytwin.simulations.flood.params import (
    LOOK_EVERY_STEPS,
    FloodParams,
    InflowPoint,
    subgrid_cells,
)
from citytwin.simulations.flood.places import Cells, Ground, initial_depth, level_cells
from citytwin.simulations.flood.storm import Storm

STEPS_KEPT = 16
"""So many steps a time step is kept while it is stable: parts of a city on different machines need
to tell each other no more often."""

DEEPEST_INFLOW_M = 20.0
"""Critical depth around an inflow that no flood of a city has; more is another unit."""


def forcing_of(
    ground_in: Callable[[Tile], Ground], grid: GridSpec, storm: Storm, params: FloodParams
) -> Forcing:
    """Find the cells of all that brings or takes water but what each part of the area has itself.

    Parameters
    ----------
    ground_in
        Gives the ground in a window of the city, or in more.
    grid
        Of the city.
    storm
        The rain.
    params
        Parameters of the flood.

    Raises
    ------
    StepError
        If a place lies nowhere.
    """
    _require_zones_here(grid, params)
    inflows = []
    for point in params.inflows:
        around = _window(grid, ((point.x, point.y),), point.radius_m)
        inflows.append(_inflow(point, ground_in(around)))
    levees = [
        levee_of(ground_in(_window(grid, levee.line, levee.toe_m)), levee)
        for levee in params.levees
    ]
    return Forcing(
        storm.rain,
        tuple(inflows),
        0.0 if params.drainage_zones else params.drainage_mm_per_h,  # else the zones know it
        levees=tuple(levees),
        stages=tuple(
            level_cells(ground_in(_level_window(grid, level)), level) for level in params.levels
        ),
    )


def own_forcing(area: Area, params: FloodParams) -> Forcing:
    """Return what the area has itself: water at the start, ground and zones that take water.

    Parameters
    ----------
    area
        The city, or a window of it.
    params
        Parameters of the flood.
    """
    rate = params.drainage_mm_per_h
    return Forcing(
        initial_depth_m=initial_depth(area.ground, params.initial_water),
        sinks=sinks_of(area.ground, area.cover, params.infiltration, params.drainage_zones, rate),
    )


def require_water(storm: Storm, params: FloodParams) -> None:
    """Refuse a run without water.

    Parameters
    ----------
    storm
        The rain.
    params
        Parameters of the flood.

    Raises
    ------
    StepError
        If nothing brings any.
    """
    if not params.brings_water and not storm.most_m(params.duration_h * 3600.0):
        msg = "no water enters: no rain in the time of the run, no inflow, levee or level"
        raise StepError(msg, step="flood", hint="check `start`, the rain feed, or add an inflow")


def _window(grid: GridSpec, places: tuple[Place, ...], margin_m: float) -> Tile:
    """Cells around some places; at least one of the grid."""
    x, y = np.array(places).T
    box = Bounds(float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    box = box.grown(margin_m + 2.0 * grid.cell_m)
    rows, cols = grid.cells_of(np.array([box.x_min, box.x_max]), np.array([box.y_max, box.y_min]))
    row0, col0 = min(max(int(rows[0]), 0), grid.ny - 1), min(max(int(cols[0]), 0), grid.nx - 1)
    row1, col1 = (
        max(row0, min(int(rows[1]), grid.ny - 1)),
        max(col0, min(int(cols[1]), grid.nx - 1)),
    )
    return Tile(row0, row1 + 1, col0, col1 + 1)


def _require_zones_here(grid: GridSpec, params: FloodParams) -> None:
    """Refuse zones of drains that all lie beside the area: their coordinates are others."""
    zones, box = params.drainage_zones, grid.bounds
    here = shapely.box(box.x_min, box.y_min, box.x_max, box.y_max)
    if zones and not any(here.intersects(shapely.MultiPoint(z.outline).envelope) for z in zones):
        msg = (
            f"no drainage zone lies in the area, {box}; the first is from {zones[0].outline[0]} on"
        )
        raise StepError(msg, step="flood", hint="give coordinates in the city's CRS")


def _level_window(grid: GridSpec, level: LevelParams) -> Tile:
    if level.edge is None:
        return _window(grid, level.outline, 0.0)
    whole = grid.whole
    return {
        "north": Tile(0, 1, 0, whole.col1),
        "south": Tile(whole.row1 - 1, whole.row1, 0, whole.col1),
        "west": Tile(0, whole.row1, 0, 1),
        "east": Tile(0, whole.row1, whole.col1 - 1, whole.col1),
    }[level.edge]


def options_of(params: FloodParams, cell_m: float) -> SolverOptions:
    """Return the numbers of the scheme, the edges, and what is kept.

    Parameters
    ----------
    params
        Parameters of the flood.
    cell_m
        Size of the city's cells [m].

    Raises
    ------
    StepError
        If the cells that water moves between are no multiple of these.
    """
    subgrid = subgrid_cells(params, cell_m)
    # Where the level is given at an edge, water enters and leaves in its cells alone.
    held = {level.edge for level in params.levels}
    north, south, west, east = (
        EdgeKind.CLOSED if side in held else kind
        for side, kind in zip(("north", "south", "west", "east"), params.edges.kinds, strict=True)
    )
    return SolverOptions(
        scheme=params.scheme,
        order=params.order,
        courant=params.courant,
        dry_depth_m=params.dry_depth_m,
        steps_kept=STEPS_KEPT,
        maxima_every_steps=1 if subgrid == 1 else LOOK_EVERY_STEPS,
        subgrid_cells=subgrid,
        roofs_run_off=params.roofs == "street",
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
    x, y = np.meshgrid(grid.x_centres(ground.place), grid.y_centres(ground.place))
    near = np.hypot(x - point.x, y - point.y) <= point.radius_m
    row, col = grid.cells_of(np.array([point.x]), np.array([point.y]))
    on = ground.holds(row, col)
    near[row[on] - ground.place.row0, col[on] - ground.place.col0] = True
    rows, cols = ground.cells(near & ground.is_open)
    if not rows.size:
        msg = f"inflow at ({point.x}, {point.y}) lies outside {grid.bounds} or inside a building"
        raise StepError(msg, step="flood", hint="give coordinates in the city's CRS")
    _credible_discharge(point, rows, cols, grid)
    return Inflow(
        rows,
        cols,
        np.array([p.minutes * 60.0 for p in point.hydrograph]),
        np.array([p.m3_s for p in point.hydrograph]),
    )


def _credible_discharge(point: InflowPoint, rows: Cells, cols: Cells, grid: GridSpec) -> None:
    """Refuse a discharge that its cells could pass on at an absurd depth only."""
    here = set(zip(rows.tolist(), cols.tolist(), strict=True))
    beside = ((-1, 0), (1, 0), (0, -1), (0, 1))
    faces = sum(
        (row + down, col + right) not in here for row, col in here for down, right in beside
    )
    most, width_m = max(p.m3_s for p in point.hydrograph), faces * grid.cell_m
    depth_m = float(np.cbrt((most / width_m) ** 2 / GRAVITY_M_S2))
    if depth_m > DEEPEST_INFLOW_M:
        msg = f"inflow at ({point.x}, {point.y}): {most:g} m3/s over the {width_m:g} m around its cells "
        msg += f"would stand {depth_m:.0f} m deep"
        raise StepError(msg, step="flood", hint="give m3/s, or a larger radius_m")

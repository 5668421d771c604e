"""Places whose depth is kept: their cells, what is said of them, their series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.flood_result import GaugeSeries
from citytwin.model.gauges import Gauges
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Fact
from citytwin.model.text import text
from citytwin.simulations.flood.params import FloodParams, GaugePlace
from citytwin.simulations.flood.places import STEP, Ground


def with_gauges(
    options: SolverOptions,
    ground_in: Callable[[Tile], Ground],
    grid: GridSpec,
    params: FloodParams,
) -> SolverOptions:
    """Return the options with the gauges of the parameters.

    Parameters
    ----------
    options
        Numbers of the scheme.
    ground_in
        Gives the ground in a window of the city, or in more.
    grid
        Of the city.
    params
        Parameters of the flood.

    Raises
    ------
    StepError
        If a gauge lies outside the area or in a building.
    """
    cells = tuple(_cell(gauge, ground_in, grid) for gauge in params.gauges)
    recording = replace(options.recording, gauge_cells=cells, gauge_times_s=params.gauge_times_s)
    return replace(options, recording=recording)


def _cell(
    gauge: GaugePlace, ground_in: Callable[[Tile], Ground], grid: GridSpec
) -> tuple[int, int]:
    rows, cols = grid.cells_of(np.array([gauge.x]), np.array([gauge.y]))
    row, col = int(rows[0]), int(cols[0])
    where = f"gauge {gauge.name!r} at ({gauge.x:g}, {gauge.y:g})"
    if not (0 <= row < grid.ny and 0 <= col < grid.nx):
        msg = f"{where} lies outside {grid.bounds}"
        raise StepError(msg, step=STEP, hint="give coordinates in the city's CRS")
    if not ground_in(Tile(row, row + 1, col, col + 1)).open_at(rows, cols)[0]:
        msg = f"{where} lies in a building or where the ground is not known"
        raise StepError(msg, step=STEP, hint="move it beside the wall")
    return row, col


def gauge_facts(
    params: FloodParams, parts: Sequence[GaugeSeries], grid: GridSpec
) -> tuple[Fact, ...]:
    """Return the largest depth at each gauge.

    Parameters
    ----------
    params
        Parameters of the flood.
    parts
        What was kept, in the whole city or in its tiles.
    grid
        Of the city.
    """
    largest = {
        (int(row), int(col)): float(depth.max())
        for part in parts
        for row, col, depth in zip(part.rows, part.cols, part.depth_m.T, strict=True)
    }
    facts = []
    for number, gauge in enumerate(params.gauges, 1):
        rows, cols = grid.cells_of(np.array([gauge.x]), np.array([gauge.y]))
        label = text(f"最大浸水深（{gauge.name}）", f"Largest depth at {gauge.name}")
        value = largest[int(rows[0]), int(cols[0])]
        facts.append(Fact(name=f"gauge_{number}_depth_max", label=label, value=value, unit="m"))
    return tuple(facts)


def gauges_of(
    params: FloodParams, series: GaugeSeries, terrain_m: NDArray[np.float32]
) -> Gauges | None:
    """Return the series of the gauges; None where there are none.

    Parameters
    ----------
    params
        Parameters of the flood.
    series
        What was kept, in the order of the parameters.
    terrain_m
        Ground level of the whole area, shape (ny, nx) [m].
    """
    if not params.gauges:
        return None
    ground = terrain_m[series.rows, series.cols].astype(np.float64)
    depth = series.depth_m
    return Gauges(
        tuple(gauge.name for gauge in params.gauges),
        np.array([gauge.x for gauge in params.gauges]),
        np.array([gauge.y for gauge in params.gauges]),
        series.time_s,
        depth,
        np.where(depth > 0, ground + depth, np.nan),
        ground,
    )

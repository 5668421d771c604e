"""Walls, underpasses and culverts in a bare terrain, as a city has them in its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.model import fields as f
from citytwin.model.burned_lines import (
    LONGEST_OPENING_M,
    OPENINGS,
    burn_lines,
    ends_on_ground,
    measured_culverts,
)
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Note, tally
from citytwin.model.text import text

_FAR_M = 30.0
"""Levels farther from all ground along their line are those of another unit or datum [m]."""
_IDLE = text(
    "構造物 {count} か所は、地盤を変えません（天端が地盤より低い壁、または底が地盤より高い開口）。"
    "高さの単位と基準面を確認してください",
    "{count} lines change nothing: a wall below all ground along it, or an opening above it; check the "
    "unit and the datum of their levels",
)
_FAR = text(
    "構造物 {count} か所の高さは、沿線の地盤から 30 m 以上離れています。高さの単位と基準面を確認してください",
    "{count} lines have levels more than 30 m above or below all ground along them; check their unit "
    "and datum",
)


def with_lines_burned(
    grid: GridSpec, arrays: Mapping[f.Field, NDArray[Any]], structures: pd.DataFrame | None
) -> tuple[dict[f.Field, NDArray[Any]], tuple[Note, ...]]:
    """Return the rasters with lines burned into the terrain, and what is said of it.

    Culverts of known size and levels are left to the simulation.

    Parameters
    ----------
    grid
        Of the rasters.
    arrays
        By field, north first, shape (ny, nx).
    structures
        Rows of the table ``hydraulic_structures``; None = there are none.
    """
    terrain = arrays.get(f.TERRAIN)
    if structures is None or structures.empty or terrain is None:
        return dict(arrays), ()

    def level_at(row: int, col: int) -> float:
        is_inside = 0 <= row < grid.ny and 0 <= col < grid.nx
        return float(terrain[row, col]) if is_inside else float("nan")

    burned = burn_lines(
        gpd.GeoDataFrame(structures),
        terrain,
        grid,
        grid.whole,
        lambda line: ends_on_ground(line, grid, LONGEST_OPENING_M, level_at),
    )
    notes = (*burned.notes, *_level_notes(grid, terrain, structures))
    return {**arrays, f.TERRAIN: burned.ground_m}, notes


def _level_notes(
    grid: GridSpec, terrain: NDArray[np.float32], structures: pd.DataFrame
) -> tuple[Note, ...]:
    """Say which levels cannot be those of the ground that the lines lie on."""
    levels = structures[["start_level_m", "end_level_m"]].to_numpy(np.float64, na_value=np.nan)
    idle = far = 0
    for kind, line, ends, is_led_below in zip(
        structures["kind"],
        structures["geometry"],
        levels,
        measured_culverts(structures),
        strict=True,
    ):
        ground, known = _ground_along(grid, terrain, line), ends[~np.isnan(ends)]
        if not (ground.size and known.size):
            continue
        low, high = known.min(), known.max()
        if low > ground.max() + _FAR_M or high < ground.min() - _FAR_M:
            far += 1
        elif not is_led_below:
            idle += bool(low >= ground.max() if kind in OPENINGS else high <= ground.min())
    told = [] if not idle else [tally("loss", _IDLE, idle)]
    return (*told, *([] if not far else [tally("loss", _FAR, far)]))


def _ground_along(
    grid: GridSpec, terrain: NDArray[np.float32], line: shapely.LineString
) -> NDArray[np.float32]:
    """Known ground under places along a line, one for each cell or closer [m]."""
    steps = int(np.ceil(line.length / grid.cell_m)) + 1
    places = shapely.line_interpolate_point(line, np.linspace(0.0, line.length, steps))
    rows, cols = grid.cells_of(shapely.get_x(places), shapely.get_y(places))
    inside = (rows >= 0) & (rows < grid.ny) & (cols >= 0) & (cols < grid.nx)
    ground = terrain[rows[inside], cols[inside]]
    return ground[~np.isnan(ground)]

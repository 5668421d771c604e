"""Walls, underpasses and culverts in a bare terrain, as a city has them in its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
from numpy.typing import NDArray

from citytwin.model import fields as f
from citytwin.model.burned_lines import LONGEST_OPENING_M, burn_lines, ends_on_ground
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Note


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
    return {**arrays, f.TERRAIN: burned.ground_m}, burned.notes

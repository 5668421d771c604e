"""Culverts, underpasses and walls as cells of the ground, with the level that each gets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.model.grid import GridSpec, Tile
from citytwin.model.line_cells import line_cells
from citytwin.model.notes import Note, tally
from citytwin.model.text import text

Levels = NDArray[np.float64]
WIDEST_M = 100.0
"""Width of the widest structure that formats let pass [m]."""
OPENINGS = ("culvert", "underpass")
_SAID = {
    "culvert": (
        text(
            "暗渠 {count} か所を、上の開いた水路として地盤高に反映しています",
            "{count} culverts are burned into the ground as open cuts",
        ),
        text(
            "暗渠 {count} か所は、高さの記録がなく、長すぎるか両端に測定された地盤高がないため、反映していません",
            "{count} culverts are left out: they have no levels, and are too long or have no "
            "measured ground at their ends",
        ),
    ),
    "underpass": (
        text(
            "アンダーパス {count} か所を地盤高に反映しています",
            "{count} underpasses are burned into the ground",
        ),
        text(
            "アンダーパス {count} か所は、高さの記録がなく、長すぎるか両端に測定された地盤高がないため、"
            "反映していません",
            "{count} underpasses are left out: they have no levels, and are too long or have no "
            "measured ground at their ends",
        ),
    ),
    "wall": (
        text(
            "壁・堤防 {count} か所を地盤高に反映しています",
            "{count} walls or levees are burned into the ground",
        ),
        text(
            "壁・堤防 {count} か所は、高さの記録がないため、反映していません",
            "{count} walls are left out: they have neither levels nor a height",
        ),
    ),
}
"""Of each kind, what is said where it was burned in, and where it was left out."""


@dataclass(frozen=True, eq=False)
class _Structure:
    """A row of the table; NaN where it says nothing."""

    kind: str
    width_m: float
    height_m: float
    start_level_m: float
    end_level_m: float
    line: shapely.LineString


@dataclass(frozen=True, eq=False)
class BurnedLines:
    """What the structures make of the ground of a tile.

    Parameters
    ----------
    ground_m
        Ground with them, shape (ny, nx), float32 [m].
    burned
        Cells that are lower or higher than before, shape (ny, nx).
    notes
        What was burned and what was left out, counted where its middle lies.
    """

    ground_m: NDArray[np.float32]
    burned: NDArray[np.bool_]
    notes: tuple[Note, ...]


LONGEST_OPENING_M = 200.0
"""Openings without levels are burned in from ground to ground up to this length [m]."""


def ends_on_ground(
    line: shapely.LineString,
    grid: GridSpec,
    longest_m: float,
    level_at: Callable[[int, int], float],
) -> tuple[float, float]:
    """Return the ground at both ends of a line [m]; NaN where there is none, or it is too long.

    Parameters
    ----------
    line
        In the CRS of the grid.
    grid
        Of the city.
    longest_m
        Length up to which it counts [m].
    level_at
        Ground in a row and column of the grid, which may lie beside it [m]; NaN where it is not known.
    """
    if line.length > longest_m:
        return math.nan, math.nan
    x, y = shapely.get_coordinates(line)[[0, -1]].T
    rows, cols = grid.cells_of(x, y)
    first, last = (
        level_at(row, col) for row, col in zip(rows.tolist(), cols.tolist(), strict=True)
    )
    return first, last


def measured_culverts(structures: pd.DataFrame) -> NDArray[np.bool_]:
    """Which structures are culverts of known size and levels: floods lead water through them.

    Parameters
    ----------
    structures
        Rows of the table ``hydraulic_structures``.

    Returns
    -------
    array
        Shape (n,).
    """
    known = structures[["width_m", "height_m", "start_level_m", "end_level_m"]].notna().all(axis=1)
    return (known & (structures["kind"] == "culvert")).to_numpy(dtype=np.bool_)


def burn_lines(
    structures: gpd.GeoDataFrame,
    ground_m: NDArray[np.float32],
    grid: GridSpec,
    tile: Tile,
    end_ground_m: Callable[[shapely.LineString], tuple[float, float]],
) -> BurnedLines:
    """Raise the ground to walls, then lower it to the floors of culverts and underpasses.

    A wall lets no water pass between its cells, an opening is passed from cell to cell. Levels
    are linear between the ends of a line; an opening without levels has those of the ground at its
    ends, a wall without levels stands with its height on the ground of each cell. A wall never
    lowers the ground and an opening never raises it; cells of unknown ground stay unknown. Culverts
    of known size and levels are left to the flood, see `measured_culverts`.

    Parameters
    ----------
    structures
        Rows of the table ``hydraulic_structures``.
    ground_m
        Ground of the tile, shape (ny, nx), float32 [m].
    grid
        Of the city.
    tile
        Which cells of it the ground covers.
    end_ground_m
        Ground at both ends of an opening without levels [m]; NaN where it is not known.

    Returns
    -------
    BurnedLines
        New ground and notes.
    """
    ground = ground_m.copy()
    told: list[tuple[_Structure, bool]] = []
    for one in sorted(
        _structures(structures[~measured_culverts(structures)]),
        key=lambda one: one.kind in OPENINGS,
    ):
        rows, cols, along = _cells(one, grid, tile)
        levels = _levels(one, along, ground_m[rows, cols], end_ground_m)
        told.append((one, levels is not None))
        if levels is not None:
            change = np.minimum if one.kind in OPENINGS else np.maximum
            ground[rows, cols] = change(ground[rows, cols], levels.astype(np.float32))
    known = ~np.isnan(ground_m)
    return BurnedLines(ground, known & (ground != ground_m), _notes(told, grid, tile))


def _structures(rows: gpd.GeoDataFrame) -> list[_Structure]:
    numbers = [
        rows[name].to_numpy(dtype=np.float64, na_value=np.nan).tolist()
        for name in ("width_m", "height_m", "start_level_m", "end_level_m")
    ]
    return [
        _Structure(str(kind), width, height, start, end, line)
        for kind, width, height, start, end, line in zip(
            rows["kind"], *numbers, rows.geometry, strict=True
        )
    ]


def _levels(
    one: _Structure,
    along: Levels,
    ground_m: NDArray[np.float32],
    end_ground_m: Callable[[shapely.LineString], tuple[float, float]],
) -> Levels | None:
    """Level of a structure in each of its cells; None where nothing says it."""
    start, end = one.start_level_m, one.end_level_m
    if one.kind in OPENINGS:
        if math.isnan(start) or math.isnan(end):
            first, last = end_ground_m(one.line)
            start, end = first if math.isnan(start) else start, last if math.isnan(end) else end
    elif math.isnan(start) and math.isnan(end):
        return None if math.isnan(one.height_m) else ground_m.astype(np.float64) + one.height_m
    else:
        start, end = end if math.isnan(start) else start, start if math.isnan(end) else end
    return None if math.isnan(start + end) else start + along * (end - start)


def _cells(
    one: _Structure, grid: GridSpec, tile: Tile
) -> tuple[NDArray[np.int64], NDArray[np.int64], Levels]:
    """Cells of a tile under a line: rows and columns in the tile, and how far along it they lie.

    Those that the line passes, and those with their middle within half the width.
    """
    x, y = shapely.get_coordinates(one.line).T
    rows, cols = line_cells((grid.y_max - y) / grid.cell_m, (x - grid.x_min) / grid.cell_m)
    rows, cols = rows - tile.row0, cols - tile.col0
    chosen = np.zeros(tile.shape, dtype=np.bool_)
    ny, nx = tile.shape
    inside = (rows >= 0) & (rows < ny) & (cols >= 0) & (cols < nx)
    chosen[rows[inside], cols[inside]] = True
    if one.width_m > grid.cell_m:
        _widen(chosen, one.line, 0.5 * one.width_m, grid, tile)
    rows, cols = np.nonzero(chosen)
    middles = shapely.points(grid.x_centres(tile)[cols], grid.y_centres(tile)[rows])
    return rows, cols, shapely.line_locate_point(one.line, middles) / one.line.length


def _widen(
    chosen: NDArray[np.bool_], line: shapely.LineString, reach_m: float, grid: GridSpec, tile: Tile
) -> None:
    """Take the cells with their middle within reach as well; in place."""
    x, y = grid.x_centres(tile), grid.y_centres(tile)
    west, south, east, north = line.bounds
    cols = np.flatnonzero((x >= west - reach_m) & (x <= east + reach_m))
    rows = np.flatnonzero((y >= south - reach_m) & (y <= north + reach_m))
    if rows.size and cols.size:
        middles = shapely.points(*np.meshgrid(x[cols], y[rows]))
        chosen[np.ix_(rows, cols)] |= shapely.dwithin(line, middles, reach_m)


def _notes(told: list[tuple[_Structure, bool]], grid: GridSpec, tile: Tile) -> tuple[Note, ...]:
    if not told:
        return ()
    here = grid.middles_in(shapely.bounds([one.line for one, _ in told]), tile)
    notes = []
    for kind, (burned, left_out) in _SAID.items():
        mine = [is_burned for (one, is_burned), is_here in zip(told, here, strict=True)
                if one.kind == kind and is_here]  # fmt: skip
        if any(mine):
            notes.append(tally("info", burned, sum(mine)))
        if not all(mine):
            notes.append(tally("loss", left_out, len(mine) - sum(mine)))
    return tuple(notes)

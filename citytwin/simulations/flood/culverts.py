"""Culverts of known size and levels as the solver sees them: between two cells of the ground."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from citytwin.kernels.culvert_inlets import INLET_NAMES
from citytwin.kernels.flood_culverts import Culverts
from citytwin.model.burned_lines import measured_culverts
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Note, tally
from citytwin.model.tables import HYDRAULIC_STRUCTURES, Table
from citytwin.model.text import text
from citytwin.simulations.flood.params import FloodParams, subgrid_cells
from citytwin.simulations.flood.places import Ground, open_around

_LEAST_CLEAR_M = 0.05
_PASSING = text(
    "暗渠 {count} か所を管路として計算（FHWA HDS-5 の呑口・吐口支配）",
    "{count} culverts pass water below the ground (control at inlet or outlet as in FHWA HDS-5)",
)
_LEFT_OUT = text(
    "暗渠 {count} か所は、両端が同じ格子か、範囲外・建物の中か、上端が地盤より低いため、計算に含めていません",
    "{count} culverts are left out: both ends lie in one cell, an end lies outside or in a building, "
    "or the ground there is above the roof of the culvert",
)


@dataclass(frozen=True)
class _End:
    """An end in the open cell that fits it best."""

    row: int
    col: int
    level_m: float
    clear_m: float
    """Height of the opening above the ground."""

    def in_cells(self, number: int) -> tuple[int, int]:
        """Row and column among cells of so many along a side."""
        return self.row // number, self.col // number


def culverts_of(
    ground_in: Callable[[Tile], Ground],
    grid: GridSpec,
    tables: Mapping[Table, pd.DataFrame],
    params: FloodParams,
) -> tuple[Culverts | None, tuple[Note, ...]]:
    """Find the cells of the culverts of known size and levels, and say what became of them.

    Parameters
    ----------
    ground_in
        Gives the ground in a window of the city, or in more.
    grid
        Of the city.
    tables
        Of the city; without the table ``hydraulic_structures`` there are none.
    params
        Parameters of the flood.
    """
    rows = tables.get(HYDRAULIC_STRUCTURES)
    if rows is None:
        return None, ()
    chosen = rows[measured_culverts(rows)]
    number = subgrid_cells(params, grid.cell_m)
    sizes = chosen[["width_m", "height_m", "start_level_m", "end_level_m"]].to_numpy(np.float64)
    found = []
    for line, said, (width, height, *levels) in zip(
        chosen["geometry"], chosen["inlet"], sizes.tolist(), strict=True
    ):
        inlet = 0 if pd.isna(said) else INLET_NAMES.index(said)
        places = shapely.get_coordinates(line)[[0, -1]]
        ends = [
            _end(ground_in, grid, x, y, level, height)
            for (x, y), level in zip(places.tolist(), levels, strict=True)
        ]
        first, second = ends
        if first is None or second is None or first.in_cells(number) == second.in_cells(number):
            continue
        # Of a pipe that the ground covers in part the circle above it is left.
        clear = min(first.clear_m, second.clear_m)
        found.append((first, second, inlet, width, clear, line.length))
    notes = []
    if found:
        notes.append(tally("info", _PASSING, len(found)))
    if len(found) < len(chosen):
        notes.append(tally("loss", _LEFT_OUT, len(chosen) - len(found)))
    if not found:
        return None, tuple(notes)
    widths, heights, lengths = np.array([size for _, _, _, *size in found]).T
    culverts = Culverts(
        np.array([(a.row, b.row) for a, b, *_ in found]),
        np.array([(a.col, b.col) for a, b, *_ in found]),
        np.array([(a.level_m, b.level_m) for a, b, *_ in found]),
        widths,
        heights,
        lengths,
        np.array([inlet for _, _, inlet, *_ in found]),
    )
    return culverts, tuple(notes)


def _end(
    ground_in: Callable[[Tile], Ground],
    grid: GridSpec,
    x: float,
    y: float,
    level_m: float,
    height_m: float,
) -> _End | None:
    """The open cell at an end or beside it whose ground lies nearest to the invert.

    None where water cannot enter there.
    """
    near = open_around(ground_in, grid, x, y)
    if not near.rows.size:
        return None
    best = int(np.argmin(np.abs(near.level_m - level_m)))
    sill = max(level_m, float(near.level_m[best]))
    clear = level_m + height_m - sill
    if clear < _LEAST_CLEAR_M:
        return None
    return _End(int(near.rows[best]), int(near.cols[best]), sill, clear)

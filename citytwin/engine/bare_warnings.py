"""What must be said of bare rasters before anybody believes a map made from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.engine.crs_fit import check_fit
from citytwin.engine.surface_faults import surface_faults
from citytwin.errors import ConfigError
from citytwin.kernels.implausible_ground import STEEPEST, sunk_level, typical_rise_m
from citytwin.kernels.lone_heights import group_cells
from citytwin.model import fields as f
from citytwin.model.grid import COARSE_CELL_M, GridSpec
from citytwin.model.notes import Note
from citytwin.model.steps import Arrays

BURIED_M = 2.0
"""Surfaces lie above the ground but for noise of the survey; so far below in most places they are none [m]."""


def warnings_of(grid: GridSpec, arrays: Arrays) -> tuple[Note, ...]:
    """Tell of lengths that are off, of spikes, pits and holes, and of cells too large for buildings.

    Parameters
    ----------
    grid
        Grid of the rasters.
    arrays
        The rasters, north first.

    Raises
    ------
    ConfigError
        If a metre on the grid is no metre on the ground, the ground is a wall in most places, the surface lies
        below it in most, or heights of trees above the ground are given for heights above the datum.
    """
    hint = "warp the raster to a CRS that suits the place: gdalwarp -t_srs {suited} IN OUT"
    fit = check_fit(grid, hint, anywhere=True)
    _check_crowns(arrays)
    _check_surface(arrays)
    faults = surface_faults(grid, grid.whole, grid.whole, arrays)
    return (*fit, *faults, *_ground(grid, arrays.get(f.TERRAIN)), *_coarse(grid, arrays))


def _ground(grid: GridSpec, terrain: NDArray[Any] | None) -> tuple[Note, ...]:
    """Refuse ground in another unit; tell of a level far below all around it, as codes for no data are."""
    if terrain is None or not np.isfinite(terrain).any():
        return ()
    rise_m = typical_rise_m(terrain)
    if rise_m > STEEPEST * grid.cell_m:
        msg = f"terrain rises or falls by {rise_m:g} m from cell to cell (median), on cells of {grid.cell_m:g} m"
        raise ConfigError(msg, hint="give heights in metres, not centimetres or millimetres")
    sunk = sunk_level(terrain)
    if sunk is None or sunk.number <= group_cells(grid.cell_m):  # a pit, told as one
        return ()
    lowest, count, below = sunk
    return (
        Note(
            severity="loss",
            ja=f"地盤高がちょうど {lowest:g} m のセルが {count} 個あり、その周囲はすべて "
            f"{below:.0f} m 以上高くなっています。欠測値の符号であれば NoData にしてください",
            en=f"The ground is at exactly {lowest:g} m in {count} cells, and all around them at least "
            f"{below:.0f} m higher. If that is a code for no data, mark it: "
            f"gdal_edit.py -a_nodata {lowest:g} FILE",
        ),
    )


def _check_crowns(arrays: Arrays) -> None:
    """Refuse crowns of which most lie in the ground."""
    top, surface = arrays.get(f.CANOPY_TOP), arrays.get(f.SURFACE_HEIGHT)
    if top is None or surface is None:
        return
    crowns = np.isfinite(top) & np.isfinite(surface)
    buried = int((crowns & (top <= surface)).sum())
    if 2 * buried > int(crowns.sum()):
        msg = f"canopy_top lies at or below surface_height in {buried} of {int(crowns.sum())} cells"
        hint = "give it in metres above the datum, as the surface, and NaN where there is no tree"
        raise ConfigError(msg, hint=hint)


def _check_surface(arrays: Arrays) -> None:
    """Refuse a surface of which most lies in the ground: one of both has another datum, or they are swapped."""
    surface, ground = arrays.get(f.SURFACE_HEIGHT), arrays.get(f.TERRAIN)
    if surface is None or ground is None:
        return
    known = np.isfinite(surface) & np.isfinite(ground)
    buried = int((known & (surface < ground - BURIED_M)).sum())
    if 2 * buried > int(known.sum()):
        msg = f"surface_height lies more than {BURIED_M:g} m below terrain in {buried} of {int(known.sum())} cells"
        hint = (
            "give both in metres above one datum, and the surface with buildings as surface_height"
        )
        raise ConfigError(msg, hint=hint)


def _coarse(grid: GridSpec, arrays: Arrays) -> tuple[Note, ...]:
    if grid.cell_m < COARSE_CELL_M or f.SURFACE_HEIGHT not in arrays:
        return ()
    return (
        Note(
            severity="loss",
            ja=f"セル {grid.cell_m:g} m は多くの建物の幅より粗く、細い建物や影は消えるか太ります",
            en=f"Cells of {grid.cell_m:g} m are larger than many buildings are wide: narrow"
            " buildings, gaps and shadows vanish or swell",
        ),
    )

"""Checked arrays for a flood run: ground, edges and the state at the start."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError, GridMismatchError
from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_options import EdgeKind, Edges
from citytwin.kernels.inertial_state import CLOSED_BED_M, Ground
from citytwin.kernels.roof_runoff import rain_weight

# Terrain must stay well below the level that closes a cell.
_HIGHEST_TERRAIN_M = 1e5
# Conveyance so large that the outflow is always limited by critical flow.
_FREE_FALL = np.float32(1e12)


class Cells(NamedTuple):
    """Which cells take part.

    Parameters
    ----------
    is_open
        Cells that can hold water, shape (ny, nx), bool.
    is_roof
        Building cells inside the domain whose rain runs to open cells, shape (ny, nx), bool.
    """

    is_open: NDArray[np.bool_]
    is_roof: NDArray[np.bool_]


def written_zeros(*shape: int) -> NDArray[np.float32]:
    """Zeros in memory of their own.

    Parameters
    ----------
    *shape
        Shape of the array.

    Returns
    -------
    numpy.ndarray
        Zeros of that shape, float32.

    Notes
    -----
    Fresh memory from ``numpy.zeros`` is one shared page until it is written; reading large arrays
    of it is up to ten times slower than reading any other number on some processors, and ground
    that stays dry is never written.
    """
    return np.full(shape, 0.0, dtype=np.float32)


def check_cells(
    terrain_m: NDArray[np.float32],
    blocked: NDArray[np.bool_],
    manning: NDArray[np.float32],
    *,
    roofs_run_off: bool = True,
    is_part: bool = False,
) -> Cells:
    """Check the rasters of a run and tell open cells from building cells.

    Parameters
    ----------
    terrain_m
        Ground level, shape (ny, nx) [m]; NaN outside the domain.
    blocked
        Building cells, shape (ny, nx), bool.
    manning
        Manning's n, shape (ny, nx) [s/m^(1/3)], >= 0 on open cells.
    roofs_run_off
        Whether building cells are roofs, whose rain runs to open cells.
    is_part
        Whether these are a part of a grid, which may have no open cell.

    Returns
    -------
    Cells
        Two masks of shape (ny, nx).
    """
    shape = terrain_m.shape
    if terrain_m.ndim != 2 or not terrain_m.size:
        raise GridMismatchError("terrain_m", expected="(ny, nx)", got=str(shape))
    for name, array in (("blocked", blocked), ("manning", manning)):
        if array.shape != shape:
            raise GridMismatchError(name, expected=str(shape), got=str(array.shape))
    if blocked.dtype != np.bool_:
        raise GridMismatchError("blocked", expected="bool", got=str(blocked.dtype))
    inside = ~np.isnan(terrain_m)
    is_open = inside & ~blocked
    if not (is_open.any() or is_part):
        raise ConfigError("no open cell", hint="terrain is NaN or blocked everywhere")
    extreme = float(np.abs(terrain_m[inside]).max(initial=0.0))
    if extreme > _HIGHEST_TERRAIN_M:
        raise ConfigError(
            f"terrain holds a level of {extreme} m", hint="mark nodata as NaN; heights are metres"
        )
    rough = manning[is_open]
    bad = ~(np.isfinite(rough) & (rough >= 0))
    if bad.any():
        raise ConfigError(
            f"manning is {rough[bad][0]} on {int(bad.sum())} open cells",
            hint="give Manning's n >= 0 on every cell that is not a building",
        )
    return Cells(is_open, inside & blocked & roofs_run_off)


def _slope_along(bed: NDArray[np.float32], is_open: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Rise per cell along one side of the grid: mean of that to the neighbours that are open."""
    rise = np.where(is_open[1:] & is_open[:-1], np.diff(bed.astype(np.float64)), np.nan)
    both = np.column_stack([np.append(np.nan, rise), np.append(rise, np.nan)])
    known = ~np.isnan(both)
    mean: NDArray[np.float64] = np.nansum(both, axis=1) / np.maximum(known.sum(axis=1), 1)
    return mean


def _conveyance(
    kind: EdgeKind,
    slope: tuple[NDArray[np.float64], NDArray[np.float64]],
    manning: NDArray[np.float32],
    is_open: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Slope outwards over the root of the whole slope and over n, along one side of the grid.

    Uniform flow follows the steepest fall S at h^(2/3) sqrt(S) / n, so the part S_out / S of it
    crosses the edge. `slope` is (outwards, along the edge).
    """
    out = np.zeros(is_open.shape, dtype=np.float32)
    if kind is EdgeKind.CRITICAL:
        out[is_open] = _FREE_FALL
    elif kind is EdgeKind.NORMAL_DEPTH:
        with np.errstate(divide="ignore"):
            outwards, along = slope[0][is_open], slope[1][is_open]
            root = np.sqrt(np.hypot(outwards, along))
            value = outwards / root / manning[is_open].astype(np.float64)
        out[is_open] = np.minimum(value, _FREE_FALL)
    return out


def lay_ground(
    terrain_m: NDArray[np.float32],
    manning: NDArray[np.float32],
    cells: Cells,
    cell_m: float,
    edges: Edges,
) -> Ground:
    """Prepare what does not change during a run.

    Parameters
    ----------
    terrain_m
        Ground level, shape (ny, nx) [m].
    manning
        Manning's n, shape (ny, nx) [s/m^(1/3)].
    cells
        Masks of shape (ny, nx).
    cell_m
        Cell size [m], > 0.
    edges
        Sides of the grid.

    Returns
    -------
    Ground
        Arrays of shape (ny, nx), (nx,) and (ny,), float32.
    """
    bed = np.where(cells.is_open, terrain_m, CLOSED_BED_M).astype(np.float32, order="C")
    rough = np.where(cells.is_open, manning, 0.0).astype(np.float32, order="C")
    weight = rain_weight(cells.is_open, cells.is_roof).astype(np.float32)

    def side(
        kind: EdgeKind, along: tuple[slice | int, ...], inner: tuple[slice | int, ...]
    ) -> NDArray[np.float32]:
        fall = (bed[inner].astype(np.float64) - bed[along]) / cell_m
        known = cells.is_open[along] & cells.is_open[inner] & (fall > edges.min_slope)
        outwards = np.where(known, fall, edges.min_slope)
        beside = _slope_along(bed[along], cells.is_open[along]) / cell_m
        return _conveyance(kind, (outwards, beside), rough[along], cells.is_open[along])

    ny, nx = bed.shape
    everything = slice(None)
    return Ground(
        bed_m=bed,
        manning=rough,
        rain_weight=weight,
        north=side(edges.north, (0, everything), (min(1, ny - 1), everything)),
        south=side(edges.south, (ny - 1, everything), (max(ny - 2, 0), everything)),
        west=side(edges.west, (everything, 0), (everything, min(1, nx - 1))),
        east=side(edges.east, (everything, nx - 1), (everything, max(nx - 2, 0))),
    )


def check_inflows(forcing: Forcing, cells: Cells) -> None:
    """Refuse inflow cells that lie outside the grid or cannot take water.

    Parameters
    ----------
    forcing
        Forcing of the run.
    cells
        Masks of shape (ny, nx).
    """
    ny, nx = cells.is_open.shape
    for number, inflow in enumerate(forcing.inflows):
        for row, col in zip(inflow.rows, inflow.cols, strict=True):
            if not (0 <= row < ny and 0 <= col < nx):
                raise ConfigError(
                    f"inflow {number}: cell ({row}, {col}) is outside the grid of {ny} x {nx}",
                    hint="give rows and columns inside the grid",
                )
            if not cells.is_open[row, col]:
                raise ConfigError(
                    f"inflow {number}: cell ({row}, {col}) is a building or outside the domain",
                    hint="move the inflow to an open cell",
                )


def start_depth(forcing: Forcing, cells: Cells) -> NDArray[np.float32]:
    """Depth of the water that stands at the start.

    Parameters
    ----------
    forcing
        Forcing of the run.
    cells
        Masks of shape (ny, nx).

    Returns
    -------
    numpy.ndarray
        A new array of shape (ny, nx), float32 [m]; zero where no water can be.
    """
    ny, nx = cells.is_open.shape
    depth = written_zeros(ny, nx)
    given = forcing.initial_depth_m
    if given is not None:
        if given.shape != depth.shape:
            raise GridMismatchError(
                "initial_depth_m", expected=str(depth.shape), got=str(given.shape)
            )
        wet = given[cells.is_open]
        bad = ~(np.isfinite(wet) & (wet >= 0))
        if bad.any():
            raise ConfigError(
                f"initial_depth_m is {wet[bad][0]} on {int(bad.sum())} open cells",
                hint="give a depth >= 0 m on every open cell",
            )
        depth[cells.is_open] = wet
    return depth

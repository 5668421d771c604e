"""Which cells of a surface see the sun, and for how many hours.

A band sweep with two lanes of rays per cell: O(1) per cell and sun position whatever the length
of the shadows (running maximum of sheared heights along the sun's azimuth; compare Timonen and
Westerholm 2010, Scalable height field self-shadowing, Computer Graphics Forum 29(2), 723-731).

A raster knows a building by whole cells, and a block casts from its near edge, half a step
behind the centre of its last cell. The methods differ in what they take the cells for:

``fast``
    Walls are blocks and cast from their edge; between neighbours of less than 45 degrees the
    surface is a slope, and slopes of terrain and roofs that the sun grazes do not shade
    themselves. Each cell is judged by the nearest of two lanes.
``fast_blocks``
    Every cell is a flat-topped block; a slope is a stair, which lies in its own shadow wherever
    it falls away from the sun by more than half as steeply as the rays.
``exact``
    Blocks as well, and every cell is right: what bounds leave open is walked ray by ray.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numba import njit

from citytwin.kernels.canopy import Canopy, check_canopy, sweep_behind_crowns
from citytwin.kernels.shadow_answers import NO_DATA, UNDER_TREES, blank_unknown, lit_to_mask
from citytwin.kernels.shadow_bounds import sweep_exact
from citytwin.kernels.shadow_lanes import sweep_lit
from citytwin.kernels.single_sun import sweep_one
from citytwin.kernels.sun_bundle import RayBundle, Suns, bundles, check_suns
from citytwin.kernels.sun_ray import sun_ray

Method = Literal["fast", "fast_blocks", "exact"]
CellSize = float | tuple[float, float]
"""Edge of square cells, or the distances of rows and of columns [m]."""


def reach_m(max_caster_height_m: float, min_altitude_rad: float, cell_m: float) -> float:
    """How far towards the sun a tile must see so that no caster is missed.

    Parameters
    ----------
    max_caster_height_m
        Highest surface above the lowest receiver [m], >= 0.
    min_altitude_rad
        Lowest sun that counts [rad], > 0 and < pi/2.
    cell_m
        Edge of a cell [m], > 0; three cells are added for the half step, the sideways rounding
        and the neighbour of a caster.

    Returns
    -------
    float
        Length [m].
    """
    return max_caster_height_m / math.tan(min_altitude_rad) + 3.0 * cell_m


def accumulate_sunlit(
    height: np.ndarray,
    plane_height: np.ndarray,
    cell_m: CellSize,
    suns: Suns,
    row0: int,
    col0: int,
    method: Method = "fast",
    canopy: Canopy | None = None,
) -> np.ndarray:
    """Weighted sum of the sun positions that reach each cell: hours of sunlight.

    Cells of a tile get the same bits as in the whole raster when the tile reaches `reach_m`
    further towards every sun; the order of the sum depends on the suns only.

    Parameters
    ----------
    height
        Surface that casts shadows, shape (ny, nx), float32 [m]. NaN casts nothing.
    plane_height
        Height at which the sun is looked for, shape (ny, nx), float32 [m]: ``height`` itself
        for hours on ground and roofs, or ground plus 1.5 m, and so on.
    cell_m
        Edge of a cell, or distances of rows and of columns [m], > 0.
    suns
        Where the sun stands and what each position counts. Suns at or below the horizon light
        nothing.
    row0, col0
        Global row and column of the first cell.
    method
        What cells are taken for, and whether the answer is exact: see the module.
    canopy
        Crowns of trees and the share of light that they let through; None = no trees. Crowns
        are swept in two lanes per cell by every method.

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), float32 [unit of the weights]. NaN where either height is unknown (NaN or
        beyond 100 km), and where the plane lies below the surface, that is inside a building.

    Raises
    ------
    ValueError
        When shapes do not fit, or cell size, azimuths, altitudes or weights are unusable.
    """
    check_suns(suns)
    at = row0, col0
    hours = sum_of_lit(height, plane_height, cell_m, suns, at, method, np.float32, canopy)
    blank_unknown(height, plane_height, hours, np.nan)
    return hours


def shadow_mask(  # noqa: PLR0913 - a sun is two angles
    height: np.ndarray,
    plane_height: np.ndarray,
    cell_m: CellSize,
    azimuth_rad: float,
    altitude_rad: float,
    row0: int,
    col0: int,
    method: Method = "fast",
    canopy: Canopy | None = None,
) -> np.ndarray:
    """Tell for one sun position which cells are shaded.

    Parameters
    ----------
    height
        Surface that casts shadows, shape (ny, nx), float32 [m]. NaN casts nothing.
    plane_height
        Height at which the sun is looked for, shape (ny, nx), float32 [m].
    cell_m
        Edge of a cell, or distances of rows and of columns [m], > 0.
    azimuth_rad
        Where the sun stands, clockwise from grid north [rad].
    altitude_rad
        Above the horizon [rad]. At or below 0 it is night: all cells are shaded.
    row0, col0
        Global row and column of the first cell.
    method
        What cells are taken for, and whether the answer is exact: see the module.
    canopy
        Crowns of trees; None = no trees. How much light they let through does not matter here.

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), uint8: 0 lit, 1 shaded, 2 in the shade of trees alone, 255 where either
        height is unknown or the plane lies below the surface.

    Raises
    ------
    ValueError
        When shapes do not fit, or cell size, azimuth or altitude are unusable.
    """
    sun = Suns(np.array([azimuth_rad]), np.array([altitude_rad]), np.ones(1))
    check_suns(sun)
    if canopy is not None or method == "exact" or altitude_rad <= 0.0:
        if canopy is not None:
            canopy = canopy._replace(passes=np.full(1, float(UNDER_TREES)))
        at = row0, col0
        lit = sum_of_lit(height, plane_height, cell_m, sun, at, method, np.uint8, canopy)
        lit_to_mask(height, plane_height, lit)
        return lit
    row_m, col_m = _checked(height, plane_height, cell_m)
    surface, plane = _each(np.ascontiguousarray, [height, plane_height])
    ray = sun_ray(azimuth_rad, altitude_rad, row_m, col_m, method != "fast")
    mask: np.ndarray = sweep_one(surface, plane, ray, (row0, col0))
    if plane is not surface:
        blank_unknown(surface, plane, mask, NO_DATA)
    return mask


def sum_of_lit(
    height: np.ndarray,
    plane_height: np.ndarray,
    cell_m: CellSize,
    suns: Suns,
    origin: tuple[int, int],
    method: Method,
    dtype: type,
    canopy: Canopy | None,
) -> np.ndarray:
    """Sum of the weights of the suns that reach each cell, before what is unknown is told.

    Parameters
    ----------
    height, plane_height
        Surface, and height at which the sun is looked for, shape (ny, nx), float32 [m].
    canopy
        As of `accumulate_sunlit`.
    cell_m
        Edge of a cell, or distances of rows and of columns [m], > 0.
    suns
        As `check_suns` passes them.
    origin
        Global row and column of the first cell.
    method
        What cells are taken for: see the module.
    dtype
        Type of the sums, which must hold them.

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), of `dtype` [unit of the weights].

    Raises
    ------
    ValueError
        When shapes do not fit, or the cell size is unusable.
    """
    row_m, col_m = _checked(height, plane_height, cell_m)
    layers, behind = [height, plane_height], None
    if canopy is not None:
        check_canopy(canopy, height.shape, suns.weight.size)
        layers += [canopy.top, canopy.base]
        behind = suns.weight * canopy.passes
    rays = bundles(suns, row_m, col_m, method != "fast", dtype, behind)
    out: np.ndarray = np.zeros(height.shape, dtype=dtype)
    along_rows = [bundle for bundle in rays if not bundle.turned]
    if along_rows:
        _sweep_all(_each(np.ascontiguousarray, layers), along_rows, col_m, origin[0], method, out)
    along_columns = [bundle for bundle in rays if bundle.turned]
    if along_columns:
        turned: np.ndarray = np.zeros(out.shape[::-1], dtype=dtype)
        _sweep_all(_each(turn, layers), along_columns, row_m, origin[1], method, turned)
        out += turn(turned)
    return out


def _checked(height: np.ndarray, plane_height: np.ndarray, cell_m: CellSize) -> tuple[float, float]:
    """Distances of rows and of columns, where they and the rasters can be used."""
    if height.ndim != 2 or height.size == 0 or height.shape != plane_height.shape:
        raise ValueError(
            f"height and plane must be 2-D, not empty and of one shape: "
            f"{height.shape}, {plane_height.shape}"
        )
    row_m, col_m = cell_m if isinstance(cell_m, tuple) else (cell_m, cell_m)
    if not (0.0 < row_m < math.inf and 0.0 < col_m < math.inf):
        raise ValueError(f"cell_m must be positive, got {cell_m}")
    return row_m, col_m


def _each(change: Callable[[np.ndarray], np.ndarray], layers: list[np.ndarray]) -> list[np.ndarray]:
    """Change each array once, also one that stands for two things."""
    done = {id(layer): change(layer) for layer in layers}
    return [done[id(layer)] for layer in layers]


def _sweep_all(
    layers: list[np.ndarray],
    rays: list[RayBundle],
    side_m: float,
    origin: int,
    method: Method,
    out: np.ndarray,
) -> None:
    """Sweep all suns of one axis over a surface, a plane, and crowns if there are any."""
    sweep = sweep_exact if method == "exact" else sweep_lit
    for bundle in rays:
        if len(layers) == 2:
            sweep(layers[0], layers[1], bundle, origin, out)
        else:
            sweep_behind_crowns(sweep, layers, bundle, side_m, origin, out)


@njit(cache=True, nogil=True)
def turn(field: np.ndarray) -> np.ndarray:
    """Transpose into a fresh C-ordered array, by squares of one line of the cache (64 bytes).

    Parameters
    ----------
    field
        Shape (ny, nx), any type, any unit.

    Returns
    -------
    numpy.ndarray
        Shape (nx, ny).
    """
    ny, nx = field.shape
    out = np.empty((nx, ny), dtype=field.dtype)
    edge = 64 // field.itemsize
    for j0 in range(0, nx, edge):
        for i0 in range(0, ny, edge):
            for j in range(j0, min(j0 + edge, nx)):
                for i in range(i0, min(i0 + edge, ny)):
                    out[j, i] = field[i, j]
    return out

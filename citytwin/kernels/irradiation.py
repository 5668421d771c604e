"""Light received by ground and roofs, each on its own slope.

Every light is looked for on its own, and a plane receives it by the cosine of the angle at which
it falls: lights behind a plane give it nothing, whatever the cells around it hide.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numba import njit

from citytwin.kernels.canopy import crossed_by
from citytwin.kernels.horizon_sweep import reach_m, turn
from citytwin.kernels.shadow_lanes import sweep_lit
from citytwin.kernels.sky_view import GOLDEN_ANGLE
from citytwin.kernels.sun_bins import Lights
from citytwin.kernels.sun_bundle import RayBundle, Suns, bundles, check_suns
from citytwin.kernels.sun_ray import MAX_HEIGHT_M, MAX_SLOPE

_BESIDE = 3
"""Cells to all sides that a light is looked for in, beside those towards it: for the slopes to the
neighbours, and for rays that pass between cells."""
_RAYS_KEPT = 4096
"""Of lights that tiles of a city have in common; about 1 kB each."""


def even_sky(number: int) -> Lights:
    """Directions of equal solid angle, weighted so that a level plane receives 1 from all.

    Parameters
    ----------
    number
        How many directions, >= 1.

    Returns
    -------
    Lights
        Of one kind.
    """
    index = np.arange(number)
    return Lights(
        np.mod(index * GOLDEN_ANGLE, 2.0 * np.pi),
        np.arcsin((index + 0.5) / number),
        np.full((1, number), 2.0 / number),
    )


def light_directions(lights: Lights) -> np.ndarray:
    """Where lights stand, as vectors.

    Parameters
    ----------
    lights
        With angles [rad].

    Returns
    -------
    numpy.ndarray
        Shape (nt, 3), float64, of length 1: towards east, north and up.
    """
    level = np.cos(lights.altitude_rad)
    east, north = np.sin(lights.azimuth_rad), np.cos(lights.azimuth_rad)
    return np.stack([level * east, level * north, np.sin(lights.altitude_rad)], axis=1)


def received(
    height: np.ndarray,
    normals: np.ndarray,
    cell_m: float,
    lights: Lights,
    min_altitude_rad: float,
    origin: tuple[int, int],
    crowns: tuple[np.ndarray, np.ndarray] | None = None,
    inner: tuple[slice, slice] = (slice(None), slice(None)),
) -> np.ndarray:
    """Light that reaches each cell, on a plane of its own.

    Cells of a tile get the same bits as in the whole raster when the tile reaches
    `citytwin.kernels.horizon_sweep.reach_m` further towards every light; only so far is it swept.

    Parameters
    ----------
    height
        Surface, shape (ny, nx), float32 [m]. NaN hides nothing.
    normals
        Of the planes, of length 1, shape (3, ny, nx), float32: towards east, north and up [1].
    cell_m
        Edge of a cell [m], > 0.
    lights
        Directions above the horizon, and what a plane receives that faces them.
    min_altitude_rad
        Lower lights are looked for at this altitude, so that shadows have an end [rad].
    origin
        Global row and column of the first cell.
    crowns
        Upper and lower surface of crowns of trees, shape (ny, nx) each, float32 [m]; NaN where
        there is none. None = no trees.
    inner
        Rows and columns of the cells that are asked for, steps of 1.

    Returns
    -------
    numpy.ndarray
        Shape (kinds, rows, columns) of these, float32 [unit of the weights, per area of the plane];
        NaN where the height is unknown.
    """
    seen_at = np.maximum(lights.altitude_rad, min_altitude_rad)
    check_suns(Suns(lights.azimuth_rad, seen_at, lights.weights[0]))
    towards = light_directions(lights).astype(np.float32)
    rays = [
        _single(azimuth, altitude, cell_m)
        for azimuth, altitude in zip(lights.azimuth_rad, seen_at, strict=True)
    ]
    behind = None if crowns is None else lights.behind_crowns
    weights = np.stack([lights.weights, lights.weights if behind is None else behind])
    of_light = weights.transpose(2, 1, 0).astype(np.float32)
    number = lights.weights.shape[0]
    layers = [height] if crowns is None or behind is None else [height, *crowns]
    rows, cols = (range(*s.indices(side)) for s, side in zip(inner, height.shape, strict=True))
    relief_m = _relief_m(layers, height[inner])
    total = np.zeros((number, len(rows), len(cols)), dtype=np.float32)
    for turned in (False, True):
        chosen = [k for k, ray in enumerate(rays) if ray.turned is turned]
        if not chosen:
            continue
        laid = [turn(layer) if turned else layer for layer in layers]
        own = [np.ascontiguousarray(part[inner]) for part in normals]
        planes = np.stack([turn(part) if turned else part for part in own])
        part = np.zeros((number, *planes.shape[1:]), dtype=np.float32)
        lines, across = (cols, rows) if turned else (rows, cols)
        for k in chosen:
            far = reach_m(relief_m, float(seen_at[k]), cell_m) / cell_m
            azimuth = float(lights.azimuth_rad[k])
            to_row, to_col = -far * math.cos(azimuth), far * math.sin(azimuth)
            to_line, to_across = (to_col, to_row) if turned else (to_row, to_col)
            swept = _towards(lines, to_line), _towards(across, to_across)
            above = [np.ascontiguousarray(layer[swept]) for layer in laid]
            first_line = (origin[1] if turned else origin[0]) + swept[0].start
            seen = _seen(above, rays[k], cell_m, first_line)
            wanted = tuple(
                slice(one.start - around.start, one.stop - around.start)
                for one, around in zip((lines, across), swept, strict=True)
            )
            _add_received(np.ascontiguousarray(seen[wanted]), planes, towards[k], of_light[k], part)
        total += np.stack([turn(kind) for kind in part]) if turned else part
    _blank_unknown(np.ascontiguousarray(height[inner]), total)
    return total


def _relief_m(layers: list[np.ndarray], receivers: np.ndarray) -> float:
    """Height of the highest of some layers above the lowest receiver [m]; 0 without any."""
    heights = [layer[np.abs(layer) <= MAX_HEIGHT_M] for layer in (*layers, receivers)]
    *casters, low = heights
    highest = max((float(one.max()) for one in casters if one.size), default=0.0)
    return max(highest - float(low.min()), 0.0) if low.size else 0.0


def _towards(cells: range, far: float) -> slice:
    """Cells of a line, and those that lie up to `far` further before or after them."""
    before, after = max(-far, 0.0), max(far, 0.0)
    start = cells.start - math.ceil(before) - _BESIDE
    return slice(max(start, 0), cells.stop + math.ceil(after) + _BESIDE)


def _seen(layers: list[np.ndarray], ray: RayBundle, cell_m: float, first_line: int) -> np.ndarray:
    """Which cells see a light: 0 none, 1 in the open, 2 through crowns; uint8."""
    surface = layers[0]
    lit = np.zeros(surface.shape, dtype=np.uint8)
    sweep_lit(surface, surface, ray, first_line, lit)
    if len(layers) == 1:
        return lit
    crossed = crossed_by(ray, 0, [surface, *layers], cell_m, first_line)
    return lit * (np.uint8(1) + (crossed > 0))


@njit(cache=True, nogil=True)
def received_in_the_open(
    normals: np.ndarray, towards: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Light that planes would receive if nothing stood in its way.

    Parameters
    ----------
    normals
        Of length 1, shape (n, 3), float32 [1].
    towards
        As `light_directions` gives them, shape (nt, 3), float64 [1].
    weights
        What a plane receives that faces the light, shape (nt,), float64 [any unit].

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64 [unit of the weights, per area of the plane].
    """
    total = np.zeros(normals.shape[0])
    for i in range(normals.shape[0]):
        for k in range(weights.size):
            facing = 0.0
            for axis in range(3):
                facing += normals[i, axis] * towards[k, axis]
            total[i] += max(facing, 0.0) * weights[k]
    return total


@lru_cache(maxsize=_RAYS_KEPT)
def _single(azimuth_rad: float, altitude_rad: float, cell_m: float) -> RayBundle:
    """Rays of one light, which mark lit cells with 1."""
    sun = Suns(np.array([azimuth_rad]), np.array([altitude_rad]), np.ones(1))
    return bundles(sun, cell_m, cell_m, False, np.uint8)[0]


@njit(cache=True, nogil=True)
def _add_received(
    seen: np.ndarray,
    normals: np.ndarray,
    towards: np.ndarray,
    weights: np.ndarray,
    total: np.ndarray,
) -> None:
    """Add what planes receive of one light, in the open or through crowns, in place."""
    east, north, up = towards[0], towards[1], towards[2]
    none = np.float32(0.0)
    for i in range(seen.shape[0]):
        for kind in range(weights.shape[0]):
            in_open, in_shade = weights[kind, 0], weights[kind, 1]
            row, state = total[kind, i], seen[i]
            x, y, z = normals[0, i], normals[1, i], normals[2, i]
            for j in range(row.size):
                facing = max(x[j] * east + y[j] * north + z[j] * up, none)
                weight = in_open if state[j] == 1 else in_shade
                row[j] += facing * weight if state[j] else none


@njit(cache=True, nogil=True)
def _blank_unknown(height: np.ndarray, total: np.ndarray) -> None:
    """Overwrite cells of unknown height with NaN."""
    for i in range(height.shape[0]):
        for j in range(height.shape[1]):
            if not abs(height[i, j]) <= MAX_HEIGHT_M:
                total[:, i, j] = np.nan


def plane_normals(slope_deg: np.ndarray, aspect_deg: np.ndarray) -> np.ndarray:
    """Upward normals of planes.

    Parameters
    ----------
    slope_deg
        From level, any shape, 0 to 90; NaN where there is no plane [deg].
    aspect_deg
        Which way the plane falls, clockwise from GRID north, same shape; counts nothing on level
        planes, where it may be NaN [deg].

    Returns
    -------
    numpy.ndarray
        Shape (3, ...), float32, of length 1: towards east, north and up; NaN where there is none.
    """
    slope = np.radians(slope_deg.astype(np.float64))
    aspect = np.radians(np.where(slope_deg > 0.0, aspect_deg, 0.0).astype(np.float64))
    lean = np.sin(slope)
    return np.stack([lean * np.sin(aspect), lean * np.cos(aspect), np.cos(slope)]).astype(
        np.float32
    )


@njit(cache=True, nogil=True)
def _gentler(before: float, after: float, limit: float) -> float:
    """Slope between two neighbours: the gentler of both sides, walls and breaks left out."""
    before_is_wall, after_is_wall = not abs(before) <= limit, not abs(after) <= limit
    if before_is_wall and after_is_wall:
        return 0.0
    if before_is_wall:
        return after
    if after_is_wall:
        return before
    if before * after <= 0.0:
        return 0.0
    return before if abs(before) < abs(after) else after


@njit(cache=True, nogil=True)
def surface_normals(height: np.ndarray, cell_m: float) -> np.ndarray:
    """Upward normals of the surface; walls leave the slope on either side as it is.

    On a plane the answer is exact up to its rim. Where both sides differ, as at a ridge or a
    kerb, the gentler one counts (minmod limiter of Roe 1986, Ann. Rev. Fluid Mech. 18, 337-365).

    Parameters
    ----------
    height
        Shape (ny, nx), row 0 in the north, float32 [m].
    cell_m
        Edge of a cell [m], > 0.

    Returns
    -------
    numpy.ndarray
        Shape (3, ny, nx), float32, of length 1: towards east, north and up.
    """
    ny, nx = height.shape
    normals = np.empty((3, ny, nx), dtype=np.float32)
    for i in range(ny):
        for j in range(nx):
            h = float(height[i, j])
            west = h - height[i, j - 1] if j > 0 else np.nan
            east = height[i, j + 1] - h if j + 1 < nx else np.nan
            south = h - height[i + 1, j] if i + 1 < ny else np.nan
            north = height[i - 1, j] - h if i > 0 else np.nan
            to_east = _gentler(west / cell_m, east / cell_m, MAX_SLOPE)
            to_north = _gentler(south / cell_m, north / cell_m, MAX_SLOPE)
            length = np.sqrt(1.0 + to_east * to_east + to_north * to_north)
            normals[0, i, j] = -to_east / length
            normals[1, i, j] = -to_north / length
            normals[2, i, j] = 1.0 / length
    return normals

"""One sweep of shadow rays over all lines of a raster, for suns of one axis and sense.

Every lane carries the height of the highest shadow ray that reaches the current line. A step
lowers it by the ray's fall and raises it to the surface just passed; a cell is lit when it is
not below the lane nearest to its centre. Where neighbours form a slope, the surface under a
lane is interpolated between them, so that a sampled plane shades like a plane and not like
stairs; where they form a wall, the cell stands as a block. After the band sweep of Timonen and
Westerholm (2010), with heights in place of their hulls.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.sun_ray import (
    NO_HEIGHT,
    SHARE_BITS,
    SunRay,
    edge_drop,
    fixed_height,
    full_drop,
    lane_miss,
    lane_offset,
)


class RayBundle(NamedTuple):
    """Rays of several suns that run along one axis in one sense.

    Parameters
    ----------
    turned, backward, wall, slope
        Common to all, see `citytwin.kernels.sun_ray.SunRay`.
    slide
        Of each sun, shape (nt,) [cells per step].
    half_rise
        Of each sun, shape (nt,) [1/4096 m].
    weight
        What each sun counts, shape (nt,), float32 [any unit].
    """

    turned: bool
    backward: bool
    wall: np.int32
    slope: np.int32
    slide: np.ndarray
    half_rise: np.ndarray
    weight: np.ndarray


@njit(cache=True, nogil=True)
def _advance(
    top: np.ndarray,
    last: np.ndarray,
    here: np.ndarray,
    across: np.ndarray,
    drops: tuple[np.int32, np.int32],
    share: np.int32,
    ray: SunRay,
) -> None:
    """Carry a line of lanes one step further; all heights int32 [1/4096 m].

    ``top`` is the highest shadow ray in each lane, ``last`` the surface the lane has just
    passed, ``here`` the cells it passes now and ``across`` the slope to their neighbours on the
    side where it misses their centres. ``drops`` is the ray's fall from centre to centre, and
    from the border to the centre.
    """
    full, edge = drops
    none = np.int32(0)
    half = np.int32(full - edge)
    for i in range(here.size):
        shadow = np.int32(last[i] - full)
        granted = max(np.int32(shadow - ray.wall - here[i]), none)
        shadow = np.int32(shadow + min(granted, half))
        top[i] = max(np.int32(top[i] - full), shadow)
        last[i] = np.int32(here[i] + np.int32(np.int32(across[i] * share) >> SHARE_BITS))


@njit(cache=True, nogil=True)
def _step(
    lanes: np.ndarray,
    here: np.ndarray,
    slopes: np.ndarray,
    ray: SunRay,
    step: int,
    base: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Advance both lanes of all cells; return shadow ray and surface of the one to test."""
    n = here.size
    drops = full_drop(ray.half_rise, step), edge_drop(ray.half_rise, step)
    for half in range(2):
        miss = lane_miss(ray.slide, step, half)
        side = 1 if miss > 0.0 else 0
        share = np.int32(math.floor(abs(miss) * (1 << SHARE_BITS) + 0.5))
        start = base[half] - lane_offset(ray.slide, step, half)
        _advance(
            lanes[half, 0, start : start + n],
            lanes[half, 1, start : start + n],
            here,
            slopes[side],
            drops,
            share,
            ray,
        )
    half = 0 if abs(lane_miss(ray.slide, step, 0)) <= abs(lane_miss(ray.slide, step, 1)) else 1
    start = base[half] - lane_offset(ray.slide, step, half)
    return lanes[half, 0, start : start + n], lanes[half, 1, start : start + n]


@njit(cache=True, nogil=True)
def _slopes_along(here: np.ndarray, limit: np.int32, slopes: np.ndarray) -> None:
    """Differences to the neighbours before (0) and after (1) in a line; none across walls."""
    none = np.int32(0)
    last = here.size - 1
    for i in range(last):
        rise = np.int32(here[i + 1] - here[i])
        rise = rise if abs(rise) <= limit else none
        slopes[1, i] = rise
        slopes[0, i + 1] = np.int32(-rise)
    slopes[0, 0] = none
    slopes[1, last] = none


@njit(cache=True, nogil=True)
def _lane_bases(slide: np.ndarray, first_step: int, n_step: int) -> np.ndarray:
    """Largest offset of each lane in a sweep: it keeps all indices into the lanes >= 0."""
    base = np.empty((slide.size, 2), dtype=np.int64)
    for k in range(slide.size):
        for half in range(2):
            base[k, half] = max(
                lane_offset(slide[k], first_step, half),
                lane_offset(slide[k], first_step + n_step - 1, half),
            )
    return base


@njit(cache=True, nogil=True)
def _add_lit(
    top: np.ndarray,
    passed: np.ndarray,
    here: np.ndarray,
    target: np.ndarray,
    weight: np.float32,
    out: np.ndarray,
) -> None:
    """Add a weight to every target that is not below its shadow ray."""
    nothing = np.float32(0.0)
    for i in range(target.size):
        # The lane passes beside the centre, where a slope lies lower or higher.
        there = np.int32(target[i] + np.int32(passed[i] - here[i]))
        out[i] += weight if there >= top[i] else nothing


@njit(cache=True, nogil=True)
def _mark_shaded(
    top: np.ndarray, passed: np.ndarray, here: np.ndarray, target: np.ndarray, out: np.ndarray
) -> None:
    """Mark every target below its shadow ray."""
    for i in range(target.size):
        out[i] = np.int32(target[i] + np.int32(passed[i] - here[i])) < top[i]


@njit(cache=True, nogil=True)
def sweep_lit(
    height: np.ndarray,
    plane_height: np.ndarray,
    rays: RayBundle,
    origin: int,
    out: np.ndarray,
) -> None:
    """Add the weights of all suns that reach each cell, swept side by side.

    Parameters
    ----------
    height
        Surface that casts shadows, shape (n_step, n), float32 [m], C order; NaN casts nothing.
    plane_height
        Heights to be tested, shape (n_step, n), float32 [m], C order.
    rays
        The suns; lines of the arrays are what their rays step along.
    origin
        Global index of the first line.
    out
        Shape (n_step, n), float32, C order, in the unit of the weights. Changed in place.
    """
    n_step, n = height.shape
    first_step = -(origin + n_step - 1) if rays.backward else origin
    base = _lane_bases(rays.slide, first_step, n_step)
    lanes = np.full((rays.slide.size, 2, 2, n + n_step + 2), NO_HEIGHT, dtype=np.int32)
    here = np.empty(n, dtype=np.int32)
    slopes = np.empty((2, n), dtype=np.int32)
    target = np.empty(n, dtype=np.int32)
    for s in range(n_step):
        i = n_step - 1 - s if rays.backward else s
        fixed_height(height[i], here)
        fixed_height(plane_height[i], target)
        _slopes_along(here, rays.slope, slopes)
        for k in range(rays.slide.size):
            ray = SunRay(
                rays.turned,
                rays.backward,
                rays.slide[k],
                rays.half_rise[k],
                rays.wall,
                rays.slope,
            )
            top, passed = _step(lanes[k], here, slopes, ray, first_step + s, base[k])
            _add_lit(top, passed, here, target, rays.weight[k], out[i])


@njit(cache=True, nogil=True)
def sweep_shaded(
    height: np.ndarray,
    plane_height: np.ndarray,
    ray: SunRay,
    origin: int,
    out: np.ndarray,
) -> None:
    """Mark the cells below the shadow rays of one sun.

    Parameters
    ----------
    height, plane_height
        As in `sweep_lit`, shape (n_step, n), float32 [m].
    ray
        The sun; lines of the arrays are what its rays step along.
    origin
        Global index of the first line.
    out
        Shape (n_step, n), uint8, C order: 1 shaded, 0 lit. Overwritten.
    """
    n_step, n = height.shape
    first_step = -(origin + n_step - 1) if ray.backward else origin
    base = _lane_bases(np.array([ray.slide]), first_step, n_step)
    lanes = np.full((2, 2, n + n_step + 2), NO_HEIGHT, dtype=np.int32)
    here = np.empty(n, dtype=np.int32)
    slopes = np.empty((2, n), dtype=np.int32)
    target = np.empty(n, dtype=np.int32)
    for s in range(n_step):
        i = n_step - 1 - s if ray.backward else s
        fixed_height(height[i], here)
        fixed_height(plane_height[i], target)
        _slopes_along(here, ray.slope, slopes)
        top, passed = _step(lanes, here, slopes, ray, first_step + s, base[0])
        _mark_shaded(top, passed, here, target, out[i])

"""The fast sweep: two lanes of shadow rays per cell over all lines, for suns of one axis and sense.

Every lane carries the height of the highest shadow ray that reaches the current line. A step
lowers it by the ray's fall and raises it to the surface just passed; a cell is lit when it is
not below the lane nearest to its centre. Where neighbours form a slope, the surface under a
lane is interpolated between them, so that a sampled plane shades like a plane and not like
stairs; where they form a wall, the cell stands as a block. After the band sweep of Timonen and
Westerholm (2010), with heights in place of their hulls.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.sun_bundle import RayBundle
from citytwin.kernels.sun_ray import (
    NO_HEIGHT,
    SHARE_BITS,
    edge_drop,
    fixed_height,
    full_drop,
    lane_miss,
    lane_offset,
)


@njit(cache=True, nogil=True)
def _carry(
    lane: tuple[np.ndarray, np.ndarray],
    here: np.ndarray,
    across: np.ndarray,
    falls: tuple[np.int32, np.int32, np.int32],
    share: np.int32,
) -> None:
    """Carry a line of lanes one step further; all heights int32 [1/4096 m].

    ``lane`` is the highest shadow ray in each lane, and the surface the lane has just passed;
    ``here`` the cells it passes now and ``across`` the slope to their neighbours on the
    side where it misses their centres by ``share``. ``falls`` are the ray's fall from centre to
    centre, its part from the centre to the border, and the excess above which a fall is a wall.
    """
    top, last = lane
    full, half, wall = falls
    none = np.int32(0)
    for i in range(here.size):
        shadow = np.int32(last[i] - full)
        granted = max(np.int32(shadow - wall - here[i]), none)
        shadow = np.int32(shadow + min(granted, half))
        top[i] = max(np.int32(top[i] - full), shadow)
        last[i] = np.int32(here[i] + np.int32(np.int32(across[i] * share) >> SHARE_BITS))


@njit(cache=True, nogil=True)
def _carry_and_test(
    lane: tuple[np.ndarray, np.ndarray],
    here: np.ndarray,
    across: np.ndarray,
    falls: tuple[np.int32, np.int32, np.int32],
    share: np.int32,
    target: np.ndarray,
    weight: float,
    out: np.ndarray,
) -> None:
    """`_carry`, and add the weight to every target not below its shadow ray, in one pass."""
    top, last = lane
    full, half, wall = falls
    none = np.int32(0)
    nothing = out.dtype.type(0)
    for i in range(here.size):
        shadow = np.int32(last[i] - full)
        granted = max(np.int32(shadow - wall - here[i]), none)
        shadow = np.int32(shadow + min(granted, half))
        ray = max(np.int32(top[i] - full), shadow)
        # The lane passes beside the centre, where a slope lies lower or higher.
        beside = np.int32(np.int32(across[i] * share) >> SHARE_BITS)
        top[i] = ray
        last[i] = np.int32(here[i] + beside)
        out[i] += weight if np.int32(target[i] + beside) >= ray else nothing


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
def lane_bases(slide: np.ndarray, first_step: int, n_step: int) -> np.ndarray:
    """Largest offset of each lane in a sweep: it keeps all indices into the lanes >= 0.

    Parameters
    ----------
    slide
        Of each sun, shape (nt,) [cells per step].
    first_step
        Global number of the first step.
    n_step
        Steps of the sweep.

    Returns
    -------
    numpy.ndarray
        Shape (nt, 2), int64 [cells]: for both lanes of each sun.
    """
    base = np.empty((slide.size, 2), dtype=np.int64)
    for k in range(slide.size):
        for half in range(2):
            base[k, half] = max(
                lane_offset(slide[k], first_step, half),
                lane_offset(slide[k], first_step + n_step - 1, half),
            )
    return base


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
        Shape (n_step, n), C order, of the type and in the unit of the weights. Changed in place.
    """
    n_step, n = height.shape
    first_step = -(origin + n_step - 1) if rays.backward else origin
    base = lane_bases(rays.slide, first_step, n_step)
    lanes = np.full((rays.slide.size, 2, 2, n + n_step + 2), NO_HEIGHT, dtype=np.int32)
    here = np.empty(n, dtype=np.int32)
    slopes = np.empty((2, n), dtype=np.int32)
    on_surface = plane_height.ctypes.data == height.ctypes.data
    target = here if on_surface else np.empty(n, dtype=np.int32)
    for s in range(n_step):
        i = n_step - 1 - s if rays.backward else s
        step = first_step + s
        fixed_height(height[i], here)
        if not on_surface:
            fixed_height(plane_height[i], target)
        _slopes_along(here, rays.slope, slopes)
        for k in range(rays.slide.size):
            slide = rays.slide[k]
            full = full_drop(rays.half_rise[k], step)
            falls = full, np.int32(full - edge_drop(rays.half_rise[k], step)), rays.wall
            miss = lane_miss(slide, step, 0), lane_miss(slide, step, 1)
            nearest = 0 if abs(miss[0]) <= abs(miss[1]) else 1
            for half in range(2):
                side = slopes[1 if miss[half] > 0.0 else 0]
                share = np.int32(math.floor(abs(miss[half]) * (1 << SHARE_BITS) + 0.5))
                start = base[k, half] - lane_offset(slide, step, half)
                end = start + n
                lane = lanes[k, half, 0, start:end], lanes[k, half, 1, start:end]
                if half == nearest:
                    weight = rays.weight[k]
                    _carry_and_test(lane, here, side, falls, share, target, weight, out[i])
                else:
                    _carry(lane, here, side, falls, share)

"""The exact sweep: what the bounds of a band of rays leave open is walked ray by ray.

Two bands of rays per cell, each half a cell wide. All rays of a band stay in it, so the highest
shadow that any cell it touches can cast bounds all its rays from above, and the shadow of the
lowest cell that a whole cross-section of it must meet bounds them from below. A target at or
above the upper bound is lit, one below the lower bound is shaded, and the few between walk. The
answer is that of the walk in every cell, whatever the bounds: it cannot depend on a tiling.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.ray_walk import Path, blocks_of, is_blocked
from citytwin.kernels.shadow_lanes import lane_bases
from citytwin.kernels.sun_bundle import RayBundle
from citytwin.kernels.sun_ray import (
    NO_HEIGHT,
    UNITS_PER_M,
    edge_drop,
    fixed_height,
    full_drop,
    lane_miss,
    lane_offset,
)

SLACK = np.int32(4)
"""More than all rounding of heights and falls, 1 mm: what is nearer to a bound walks."""

REACH = 3
"""Cells beside its own that a band may touch in one step."""

QUARTER = 0.25
"""Half the width of a band [cells]."""

TOUCH = 1e-6
"""Cells this near to a band count as touched [cells]."""


@njit(cache=True, nogil=True)
def _bound(
    upper: np.ndarray,
    lower: np.ndarray,
    highest: np.ndarray,
    crossed: np.ndarray,
    passed: np.ndarray,
    edge: np.int32,
    rest: np.int32,
) -> None:
    """Carry both bounds over a line, from border to border; int32 [1/4096 m].

    ``highest`` is the highest cell that the band touches in this line, ``crossed`` and
    ``passed`` the lowest that it touches along the border away from the sun and along the centre
    line. Shadows fall by ``edge`` to the centre and by ``rest`` from there to that border.
    """
    full = np.int32(edge + rest)
    for i in range(upper.size):
        upper[i] = max(np.int32(upper[i] - full), highest[i])
        below = max(crossed[i], np.int32(passed[i] - rest))
        lower[i] = max(np.int32(lower[i] - full), below)


@njit(cache=True, nogil=True)
def _judge(
    upper: np.ndarray,
    lower: np.ndarray,
    target: np.ndarray,
    edge: np.int32,
    weight: float,
    out: np.ndarray,
    open_: np.ndarray,
) -> None:
    """Add the weight where the bounds say lit, and mark where they say nothing."""
    nothing = out.dtype.type(0)
    for i in range(target.size):
        rise = np.int32(target[i] + edge)
        lit = rise >= np.int32(upper[i] + SLACK)
        out[i] += weight if lit else nothing
        open_[i] = not lit and rise >= np.int32(lower[i] - SLACK)


@njit(cache=True, nogil=True)
def _neighbours(here: np.ndarray, highest: np.ndarray, lowest: np.ndarray) -> None:
    """Highest (row n: n + 1 cells) and lowest of each cell and those after it in a line."""
    last = here.size - 1
    highest[0], lowest[0] = here, here
    for i in range(last):
        highest[1, i] = max(here[i], here[i + 1])
        lowest[1, i] = min(here[i], here[i + 1])
    highest[1, last], lowest[1, last] = here[last], here[last]
    for i in range(last):
        highest[2, i] = max(highest[1, i], here[i + 1], highest[1, i + 1])
    highest[2, last] = here[last]


@njit(cache=True, nogil=True)
def _touched(low: float, high: float) -> tuple[int, int]:
    """First cell that an interval touches, and how many follow it; centres are whole numbers."""
    first = math.floor(low + 0.5 - TOUCH)
    return first, math.floor(high + 0.5 + TOUCH) - first


@njit(cache=True, nogil=True)
def sweep_exact(
    height: np.ndarray,
    plane_height: np.ndarray,
    rays: RayBundle,
    origin: int,
    out: np.ndarray,
) -> None:
    """Add the weights of all suns that reach each cell over blocks, without any wrong cell.

    Parameters
    ----------
    height
        Blocks, shape (n_step, n), float32 [m], C order; NaN casts nothing.
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
    base = lane_bases(rays.slide, first_step, n_step) + REACH
    bounds = np.full((rays.slide.size, 2, 2, n + n_step + 4 * REACH), NO_HEIGHT, dtype=np.int32)
    here = np.full(n + 4 * REACH, NO_HEIGHT, dtype=np.int32)
    highest = np.empty((3, here.size), dtype=np.int32)
    lowest = np.empty((2, here.size), dtype=np.int32)
    target = np.empty(n, dtype=np.int32)
    open_ = np.empty(n, dtype=np.bool_)
    blocks = blocks_of(height)
    toward = 1 if rays.backward else -1
    for s in range(n_step):
        i = n_step - 1 - s if rays.backward else s
        step = first_step + s
        fixed_height(height[i], here[2 * REACH : 2 * REACH + n])
        fixed_height(plane_height[i], target)
        _neighbours(here, highest, lowest)
        for k in range(rays.slide.size):
            slide = rays.slide[k]
            edge = edge_drop(rays.half_rise[k], step)
            rest = np.int32(
                full_drop(rays.half_rise[k], step + 1) - edge_drop(rays.half_rise[k], step + 1)
            )
            miss = lane_miss(slide, step, 0), lane_miss(slide, step, 1)
            nearest = 0 if abs(miss[0]) <= abs(miss[1]) else 1
            for half in range(2):
                start = base[k, half] - lane_offset(slide, step, half)
                if half == nearest:
                    upper = bounds[k, half, 0, start : start + n]
                    lower = bounds[k, half, 1, start : start + n]
                    _judge(upper, lower, target, edge, rays.weight[k], out[i], open_)
                m = miss[half]
                reach = 0.5 * abs(slide) + QUARTER
                h0, h_more = _touched(m - reach, m + reach)
                c0, c_more = _touched(m + 0.5 * slide - QUARTER, m + 0.5 * slide + QUARTER)
                p0, p_more = _touched(m - QUARTER, m + QUARTER)
                wide = n + 2 * REACH
                _bound(
                    bounds[k, half, 0, start - REACH : start - REACH + wide],
                    bounds[k, half, 1, start - REACH : start - REACH + wide],
                    highest[h_more, REACH + h0 : REACH + h0 + wide],
                    lowest[c_more, REACH + c0 : REACH + c0 + wide],
                    lowest[p_more, REACH + p0 : REACH + p0 + wide],
                    edge,
                    rest,
                )
            path = Path(toward, -slide, 2.0 * rays.half_rise[k] / UNITS_PER_M)
            for j in range(n):
                if not open_[j] or target[j] == NO_HEIGHT:
                    continue
                if not is_blocked(blocks, path, i, j, float(plane_height[i, j])):
                    out[i, j] += rays.weight[k]

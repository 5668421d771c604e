"""Which rays of a sun pass through crowns of trees: layers with a top, a base and light below.

The lanes are those of the band sweep (`citytwin.kernels.shadow_lanes`), but the shade of a crown
has a lower end too: light comes in under it. A lane therefore carries not one height but the union
of open intervals, in heights sheared along the rays, in which a ray has met a crown. On level
ground and with trunks of a quarter of the height there are rarely more than two per lane: what
lies below the ground just passed is dropped, and crowns that follow each other closely join. Sums
and unions of whole numbers are exact, so no tiling can change a bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.shadow_lanes import lane_bases
from citytwin.kernels.sun_ray import (
    NO_HEIGHT,
    UNITS_PER_M,
    fall,
    fixed_height,
    lane_miss,
    lane_offset,
)

INTERVALS = 4
"""Intervals per lane that room is made for at first; the sweep begins again where more are met."""


@njit(cache=True, nogil=True)
def _join(low: np.ndarray, high: np.ndarray, count: int, begin: int, end: int) -> int:
    """Add an open interval to disjoint ones; their new number, or -1 where there is no room."""
    k = 0
    while k < count:
        if begin < high[k] and end > low[k]:
            begin, end = min(begin, low[k]), max(end, high[k])
            count -= 1
            low[k], high[k] = low[count], high[count]
        else:
            k += 1
    if count == low.size:
        return -1
    low[count], high[count] = begin, end
    return count + 1


@njit(cache=True, nogil=True)
def _drop_below(low: np.ndarray, high: np.ndarray, count: int, floor: int) -> int:
    """Leave out intervals that end at or below a height; how many are left."""
    k = 0
    while k < count:
        if high[k] <= floor:
            count -= 1
            low[k], high[k] = low[count], high[count]
        else:
            k += 1
    return count


@njit(cache=True, nogil=True)
def _is_within(low: np.ndarray, high: np.ndarray, count: int, place: int) -> bool:
    """Whether a height lies in one of the intervals."""
    within = False
    for k in range(count):
        within |= low[k] < place < high[k]
    return within


@njit(cache=True, nogil=True)
def _carry_crowns(
    lane: tuple[np.ndarray, np.ndarray, np.ndarray],
    line: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    falls: tuple[int, int, int],
    margin: int,
    tested: bool,
    shaded: np.ndarray,
) -> int:
    """Carry a line of lanes over a line of cells; whether any still holds a crown, -1 if full.

    ``lane`` holds the intervals of each lane and their number, ``line`` ground, target, top and
    base of the cells; ``falls`` are those of the ray from step 0 to the border of the cell towards
    the sun, to its centre, and to the border beyond.
    """
    low, high, number = lane
    ground, target, top, base = line
    before, centre, after = falls
    alive = 0
    for i in range(ground.size):
        crown = base[i] < top[i]
        count = number[i]
        if count == 0 and not crown:
            continue
        # A ray this far below the ground has ended there, whatever it met before.
        floor = ground[i] - margin + centre
        count = _drop_below(low[i], high[i], count, floor)
        if tested and shaded[i] == 0:
            z = np.int64(target[i])
            own = crown and z < top[i] and z + centre - before > base[i]
            if own or _is_within(low[i], high[i], count, z + centre):
                shaded[i] = 1
        if crown and top[i] + after > floor:
            count = _join(low[i], high[i], count, base[i] + before, top[i] + after)
            if count < 0:
                return -1
        number[i] = count
        alive |= count
    return 1 if alive else 0


@njit(cache=True, nogil=True)
def _sweep(
    heights: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    ray: tuple[bool, float, float],
    origin: int,
    margin: int,
    room: int,
    shaded: np.ndarray,
) -> bool:
    """Sweep once with room for so many intervals per lane; whether it was enough."""
    height, plane, top_m, base_m = heights
    backward, slide, half_rise = ray
    n_step, n = height.shape
    first_step = -(origin + n_step - 1) if backward else origin
    offsets = lane_bases(np.full(1, slide), first_step, n_step)[0]
    width = n + n_step + 2
    low = np.empty((2, width, room), dtype=np.int64)
    high = np.empty((2, width, room), dtype=np.int64)
    number = np.zeros((2, width), dtype=np.int32)
    ground, target = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    top, base = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    alive = np.zeros(2, dtype=np.int64)
    for s in range(n_step):
        i = n_step - 1 - s if backward else s
        step = first_step + s
        fixed_height(top_m[i], top)
        if top.max() == NO_HEIGHT and not alive.any():
            continue
        fixed_height(base_m[i], base)
        fixed_height(height[i], ground)
        fixed_height(plane[i], target)
        falls = (
            fall(half_rise, 2 * step - 1),
            fall(half_rise, 2 * step),
            fall(half_rise, 2 * step + 1),
        )
        nearest = 0 if abs(lane_miss(slide, step, 0)) <= abs(lane_miss(slide, step, 1)) else 1
        for half in range(2):
            start = offsets[half] - lane_offset(slide, step, half)
            here = slice(start, start + n)
            alive[half] = _carry_crowns(
                (low[half, here], high[half, here], number[half, here]),
                (ground, target, top, base),
                falls,
                margin,
                half == nearest,
                shaded[i],
            )
            if alive[half] < 0:
                return False
    return True


@njit(cache=True, nogil=True)
def sweep_crowns(
    heights: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    ray: tuple[bool, float, float],
    origin: int,
    margin_m: float,
    shaded: np.ndarray,
) -> None:
    """Mark the cells whose rays pass through a crown on their way to the sun.

    A ray passes through the crown of a cell if, between the borders at which it enters and leaves
    the cell, it lies below the top and above the base for some length, however thin the crown
    is. A cell is judged by the nearer of two lanes; its own crown counts from its centre on. Where
    the surface hides the sun the answer means nothing.

    Parameters
    ----------
    heights
        Surface, heights to be tested, tops and bases of the crowns: shape (n_step, n) each,
        float32 [m], C order; lines are what the rays step along. A cell has a crown where its
        top is known and above its base; an unknown base is the ground.
    ray
        Whether the sun stands towards higher indices, the slide [cells per step] and the rise
        per half step [1/4096 m], as of `citytwin.kernels.sun_ray.SunRay`.
    origin
        Global index of the first line.
    margin_m
        How far below the centre of a cell its surface may lie where a lane passes it: half of
        the steepest slope of a cell [m].
    shaded
        Shape (n_step, n), uint8, zeros on entry; marked cells become 1. Changed in place.
    """
    margin = int(margin_m * UNITS_PER_M)
    room = INTERVALS
    while not _sweep(heights, ray, origin, margin, room, shaded):
        shaded[:] = 0
        room *= 2

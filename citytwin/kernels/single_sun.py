"""The fast sweep for one sun alone: the mask of its shadows, as `citytwin.kernels.shadow_lanes`.

The answer is that of the sweep for many suns, to the bit. What those share, one sun would have to
pay alone: reading the raster line by line, and turning it for suns in the east and west. Here
blocks of lines are brought into the cache at the speed of the memory, both lanes are carried in
one pass, and heights are sheared along the rays, so that no lane has to be lowered. After the band
sweep of Timonen and Westerholm (2010).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.line_blocks import put_columns, take_columns, whole_pieces
from citytwin.kernels.shadow_answers import LIT, NO_DATA, SHADED
from citytwin.kernels.shadow_lanes import lane_bases
from citytwin.kernels.sun_ray import (
    NO_HEIGHT,
    SHARE_BITS,
    SunRay,
    fall,
    fixed_height,
    lane_miss,
    lane_offset,
)

LINES = 64
"""Lines of a block: 0.5 MB of a raster 2,000 cells wide; a multiple of WOVEN."""

FARTHEST_FALL = 1 << 28
"""Fall of the rays from which on heights are sheared anew, 66 km: int32 has room for it."""


@njit(cache=True, nogil=True)
def _carry_both(
    here: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    near: tuple[np.ndarray, np.ndarray],
    far: tuple[np.ndarray, np.ndarray],
    falls: tuple[np.int32, np.int32, np.int32],
    shares: tuple[np.int32, np.int32],
    limit: np.int32,
    mask: np.ndarray,
) -> None:
    """Carry both lanes of a line one step further, and test the nearer one.

    ``here`` are the cells, what is tested in them, and the neighbours on the side of the near
    and of the far lane [1/4096 m]; a lane is the highest shadow ray in it and the surface that it
    has passed, sheared. ``falls`` are the fall of the rays so far, the excess above which a fall is
    a wall, and the part of a step's fall up to the border; ``limit`` is the largest slope.
    """
    ground, target, near_side, far_side = here
    near_top, near_last = near
    far_top, far_last = far
    shift, wall, half = falls
    none, lowest = np.int32(0), np.int32(-limit)
    lit, shaded, no_data = np.uint8(LIT), np.uint8(SHADED), np.uint8(NO_DATA)
    for i in range(ground.size):
        h = ground[i]
        sheared = np.int32(h + shift)
        edge = np.int32(sheared + wall)
        rise = np.int32(far_side[i] - h)
        rise = rise if lowest <= rise <= limit else none
        last = far_last[i]
        granted = min(max(np.int32(last - edge), none), half)
        far_top[i] = max(far_top[i], np.int32(last + granted))
        far_last[i] = np.int32(sheared + np.int32(np.int32(rise * shares[1]) >> SHARE_BITS))
        rise = np.int32(near_side[i] - h)
        rise = rise if lowest <= rise <= limit else none
        beside = np.int32(np.int32(rise * shares[0]) >> SHARE_BITS)
        last = near_last[i]
        granted = min(max(np.int32(last - edge), none), half)
        ray = max(near_top[i], np.int32(last + granted))
        near_top[i] = ray
        near_last[i] = np.int32(sheared + beside)
        dark = np.int32(np.int32(target[i] + shift) + beside) < ray
        answer = shaded if dark else lit
        mask[i] = answer if h != NO_HEIGHT else no_data


@njit(cache=True, nogil=True)
def _shear_anew(lanes: np.ndarray, fallen: np.int32) -> None:
    """Count heights from a lower place; what is unknown stays far below all terrain."""
    flat = lanes.reshape(-1)
    for i in range(flat.size):
        flat[i] = max(np.int32(flat[i] - fallen), NO_HEIGHT)


@njit(cache=True, nogil=True)
def _share(miss: float) -> np.int32:
    """How far beside the centre a lane passes, in whole numbers."""
    return np.int32(math.floor(abs(miss) * (1 << SHARE_BITS) + 0.5))


@njit(cache=True, nogil=True)
def _sweep_block(
    heights: tuple[np.ndarray, np.ndarray],
    ray: SunRay,
    first_step: int,
    lanes: tuple[np.ndarray, np.ndarray],
    zero: int,
    mask: np.ndarray,
) -> int:
    """Carry the lanes over a block of lines; from which fall heights are sheared after it.

    ``heights`` are the cells and what is tested in them, shape (n_line, n + 2), with each end of a
    line repeated, and ``mask`` at least n wide; ``first_step`` is that of the line that the rays meet first.
    """
    ground, target = heights
    n_line, n = ground.shape[0], ground.shape[1] - 2
    carried, base = lanes
    for s in range(n_line):
        i = n_line - 1 - s if ray.backward else s
        step = first_step + s
        fallen = fall(ray.half_rise, 2 * step)
        if fallen - zero > FARTHEST_FALL:
            _shear_anew(carried, np.int32(fallen - zero))
            zero = fallen
        to_border = fall(ray.half_rise, 2 * step - 1) - fall(ray.half_rise, 2 * step - 2)
        miss = lane_miss(ray.slide, step, 0), lane_miss(ray.slide, step, 1)
        near = 0 if abs(miss[0]) <= abs(miss[1]) else 1
        far = 1 - near
        at_near = base[near] - lane_offset(ray.slide, step, near)
        at_far = base[far] - lane_offset(ray.slide, step, far)
        side_near, side_far = 2 if miss[near] > 0.0 else 0, 2 if miss[far] > 0.0 else 0
        _carry_both(
            (
                ground[i, 1 : n + 1],
                target[i, 1 : n + 1],
                ground[i, side_near : side_near + n],
                ground[i, side_far : side_far + n],
            ),
            (carried[near, 0, at_near : at_near + n], carried[near, 1, at_near : at_near + n]),
            (carried[far, 0, at_far : at_far + n], carried[far, 1, at_far : at_far + n]),
            (np.int32(fallen - zero), np.int32(ray.wall), np.int32(to_border)),
            (_share(miss[near]), _share(miss[far])),
            np.int32(ray.slope),
            mask[i, :n],
        )
    return zero


@njit(cache=True, nogil=True)
def _fix_lines(lines: np.ndarray, number: int, fixed: np.ndarray) -> None:
    """Turn lines of heights [m] into fixed point, with each end repeated."""
    n = fixed.shape[1] - 2
    for k in range(number):
        fixed_height(lines[k, :n], fixed[k, 1 : n + 1])
        fixed[k, 0], fixed[k, n + 1] = fixed[k, 1], fixed[k, n]


@njit(cache=True, nogil=True)
def sweep_one(
    height: np.ndarray, plane_height: np.ndarray, ray: SunRay, origin: tuple[int, int]
) -> np.ndarray:
    """Tell which cells one sun does not reach.

    Parameters
    ----------
    height
        Surface that casts shadows, shape (ny, nx), float32 [m], C order; NaN casts nothing.
    plane_height
        Heights to be tested, shape (ny, nx), float32 [m], C order; may be `height` itself.
    ray
        The sun.
    origin
        Global row and column of the first cell.

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), uint8: 0 lit, 1 shaded, 255 where the surface is unknown. Where the plane
        is unknown, or lies below the surface, it means nothing.
    """
    ny, nx = height.shape
    n_step, n = (nx, ny) if ray.turned else (ny, nx)
    at = origin[1] if ray.turned else origin[0]
    first_step = -(at + n_step - 1) if ray.backward else at
    base = lane_bases(np.full(1, ray.slide), first_step, n_step)[0]
    carried = np.full((2, 2, n + n_step + 2), NO_HEIGHT, dtype=np.int32)
    zero = fall(ray.half_rise, 2 * first_step)
    on_surface = plane_height.ctypes.data == height.ctypes.data
    ground = np.empty((LINES, n + 2), dtype=np.int32)
    target = ground if on_surface else np.empty_like(ground)
    lines = np.empty((LINES if ray.turned else 1, whole_pieces(n)), dtype=np.float32)
    mask = np.empty((LINES if ray.turned else 1, whole_pieces(n)), dtype=np.uint8)
    out = np.empty((ny, whole_pieces(nx) if ray.turned else nx), dtype=np.uint8)
    blocks = -(-n_step // LINES)
    for b in range(blocks):
        begin = LINES * (blocks - 1 - b if ray.backward else b)
        number = min(LINES, n_step - begin)
        if ray.turned:
            take_columns(height, begin, number, lines)
            _fix_lines(lines, number, ground)
            if not on_surface:
                take_columns(plane_height, begin, number, lines)
                _fix_lines(lines, number, target)
        else:
            _fix_lines(height[begin : begin + number], number, ground)
            if not on_surface:
                _fix_lines(plane_height[begin : begin + number], number, target)
        met_first = n_step - begin - number if ray.backward else begin
        heights = ground[:number], target[:number]
        step = first_step + met_first
        if ray.turned:
            zero = _sweep_block(heights, ray, step, (carried, base), zero, mask[:number])
            put_columns(mask, number, begin, out)
        else:
            rows = out[begin : begin + number]
            zero = _sweep_block(heights, ray, step, (carried, base), zero, rows)
    return out if out.shape[1] == nx else out[:, :nx].copy()

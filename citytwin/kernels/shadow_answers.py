"""What hours and masks of shadows say of a cell, and where they say nothing."""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.sun_ray import MAX_HEIGHT_M

LIT = 0
SHADED = 1
UNDER_TREES = 2
NO_DATA = 255


@njit(cache=True, nogil=True)
def is_known(h: float, p: float) -> bool:
    """Whether both heights are known, and the plane does not lie inside the surface.

    Parameters
    ----------
    h, p
        Heights of the surface and of the plane [m].

    Returns
    -------
    bool
    """
    return abs(h) <= MAX_HEIGHT_M and abs(p) <= MAX_HEIGHT_M and p >= h


@njit(cache=True, nogil=True)
def blank_unknown(
    height: np.ndarray, plane_height: np.ndarray, answer: np.ndarray, nothing: float
) -> None:
    """Overwrite the cells that have no answer.

    Parameters
    ----------
    height, plane_height
        Surface and plane, shape (ny, nx), float32 [m].
    answer
        Shape (ny, nx): hours [any unit], or a mask. Changed in place.
    nothing
        What stands where there is no answer: NaN, or NO_DATA [1].
    """
    for i in range(height.shape[0]):
        for j in range(height.shape[1]):
            if not is_known(height[i, j], plane_height[i, j]):
                answer[i, j] = nothing


@njit(cache=True, nogil=True)
def lit_to_mask(height: np.ndarray, plane_height: np.ndarray, lit: np.ndarray) -> None:
    """Turn what one sun counted into LIT, SHADED, UNDER_TREES or NO_DATA.

    Parameters
    ----------
    height, plane_height
        Surface and plane, shape (ny, nx), float32 [m].
    lit
        Shape (ny, nx), uint8: 0 not reached, 1 reached, UNDER_TREES through crowns. Changed in
        place.
    """
    for i in range(height.shape[0]):
        for j in range(height.shape[1]):
            if lit[i, j] != UNDER_TREES:
                lit[i, j] = LIT if lit[i, j] else SHADED
            if not is_known(height[i, j], plane_height[i, j]):
                lit[i, j] = NO_DATA

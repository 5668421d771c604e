"""Where a wall meets the open: before its eaves, above what stands against it, up to its roof."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from citytwin.kernels.roof_heights import Roofs, heights_over

BEFORE_M = 0.05
"""Walls are judged this far before them: nearer things are the wall itself [m]."""
GAP_M = 0.3
"""What leaves less room than this before a wall stands against it [m]."""
EAVES_M = 2.0
"""Roofs reach out over their own walls by this at most [m]."""
STEP_M = 0.1
INSIDE_M = (0.05, 0.5)
"""How far inside of the outline the roof of a wall is looked for, in turn [m]."""


class WallFeet(NamedTuple):
    """What walls need of the roofs around them.

    Parameters
    ----------
    foot
        Places before the walls and their eaves, shape (n, 2), float64: east and north [m].
    top_m
        Height of the own roof at the wall, shape (n,), float64 [m]; NaN where there is none.
    covered_m
        Height up to which another building stands against the wall, shape (n,), float64 [m];
        -inf for nothing.
    """

    foot: np.ndarray
    top_m: np.ndarray
    covered_m: np.ndarray


def wall_feet(
    middle: np.ndarray, normal: np.ndarray, building: np.ndarray, roofs: Roofs
) -> WallFeet:
    """Step before walls until their own roof ends, and see what stands there.

    A wall whose own roof does not end within 2 m, such as that of a covered courtyard, is
    covered by it.

    Parameters
    ----------
    middle
        Places on the outlines, shape (n, 2), float64: east and north [m].
    normal
        Outward normals, shape (n, 2), float64, of length 1 [1].
    building
        Building of each wall, shape (n,), int64: an owner of roofs.
    roofs
        Faces of all buildings.

    Returns
    -------
    WallFeet
    """
    own, other, _ = _over(middle, normal, BEFORE_M, building, roofs)
    foot = middle + BEFORE_M * normal
    under = np.flatnonzero(~np.isnan(own))
    for step in range(1, round(EAVES_M / STEP_M) + 1):
        before = BEFORE_M + step * STEP_M
        outer, beyond, places = _over(middle[under], normal[under], before, building[under], roofs)
        free = np.isnan(outer)
        found = under[free]
        foot[found], own[found], other[found] = places[free], np.nan, beyond[free]
        under = under[~free]
    _, near, _ = _over(middle, normal, GAP_M, building, roofs)
    covered = np.fmax(np.fmax(own, other), near)
    top = np.full(len(middle), np.nan)
    for inside in INSIDE_M:
        at, _, _ = _over(middle, normal, -inside, building, roofs)
        top = np.where(np.isnan(top), at, top)
    return WallFeet(foot, top, np.where(np.isnan(covered), -np.inf, covered))


def _over(
    middle: np.ndarray, normal: np.ndarray, before_m: float, building: np.ndarray, roofs: Roofs
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Own and other roofs some way before walls, and these places."""
    places = middle + before_m * normal
    own, other = np.empty(len(places)), np.empty(len(places))
    heights_over(roofs, places, building, own, other)
    return own, other, places

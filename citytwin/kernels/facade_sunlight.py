"""Sun on walls, storey by storey, and at points of windows.

Of each wall and sun only the height of the shadow at the foot is found; what it means for the
storeys is one entry in a histogram over height, and one cumulative sum at the end gives the hours
of all of them. So a tower costs what a house costs, and nothing is stored that has no wall
(compare Redweik, Catita and Brito 2013, Solar energy potential on roofs and facades in an urban
landscape, Solar Energy 97, 332-341, who visit each height of a facade).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.caster_edges import CasterEdges, shadow_of_edges
from citytwin.kernels.shadow_height import BlockGrid, Sunbeam, shadow_of_blocks
from citytwin.kernels.sun_bundle import Suns, check_suns
from citytwin.kernels.sun_ray import MAX_HEIGHT_M

SAME_HEIGHT = 1e-9
"""A shadow this near to the middle of a storey does not reach it [storeys]."""


class Casters(NamedTuple):
    """What throws shadows: blocks of a raster, and faces by their edges; either may be empty.

    Parameters
    ----------
    blocks
        The ground where faces stand for the buildings, else the surface with buildings.
    edges
        Faces of buildings.
    """

    blocks: BlockGrid
    edges: CasterEdges


class Walls(NamedTuple):
    """Walls, each judged on the vertical line through one place right before it.

    Parameters
    ----------
    foot
        Places before the walls, shape (n, 2), float64: east and north [m].
    normal
        Outward normals, shape (n, 2), float64, of length 1: towards east and north [1].
    base_m
        Floor of the lowest storey, shape (n,), float64 [m]; NaN where it is not known.
    storey_m
        Height of a storey, shape (n,), float64 [m], > 0.
    first
        First storey of each wall in the results, shape (n + 1,), int64.
    covered_m
        Height up to which something stands against the wall, shape (n,), float64 [m]; -inf for
        nothing.
    """

    foot: np.ndarray
    normal: np.ndarray
    base_m: np.ndarray
    storey_m: np.ndarray
    first: np.ndarray
    covered_m: np.ndarray


@njit(cache=True, nogil=True)
def _shadow(
    casters: Casters,
    beam: Sunbeam,
    normal: tuple[float, float],
    lowest_m: float,
    enough_m: float,
) -> float:
    """Height below which a place is shaded, between two heights [m]."""
    by_faces = shadow_of_edges(casters.edges, beam, lowest_m, enough_m)
    return float(shadow_of_blocks(casters.blocks, beam, normal, by_faces, enough_m))


@njit(cache=True, nogil=True)
def _fill(walls: Walls, casters: Casters, rays: np.ndarray, hours: np.ndarray) -> None:
    for w in range(len(walls.foot)):
        first, storeys = walls.first[w], walls.first[w + 1] - walls.first[w]
        if storeys == 0:
            continue
        base, storey = walls.base_m[w], walls.storey_m[w]
        if not abs(base) <= MAX_HEIGHT_M:
            hours[first : first + storeys] = np.nan
            continue
        normal = (walls.normal[w, 0], walls.normal[w, 1])
        lowest = max(base + 0.5 * storey, walls.covered_m[w])
        highest = base + (storeys - 0.5) * storey
        for k in range(len(rays)):
            to_x, to_y, rise, weight = rays[k]
            if to_x * normal[0] + to_y * normal[1] <= 0.0:
                continue
            beam = Sunbeam(walls.foot[w, 0], walls.foot[w, 1], to_x, to_y, rise)
            shadow = _shadow(casters, beam, normal, lowest, highest)
            lit_from = max(math.ceil((shadow - base) / storey - 0.5 - SAME_HEIGHT), 0)
            if lit_from < storeys:
                hours[first + lit_from] += weight
        for s in range(first + 1, first + storeys):
            hours[s] += hours[s - 1]


def _rays(suns: Suns) -> np.ndarray:
    """East and north part, tangent of the altitude and weight of each sun above the horizon."""
    check_suns(suns)
    azimuth, altitude, weight = (part[suns.altitude_rad > 0.0] for part in suns)
    rise = np.tan(altitude)
    return np.column_stack([np.sin(azimuth), np.cos(azimuth), rise, weight])


def storey_hours(walls: Walls, casters: Casters, suns: Suns) -> np.ndarray:
    """Weighted sum of the suns that reach the middle of each storey of each wall.

    Parameters
    ----------
    walls
        Where the sun is looked for.
    casters
        What throws shadows.
    suns
        Positions and what each counts; those behind a wall and below the horizon count nothing.

    Returns
    -------
    numpy.ndarray
        Shape (walls.first[-1],), float64 [unit of the weights], rising with the storeys of a
        wall; NaN where the base of the wall is not known.

    Raises
    ------
    ValueError
        When lengths do not fit, a storey has no height, or azimuths, altitudes or weights are
        unusable.
    """
    n = len(walls.foot)
    lengths = (len(walls.normal), len(walls.base_m), len(walls.storey_m), len(walls.covered_m))
    if set(lengths) != {n} or len(walls.first) != n + 1:
        raise ValueError(f"{n} feet of walls, but {lengths} normals, bases, storeys and covers")
    if not (walls.storey_m > 0.0).all():
        raise ValueError("storeys must have a height above 0")
    hours = np.zeros(walls.first[-1])
    _fill(walls, casters, _rays(suns), hours)
    return hours


@njit(cache=True, nogil=True)
def _look(
    casters: Casters,
    points: np.ndarray,
    normals: np.ndarray,
    rays: np.ndarray,
    lit: np.ndarray,
) -> None:
    for p in range(len(points)):
        x, y, z = points[p]
        for k in range(len(rays)):
            to_x, to_y, rise, _ = rays[k]
            facing = to_x * normals[p, 0] + to_y * normals[p, 1] + rise * normals[p, 2]
            free = normals[p, 0] == 0.0 and normals[p, 1] == 0.0 and normals[p, 2] == 0.0
            if facing > 0.0 or free:
                beam = Sunbeam(x, y, to_x, to_y, rise)
                level = (normals[p, 0], normals[p, 1])
                above = np.nextafter(z, np.inf)
                lit[p, k] = _shadow(casters, beam, level, z, above) <= z


def point_sunlit(
    casters: Casters, points: np.ndarray, normals: np.ndarray, suns: Suns
) -> np.ndarray:
    """Tell which suns reach which points, such as the middles of windows.

    Parameters
    ----------
    casters
        What throws shadows.
    points
        Shape (n, 3), float64: east, north and height [m]. NaN is never lit.
    normals
        Outward normals of the walls or roofs, shape (n, 3): east, north, up [any length]; a sun
        behind is not seen. All 0 for a point that looks everywhere.
    suns
        Positions; the weights are not used. At or below the horizon nothing is lit.

    Returns
    -------
    numpy.ndarray
        Shape (n, n_sun), bool, in the order of the suns.

    Raises
    ------
    ValueError
        When shapes do not fit, or azimuths, altitudes or weights are unusable.
    """
    points, normals = (np.asarray(given, dtype=np.float64) for given in (points, normals))
    if points.shape != (len(points), 3) or normals.shape != points.shape:
        raise ValueError(
            f"points and normals must be (n, 3) and of one shape: {points.shape}, {normals.shape}"
        )
    rays = _rays(suns)
    lit = np.zeros((len(points), len(suns.altitude_rad)), dtype=np.bool_)
    seen = np.zeros((len(points), len(rays)), dtype=np.bool_)
    placed = np.isfinite(points).all(axis=1) & np.isfinite(normals).all(axis=1)
    found = seen[placed]
    _look(casters, points[placed], normals[placed], rays, found)
    seen[placed] = found
    lit[:, suns.altitude_rad > 0.0] = seen
    return lit

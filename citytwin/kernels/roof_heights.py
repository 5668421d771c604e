"""Which roofs lie over a place, and how high: exact on the planes of their faces.

Candidates come from square bins (uniform grid: Fujimoto, Tanaka and Iwata 1986, ARTS, IEEE CG&A
6(4), 16-26); whether a face lies over a place is the even-odd rule over all its rings.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.plane_raster import BURNABLE, fit_plane, plane_height

BIN_M = 16.0
"""Edge of a bin [m]."""


class Roofs(NamedTuple):
    """Faces that are no walls, in bins.

    Parameters
    ----------
    xyz, ring_offsets, polygon_offsets
        All faces: vertices (n_vertex, 3) [m], offsets of rings into them and of polygons into
        the rings.
    owners
        Building of each face, shape (n_polygon,), int32.
    corner
        West and north edge of the bins [m].
    shape
        Rows and columns of bins.
    first
        First entry of each bin in ``face``, row by row, shape (n_bin + 1,), int64.
    face
        Faces of each bin, shape (n_entry,), int64.
    """

    xyz: np.ndarray
    ring_offsets: np.ndarray
    polygon_offsets: np.ndarray
    owners: np.ndarray
    corner: tuple[float, float]
    shape: tuple[int, int]
    first: np.ndarray
    face: np.ndarray


@njit(cache=True, nogil=True)
def _rings_of(polygon_offsets: np.ndarray, ring_offsets: np.ndarray, face: int) -> np.ndarray:
    return ring_offsets[polygon_offsets[face] : polygon_offsets[face + 1] + 1]


@njit(cache=True, nogil=True)
def _bin_faces(
    xyz: np.ndarray,
    ring_offsets: np.ndarray,
    polygon_offsets: np.ndarray,
    corner: tuple[float, float],
    shape: tuple[int, int],
    first: np.ndarray,
    face: np.ndarray,
) -> None:
    """Count the faces of each bin into ``first``, or, where ``face`` has room, fill them in."""
    ny, nx = shape
    for f in range(polygon_offsets.size - 1):
        rings = _rings_of(polygon_offsets, ring_offsets, f)
        if rings.size < 2 or fit_plane(xyz, rings).kind != BURNABLE:
            continue
        plan = xyz[rings[0] : rings[-1]]
        col0 = max(math.floor((plan[:, 0].min() - corner[0]) / BIN_M), 0)
        col1 = min(math.floor((plan[:, 0].max() - corner[0]) / BIN_M), nx - 1)
        row0 = max(math.floor((corner[1] - plan[:, 1].max()) / BIN_M), 0)
        row1 = min(math.floor((corner[1] - plan[:, 1].min()) / BIN_M), ny - 1)
        for row in range(row0, row1 + 1):
            for col in range(col0, col1 + 1):
                number = row * nx + col
                if face.size:
                    face[first[number]] = f
                first[number] += 1


def roofs_of(
    xyz: np.ndarray,
    ring_offsets: np.ndarray,
    polygon_offsets: np.ndarray,
    owners: np.ndarray,
    bounds: tuple[float, float, float, float],
) -> Roofs:
    """Put the faces of buildings into bins over an area.

    Parameters
    ----------
    xyz
        Vertices, shape (n_vertex, 3), float64 [m].
    ring_offsets
        Offsets of rings into ``xyz``, shape (n_ring + 1,), int64.
    polygon_offsets
        Offsets of polygons into the rings, shape (n_polygon + 1,), int64.
    owners
        Building of each polygon, shape (n_polygon,), int32.
    bounds
        West, south, east and north edge of the area [m]; what lies outside is over no place.

    Returns
    -------
    Roofs
    """
    west, south, east, north = bounds
    shape = max(1, math.ceil((north - south) / BIN_M)), max(1, math.ceil((east - west) / BIN_M))
    corner = (float(west), float(north))
    given = xyz, ring_offsets, polygon_offsets
    count, none = np.zeros(shape[0] * shape[1], dtype=np.int64), np.empty(0, dtype=np.int64)
    _bin_faces(*given, corner, shape, count, none)
    first = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(count)])
    face = np.empty(first[-1], dtype=np.int64)
    if face.size:
        _bin_faces(*given, corner, shape, first[:-1].copy(), face)
    return Roofs(*given, owners, corner, shape, first, face)


@njit(cache=True, nogil=True)
def _is_over(xyz: np.ndarray, rings: np.ndarray, x: float, y: float) -> bool:
    """Even-odd rule over all rings of a face."""
    inside = False
    for r in range(rings.size - 1):
        b = rings[r + 1] - 1
        for a in range(rings[r], rings[r + 1]):
            xa, ya, xb, yb = xyz[a, 0], xyz[a, 1], xyz[b, 0], xyz[b, 1]
            if (ya > y) != (yb > y) and x < xa + (y - ya) / (yb - ya) * (xb - xa):
                inside = not inside
            b = a
    return inside


@njit(cache=True, nogil=True)
def heights_over(
    roofs: Roofs, places: np.ndarray, building: np.ndarray, own: np.ndarray, other: np.ndarray
) -> None:
    """Highest roof over each place: of the building that it belongs to, and of all others.

    Parameters
    ----------
    roofs
        Faces in bins.
    places
        Shape (n, 2), float64: east and north [m].
    building
        Building that each place belongs to, shape (n,), int64: an owner of faces.
    own, other
        Shape (n,), float64 [m]. Overwritten; NaN where there is none.
    """
    own[:], other[:] = np.nan, np.nan
    ny, nx = roofs.shape
    for p in range(len(places)):
        x, y = places[p]
        col = math.floor((x - roofs.corner[0]) / BIN_M)
        row = math.floor((roofs.corner[1] - y) / BIN_M)
        if not (0 <= row < ny and 0 <= col < nx):
            continue
        number = row * nx + col
        for entry in range(roofs.first[number], roofs.first[number + 1]):
            f = roofs.face[entry]
            rings = _rings_of(roofs.polygon_offsets, roofs.ring_offsets, f)
            if not _is_over(roofs.xyz, rings, x, y):
                continue
            z = plane_height(fit_plane(roofs.xyz, rings), x, y)
            highest = own if roofs.owners[f] == building[p] else other
            if not z <= highest[p]:
                highest[p] = z

"""Outer walls of footprints, cut into pieces, with their true outward normals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

DETAIL_M = 0.1
"""Kinks of an outline smaller than this make no wall of their own [m]."""
SHORTEST_M = 0.3
"""Shorter walls hold no window and are left out [m]."""
LONGEST_M = 5000.0
"""No building has a longer wall: an outline that claims one is damaged [m]."""
SAME = 1e-6
"""A wall longer by this share of a piece needs no piece more."""


@dataclass(frozen=True, eq=False)
class OuterWalls:
    """Straight pieces of walls; those of courtyards face into the courtyard."""

    building: NDArray[np.int64]
    """Shape (n,): row of the footprint."""
    wall: NDArray[np.int32]
    """Shape (n,): number of the wall of its building, from 1, along its outline."""
    piece: NDArray[np.int32]
    """Shape (n,): number of the piece of its wall, from 1."""
    start: NDArray[np.float64]
    """Shape (n, 2): east and north [m]; the building lies on the left."""
    end: NDArray[np.float64]
    """Shape (n, 2) [m]."""

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Shape (n,) [m]."""
        return np.asarray(np.hypot(*(self.end - self.start).T))

    @property
    def normal(self) -> NDArray[np.float64]:
        """Outward normal, shape (n, 2), of length 1."""
        way = (self.end - self.start) / self.length_m[:, None]
        return np.column_stack([way[:, 1], -way[:, 0]])

    @property
    def middle(self) -> NDArray[np.float64]:
        """Shape (n, 2) [m]."""
        return (self.start + self.end) / 2

    def take(self, rows: NDArray[np.int64]) -> OuterWalls:
        """Return some of the pieces.

        Parameters
        ----------
        rows
            Which, in order.
        """
        return OuterWalls(
            self.building[rows], self.wall[rows], self.piece[rows], self.start[rows], self.end[rows]
        )


def outer_walls(footprints: Sequence[shapely.Geometry], longest_m: float) -> OuterWalls:
    """Cut the outlines of buildings into straight walls, and long walls into equal pieces.

    Parameters
    ----------
    footprints
        Polygons or multipolygons; what is no area has no walls.
    longest_m
        Greatest length of a piece [m], > 0.

    Returns
    -------
    OuterWalls
        In the order of the footprints.
    """
    shapes = shapely.simplify(np.asarray(footprints, dtype=object), DETAIL_M)
    parts, building = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON.value
    areal &= ~shapely.is_empty(parts)
    parts, building = shapely.orient_polygons(parts[areal]), building[areal]
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, end = points[:-1][same], points[1:][same]
    owner = building[part[ring[:-1][same]]] if len(ring) else np.empty(0, dtype=np.int64)
    length = np.hypot(*(end - start).T)
    kept = (length >= SHORTEST_M) & (length <= LONGEST_M)  # NaN is neither
    start, end, owner, length = start[kept], end[kept], owner[kept], length[kept]
    wall = _numbered(owner)
    pieces = np.maximum(np.ceil(length / longest_m - SAME), 1.0).astype(np.int64)
    at = np.repeat(np.arange(len(pieces)), pieces)
    piece = np.arange(len(at)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    step = (end - start)[at] / pieces[at, None]
    begin = start[at] + piece[:, None] * step
    return OuterWalls(owner[at], wall[at], (piece + 1).astype(np.int32), begin, begin + step)


def _numbered(owner: NDArray[np.int64]) -> NDArray[np.int32]:
    """Count from 1 within runs of equal owners."""
    begins = np.concatenate([[True], owner[1:] != owner[:-1]])[: len(owner)]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(owner)), 0))
    return (np.arange(len(owner)) - first + 1).astype(np.int32)

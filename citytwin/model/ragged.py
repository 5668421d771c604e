"""Polygons as flat arrays: coordinates, offsets of rings, offsets of polygons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Faces:
    """Polygons with holes, in the form the raster kernels read."""

    xyz: NDArray[np.float64]
    """Shape (n_vertex, 3) [m]; the closing vertex of a ring is left out."""
    ring_offsets: NDArray[np.int64]
    """Shape (n_ring + 1,): first vertex of each ring."""
    polygon_offsets: NDArray[np.int64]
    """Shape (n_polygon + 1,): first ring of each polygon; the first ring is the outer one."""
    owners: NDArray[np.int32]
    """Shape (n_polygon,): row that each polygon belongs to."""


def faces_of_rows(
    xyz: Sequence[NDArray[np.float64]],
    ring_sizes: Sequence[NDArray[np.float64]],
    owners: NDArray[np.int32],
) -> Faces:
    """Join the rows of a surfaces table.

    Parameters
    ----------
    xyz
        Per polygon: x y z of all rings, flat [m].
    ring_sizes
        Per polygon: vertices per ring, outer ring first.
    owners
        Shape (n_polygon,): row that each polygon belongs to.
    """
    if not len(xyz):
        return _empty()
    points = np.concatenate([np.asarray(row, dtype=np.float64) for row in xyz]).reshape(-1, 3)
    sizes = np.concatenate([np.asarray(row) for row in ring_sizes]).astype(np.int64)
    rings = np.array([len(row) for row in ring_sizes], dtype=np.int64)
    return Faces(points, _offsets(sizes), _offsets(rings), owners.astype(np.int32))


def faces_of_geometry(geometry: Sequence[shapely.Geometry], z_m: NDArray[np.float64]) -> Faces:
    """Lay polygons flat at a height each.

    Parameters
    ----------
    geometry
        Shape (n,): polygons or multipolygons; other geometries are left out.
    z_m
        Shape (n,): height of each [m].
    """
    single, owners = shapely.get_parts(np.asarray(geometry, dtype=object), return_index=True)
    areal = shapely.get_type_id(single) == shapely.GeometryType.POLYGON.value
    single, owners = single[areal], owners[areal]
    if not len(single):
        return _empty()
    _, coordinates, offsets = shapely.to_ragged_array(shapely.force_2d(single))
    ring_offsets, polygon_offsets = (np.asarray(o, dtype=np.int64) for o in offsets[:2])
    closing = ring_offsets[1:] - 1
    keep = np.ones(len(coordinates), dtype=np.bool_)
    keep[closing] = False
    sizes = np.diff(ring_offsets)
    z_of_vertex = np.repeat(z_m[owners], np.add.reduceat(sizes, polygon_offsets[:-1]))
    points = np.column_stack([coordinates, z_of_vertex])[keep]
    return Faces(points, _offsets(sizes - 1), polygon_offsets, owners.astype(np.int32))


def joined(first: Faces, second: Faces) -> Faces:
    """Put two lists of polygons into one.

    Parameters
    ----------
    first, second
        The lists.
    """
    return Faces(
        np.concatenate([first.xyz, second.xyz]),
        np.concatenate([first.ring_offsets, second.ring_offsets[1:] + first.ring_offsets[-1]]),
        np.concatenate(
            [first.polygon_offsets, second.polygon_offsets[1:] + first.polygon_offsets[-1]]
        ),
        np.concatenate([first.owners, second.owners]),
    )


def _offsets(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])


def _empty() -> Faces:
    zero = np.zeros(1, dtype=np.int64)
    return Faces(np.empty((0, 3)), zero, zero, np.empty(0, dtype=np.int32))

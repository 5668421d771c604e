"""Lists of numbers as columns of tables, and polygons as flat arrays with offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

FLOAT_LISTS = pd.ArrowDtype(pa.large_list(pa.field("element", pa.float64())))
"""Type of a column of kind ``floats``: one buffer of numbers, and where each row begins."""
INT_LISTS = pd.ArrowDtype(pa.large_list(pa.field("element", pa.int32())))
"""Type of a column of kind ``ints``."""


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


def list_column(
    values: NDArray[np.float64] | NDArray[np.int32], offsets: NDArray[np.int64]
) -> pd.Series[Any]:
    """Return a column of lists without looking at any of them.

    Parameters
    ----------
    values
        Shape (n_value,): numbers of all rows; the column shares their memory.
    offsets
        Shape (n_row + 1,): first number of each row.

    Returns
    -------
    Series
        Of type `FLOAT_LISTS` or `INT_LISTS`, by the type of the numbers.
    """
    dtype = FLOAT_LISTS if values.dtype == np.float64 else INT_LISTS
    arrow = dtype.pyarrow_dtype
    lists = pa.LargeListArray.from_arrays(
        pa.array(offsets, pa.int64()), pa.array(values, arrow.value_type), type=arrow
    )
    return pd.Series(pd.arrays.ArrowExtensionArray(lists), dtype=dtype)


def flattened(column: pd.Series[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the numbers of a column of lists, and where each row begins.

    Parameters
    ----------
    column
        Of type `FLOAT_LISTS` or `INT_LISTS`, without nulls.

    Returns
    -------
    values : array
        Shape (n_value,), float64 or int32; read-only memory of the column, except where the
        column lies in several pieces.
    offsets : array
        Shape (n_row + 1,), the first is 0.
    """
    lists: Any = pa.array(column)
    if isinstance(lists, pa.ChunkedArray):
        lists = lists.combine_chunks()
    offsets: NDArray[np.int64] = np.asarray(lists.offsets)
    if not len(offsets):  # Arrow may leave them out where there are no rows
        offsets = np.zeros(1, dtype=np.int64)
    values: NDArray[Any] = lists.values.to_numpy()[offsets[0] : offsets[-1]]
    return values, offsets - offsets[0] if offsets[0] else offsets


def faces_of_rows(
    xyz: pd.Series[Any], ring_sizes: pd.Series[Any], owners: NDArray[np.int32]
) -> Faces:
    """Join the rows of a surfaces table.

    Parameters
    ----------
    xyz
        Column ``xyz``: x y z of all rings, flat [m].
    ring_sizes
        Column ``ring_sizes``: vertices per ring, outer ring first.
    owners
        Shape (n_polygon,): row that each polygon belongs to.
    """
    if not len(xyz):
        return _empty()
    sizes, polygon_offsets = flattened(ring_sizes)
    points = flattened(xyz)[0].reshape(-1, 3)
    ring_offsets = offsets_of(sizes.astype(np.int64))
    return Faces(points, ring_offsets, polygon_offsets, owners.astype(np.int32))


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
    return Faces(points, offsets_of(sizes - 1), polygon_offsets, owners.astype(np.int32))


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


def taken(faces: Faces, order: NDArray[np.int64]) -> Faces:
    """Return some polygons in an order of one's own.

    Parameters
    ----------
    faces
        The list.
    order
        Shape (n,): polygons to take; one may be taken again.
    """
    rings = _members(faces.polygon_offsets, order)
    vertices = _members(faces.ring_offsets, rings)
    return Faces(
        faces.xyz[vertices],
        offsets_of(np.diff(faces.ring_offsets)[rings]),
        offsets_of(np.diff(faces.polygon_offsets)[order]),
        faces.owners[order],
    )


def _members(offsets: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Members of some groups, one group after the other."""
    sizes = np.diff(offsets)[chosen]
    begin = offsets_of(sizes)[:-1]
    return np.asarray(np.arange(sizes.sum()) + np.repeat(offsets[:-1][chosen] - begin, sizes))


def offsets_of(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each piece begins, and where the last one ends.

    Parameters
    ----------
    sizes
        Shape (n,): entries of each piece.

    Returns
    -------
    array
        Shape (n + 1,).
    """
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])


def _empty() -> Faces:
    zero = np.zeros(1, dtype=np.int64)
    return Faces(np.empty((0, 3)), zero, zero, np.empty(0, dtype=np.int32))

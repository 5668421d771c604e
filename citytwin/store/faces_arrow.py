"""Faces of a table as columns of nested geometry: polygons, rings, vertices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from citytwin.model.ragged import Faces, faces_of_rows, flattened

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_VERTEX = pa.struct([pa.field(axis, pa.float64(), nullable=False) for axis in "xyz"])
_RING = pa.list_(pa.field("vertices", _VERTEX, nullable=False))
POLYGON_Z = pa.list_(pa.field("rings", _RING, nullable=False))
"""``list<list<struct<x, y, z>>>``: the encoding "polygon" of GeoParquet 1.1."""
BOX = pa.struct([pa.field(name, pa.float64()) for name in ("xmin", "ymin", "xmax", "ymax")])


def faces_of_frame(frame: pd.DataFrame) -> Faces:
    """Return the faces of a table whose rows are faces or triangles.

    Parameters
    ----------
    frame
        With the columns `xyz` and `ring_sizes`, or `triangle`.
    """
    owners = np.arange(len(frame), dtype=np.int32)
    if "triangle" not in frame.columns:
        return faces_of_rows(frame["xyz"], frame["ring_sizes"], owners)
    xyz = flattened(frame["triangle"])[0].reshape(-1, 3)
    first = np.arange(len(frame) + 1, dtype=np.int64)
    return Faces(xyz, 3 * first, first, owners)


def closed(faces: Faces) -> tuple[FloatArray, IntArray]:
    """Return vertices and offsets of rings of which each ends where it began.

    Parameters
    ----------
    faces
        Polygons, the closing vertex of each ring left out.

    Returns
    -------
    tuple
        Shape (n_vertex + n_ring, 3) [m], and shape (n_ring + 1,).
    """
    offsets = faces.ring_offsets + np.arange(len(faces.ring_offsets))
    rows = np.arange(int(offsets[-1])) - np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    rows[offsets[1:] - 1] = faces.ring_offsets[:-1]
    return faces.xyz[rows], offsets


def nested(faces: Faces) -> pa.Array:
    """Return polygons as a nested column.

    Parameters
    ----------
    faces
        One polygon per row.
    """
    xyz, rings = closed(faces)
    vertices = pa.StructArray.from_arrays(
        [pa.array(xyz[:, axis]) for axis in range(3)], fields=list(_VERTEX)
    )
    lines = pa.ListArray.from_arrays(rings.astype(np.int32), vertices, type=_RING)
    return pa.ListArray.from_arrays(faces.polygon_offsets.astype(np.int32), lines, type=POLYGON_Z)


def multipolygons(faces: Faces) -> NDArray[np.object_]:
    """Return polygons as MultiPolygons with heights.

    Parameters
    ----------
    faces
        One polygon per row.
    """
    xyz, rings = closed(faces)
    single = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, xyz, (rings, faces.polygon_offsets)
    )
    found: NDArray[np.object_] = shapely.multipolygons(single, indices=np.arange(len(single)))
    return found

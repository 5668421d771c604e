"""Polygons in space: rings as arrays, cleaned, measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_T = TypeVar("_T", bound=np.generic)
Semantic = Literal["roof", "wall", "ground", "closure", "other"]

VERTICAL_RATIO = 1e-3
"""A face is a wall when its projected area is below this share of its true area."""


@dataclass(eq=False)
class Face:
    """A planar polygon with holes."""

    surface_id: str
    """Identifier in the file; empty when there is none."""
    semantic: Semantic
    rings: list[FloatArray]
    """Shape (n, 3) each, outer ring first, closing vertex left out [m]."""


@dataclass(frozen=True)
class RingFault:
    """Why a ring was dropped or what was mended in it."""

    code: str
    """val3dity code where there is one, such as 101, else a word."""
    message: str
    fatal: bool


CAVITY = RingFault("cavity", "solid has inner shells, which are left out", fatal=False)


@dataclass(eq=False)
class RawFace:
    """A face as read, in the coordinates of the file."""

    surface_id: str
    semantic: Semantic
    rings: list[FloatArray]
    """Shape (n, 3) each, columns in the order of the file; height NaN when not given."""
    srs_name: str = ""
    faults: list[RingFault] = field(default_factory=list)
    broken: bool = False
    """Whether the outer ring could not be read, so that the face must be dropped."""


def open_ring(points: FloatArray) -> tuple[FloatArray | None, list[RingFault]]:
    """Leave out the closing vertex and repeated vertices of a ring.

    Parameters
    ----------
    points
        Shape (n, 3): as in the file.

    Returns
    -------
    tuple
        Shape (m, 3) or None when fewer than three different vertices are left, and the faults.
    """
    faults: list[RingFault] = []
    if len(points) > 1 and are_same(points[0], points[-1]):
        points = points[:-1]
    elif len(points) > 2:
        faults.append(RingFault("103", "ring is not closed", fatal=False))
    if len(points) > 1:
        same = are_same(points, np.roll(points, -1, axis=0))
        if same.any():
            points = points[~same]
            faults.append(RingFault("102", "ring has repeated vertices", fatal=False))
    if len(points) < 3:
        faults.append(RingFault("101", f"ring has {len(points)} different vertices", fatal=True))
        return None, faults
    return points, faults


def are_same(first: FloatArray, second: FloatArray) -> NDArray[np.bool_]:
    """Whether vertices are equal; a height that is not known equals another.

    Parameters
    ----------
    first, second
        Shape (..., 3): vertices.

    Returns
    -------
    array
        Shape (...,).
    """
    equal = (first == second) | (np.isnan(first) & np.isnan(second))
    return np.asarray(equal.all(axis=-1))


def normal(ring: FloatArray) -> FloatArray:
    """Area vector of a ring.

    Parameters
    ----------
    ring
        Shape (n, 3) [m].

    Returns
    -------
    array
        Shape (3,): normal whose length is the area [m2].
    """
    return np.asarray(normals(ring[None])[0])


def normals(rings: FloatArray) -> FloatArray:
    """Area vectors of rings by Newell's method (Sutherland, Sproull, Schumacker 1974).

    Parameters
    ----------
    rings
        Shape (k, n, 3): rings of n vertices each [m].

    Returns
    -------
    array
        Shape (k, 3): normals whose lengths are the areas [m2].
    """
    a = rings - rings[:, :1]
    b = np.roll(a, -1, axis=1)
    x = (a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]).sum(axis=1)
    y = (a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]).sum(axis=1)
    z = (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]).sum(axis=1)
    return np.column_stack([x, y, z]) / 2.0


def are_vertical(faces: Sequence[Face]) -> NDArray[np.bool_]:
    """Whether faces have no area seen from above.

    Parameters
    ----------
    faces
        Faces with their heights.

    Returns
    -------
    array
        Shape (n_face,).
    """
    sizes = np.array([len(face.rings[0]) for face in faces], dtype=np.int64)
    area = np.empty((len(faces), 3))
    for size in np.unique(sizes):  # nearly all are triangles, or have four corners
        rows = np.flatnonzero(sizes == size).tolist()
        area[rows] = normals(np.array([faces[row].rings[0] for row in rows]))
    return np.asarray(np.abs(area[:, 2]) <= VERTICAL_RATIO * np.linalg.norm(area, axis=1))


def points_of(faces: Sequence[Face]) -> FloatArray:
    """All vertices of some faces.

    Parameters
    ----------
    faces
        At least one face.

    Returns
    -------
    array
        Shape (n, 3) [m].
    """
    return np.concatenate([ring for face in faces for ring in face.rings])


def cut(values: NDArray[_T], sizes: Iterable[int]) -> list[NDArray[_T]]:
    """Values of each ring, from those of all rings one after the other.

    Parameters
    ----------
    values
        Shape (n, ...): one row for each vertex.
    sizes
        Vertices of each ring.
    """
    ends = list(accumulate(sizes))
    return [values[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def block(rings: Sequence[FloatArray], bottom_m: float, top_m: float) -> list[Face]:
    """Faces of a block over a footprint.

    Parameters
    ----------
    rings
        Shape (n, 2) each, outer ring counter-clockwise, holes clockwise, no closing vertex [m].
    bottom_m, top_m
        Heights [m].
    """

    def level(z: float) -> list[FloatArray]:
        return [np.column_stack([ring, np.full(len(ring), z)]) for ring in rings]

    faces = [
        Face("", "ground", [ring[::-1] for ring in level(bottom_m)]),
        Face("", "roof", level(top_m)),
    ]
    for ring in rings:
        for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            corners = [(*a, bottom_m), (*b, bottom_m), (*b, top_m), (*a, top_m)]
            faces.append(Face("", "wall", [np.array(corners, dtype=np.float64)]))
    return faces

"""Polygons in space: rings as arrays, cleaned, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
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
    """val3dity code where there is one (101, 102, 103), else a word."""
    message: str
    fatal: bool


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
    if len(points) > 1 and _same(points[0], points[-1]):
        points = points[:-1]
    elif len(points) > 2:
        faults.append(RingFault("103", "ring is not closed", fatal=False))
    if len(points) > 1:
        following = np.roll(points, -1, axis=0)
        same = ((points == following) | (np.isnan(points) & np.isnan(following))).all(axis=1)
        if same.any():
            points = points[~same]
            faults.append(RingFault("102", "ring has repeated vertices", fatal=False))
    if len(points) < 3:
        faults.append(RingFault("101", f"ring has {len(points)} different vertices", fatal=True))
        return None, faults
    return points, faults


def _same(a: FloatArray, b: FloatArray) -> bool:
    return bool(((a == b) | (np.isnan(a) & np.isnan(b))).all())


def normal(ring: FloatArray) -> FloatArray:
    """Area vector of a ring by Newell's method (Sutherland, Sproull, Schumacker 1974).

    Parameters
    ----------
    ring
        Shape (n, 3) [m].

    Returns
    -------
    array
        Shape (3,): normal whose length is the area [m2].
    """
    a = ring - ring[0]
    b = np.roll(a, -1, axis=0)
    x = float((a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]).sum())
    y = float((a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]).sum())
    z = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    return np.array([x, y, z]) / 2.0


def is_vertical(face: Face) -> bool:
    """Whether a face has no area seen from above.

    Parameters
    ----------
    face
        A face with its height.
    """
    area = normal(face.rings[0])
    return abs(float(area[2])) <= VERTICAL_RATIO * float(np.linalg.norm(area))


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

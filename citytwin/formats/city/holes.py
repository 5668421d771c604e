"""Holes of a face: those that are no holes in it are left out, or they would be burned as roofs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.formats.city.faces import RingFault, normal

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NEARLY_ALL = 0.99
"""Share of an area that counts as all of it: neighbours in real models miss by millimetres."""
_LEAST_AREA_M2 = 1e-6
_MOST_HOLES = 2000
"""A face that is not sound and has more loses them all: no roof has so many."""


def are_sound(xyz: FloatArray, ring_sizes: IntArray, rings_per_face: IntArray) -> NDArray[np.bool_]:
    """Whether the rings of faces make valid polygons in their planes.

    Parameters
    ----------
    xyz
        Shape (n_vertex, 3): vertices of all rings, no closing vertex [m].
    ring_sizes
        Shape (n_ring,): vertices of each ring, at least 3.
    rings_per_face
        Shape (n_face,): at least 1; the first is the outer one.

    Returns
    -------
    array
        Shape (n_face,).
    """
    if not len(rings_per_face):
        return np.zeros(0, dtype=np.bool_)
    first_vertex = np.cumsum(ring_sizes) - ring_sizes
    outer = np.cumsum(rings_per_face) - rings_per_face
    a = xyz - np.repeat(xyz[first_vertex], ring_sizes, axis=0)
    following = np.arange(1, len(xyz) + 1)
    following[first_vertex + ring_sizes - 1] = first_vertex
    area = np.add.reduceat(np.cross(a, a[following]), first_vertex, axis=0)[outer]
    face_of_vertex = np.repeat(np.repeat(np.arange(len(outer)), rings_per_face), ring_sizes)
    flat = _flat(xyz, np.abs(area).argmax(axis=1)[face_of_vertex])
    lines = shapely.linearrings(flat, indices=np.repeat(np.arange(len(ring_sizes)), ring_sizes))
    polygons = shapely.polygons(lines, indices=np.repeat(np.arange(len(outer)), rings_per_face))
    return np.asarray(shapely.is_valid(polygons))


def sound_holes(rings: Sequence[FloatArray]) -> tuple[list[FloatArray], list[RingFault]]:
    """Leave out holes that lie outside their face, over its edge, in each other, or are no area.

    Parameters
    ----------
    rings
        Shape (n, 3) each, the outer ring first, no closing vertex [m].

    Returns
    -------
    tuple
        The outer ring and the holes that stay, and what was left out, by codes of val3dity.
    """
    axis = int(np.abs(normal(rings[0])).argmax())
    flat = [_flat(ring, np.full(len(ring), axis)) for ring in rings]
    if shapely.is_valid(shapely.Polygon(flat[0], flat[1:])):
        return list(rings), []
    if len(rings) > _MOST_HOLES:
        message = f"face has {len(rings) - 1} holes that are not sound"
        return [rings[0]], [RingFault("201", message, fatal=True)]
    outer = _area(flat[0])
    kept, areas, faults = [rings[0]], _Areas(), []
    for ring, points in zip(rings[1:], flat[1:], strict=True):
        hole = _area(points)
        fault = _misplaced(hole, outer) or _doubled(hole, areas.near(hole))
        if fault is None:
            kept.append(ring)
            areas.add(hole)
        else:
            faults.append(fault)
    return kept, faults


class _Areas:
    """Holes that stay; thousands of them are not compared each with each."""

    def __init__(self) -> None:
        self.areas: list[shapely.Geometry] = []
        self.bounds = np.empty((_MOST_HOLES, 4))

    def add(self, area: shapely.Geometry) -> None:
        self.bounds[len(self.areas)] = area.bounds
        self.areas.append(area)

    def near(self, area: shapely.Geometry) -> list[shapely.Geometry]:
        west, south, east, north = area.bounds if area.area else (0.0, 0.0, -1.0, -1.0)
        box = self.bounds[: len(self.areas)]
        touches = (
            (box[:, 0] < east) & (box[:, 2] > west) & (box[:, 1] < north) & (box[:, 3] > south)
        )
        return [self.areas[n] for n in np.flatnonzero(touches)]


def _misplaced(hole: shapely.Geometry, outer: shapely.Geometry) -> RingFault | None:
    if hole.area < _LEAST_AREA_M2:
        return RingFault("104", "hole has no area", fatal=True)
    inside = shapely.intersection(hole, outer).area
    if inside >= _NEARLY_ALL * outer.area:
        if inside >= _NEARLY_ALL * hole.area:
            return RingFault("202", "hole is the whole face", fatal=True)
        return RingFault("206", "hole lies around the face", fatal=True)
    if inside <= (1.0 - _NEARLY_ALL) * hole.area:
        return RingFault("206", "hole lies outside the face", fatal=True)
    if inside < _NEARLY_ALL * hole.area:
        return RingFault("201", "hole crosses the edge of the face", fatal=True)
    return None


def _doubled(hole: shapely.Geometry, others: Sequence[shapely.Geometry]) -> RingFault | None:
    for other in others:
        shared = shapely.intersection(hole, other).area
        if shared >= _NEARLY_ALL * max(hole.area, other.area):
            return RingFault("202", "hole is there twice", fatal=True)
        if shared >= _NEARLY_ALL * min(hole.area, other.area):
            return RingFault("207", "holes lie in each other", fatal=True)
        if shared > (1.0 - _NEARLY_ALL) * min(hole.area, other.area):
            return RingFault("201", "holes overlap", fatal=True)
    return None


def _flat(xyz: FloatArray, dropped: IntArray) -> FloatArray:
    """Coordinates without the axis that a face looks along most."""
    first, second = np.where(dropped == 0, 1, 0), np.where(dropped == 2, 1, 2)
    rows = np.arange(len(xyz))
    return np.column_stack([xyz[rows, first], xyz[rows, second]])


def _area(ring: FloatArray) -> shapely.Geometry:
    polygon = shapely.Polygon(ring)
    return polygon if polygon.is_valid else shapely.make_valid(polygon, method="structure")

"""Closed, outward-facing solids of simple house shapes, vertex by vertex.

Every builder works in a local frame: ``p`` along the building, ``q`` across it, both in
metres from one corner. Neighbouring faces share their vertices exactly, so each edge is used
once in either direction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from citytwin.testing.place import Point2, Point3
from citytwin.testing.planar import Ring2, millimetres, signed_area

Ring3 = tuple[Point3, ...]


@dataclass(frozen=True)
class Face:
    """Planar polygon: the outer ring first, then holes; seen from outside it runs anticlockwise."""

    kind: str
    rings: tuple[Ring3, ...]


@dataclass(frozen=True)
class Frame:
    """Local axes of a building: ``p`` at ``angle_rad`` anticlockwise from east."""

    origin: Point2
    angle_rad: float

    def at(self, p: float, q: float) -> Point2:
        """City metres of a local point, on whole millimetres."""
        cos_a, sin_a = math.cos(self.angle_rad), math.sin(self.angle_rad)
        return (
            millimetres(self.origin[0] + p * cos_a - q * sin_a),
            millimetres(self.origin[1] + p * sin_a + q * cos_a),
        )

    def ring(self, corners: Sequence[Point2]) -> Ring2:
        """Local corners as a ring in city metres."""
        return tuple(self.at(p, q) for p, q in corners)

    def rectangle(self, length_m: float, width_m: float) -> Ring2:
        """Anticlockwise rectangle from the origin."""
        return self.ring(((0, 0), (length_m, 0), (length_m, width_m), (0, width_m)))


def _lift(ring: Sequence[Point2], z: float) -> Ring3:
    return tuple((x, y, millimetres(z)) for x, y in ring)


def _flip(ring: Ring3) -> Ring3:
    return (ring[0], *ring[:0:-1])


def walls(ring: Sequence[Point2], bottom_z: float, top_z: float) -> list[Face]:
    """Vertical faces along a ring; outward for anticlockwise, into the yard for clockwise."""
    low, high = _lift(ring, bottom_z), _lift(ring, top_z)
    count = len(ring)
    return [
        Face("Wall", ((low[k], low[(k + 1) % count], high[(k + 1) % count], high[k]),))
        for k in range(count)
    ]


def ground_face(footprint: Sequence[Ring2], z: float) -> Face:
    """Floor of a solid; the footprint is one anticlockwise ring and clockwise holes."""
    return Face("Ground", tuple(_flip(_lift(ring, z)) for ring in footprint))


def prism(footprint: Sequence[Ring2], bottom_z: float, top_z: float) -> tuple[Face, ...]:
    """Flat-roofed block over any footprint, with courtyards where it has holes."""
    faces = [ground_face(footprint, bottom_z)]
    for ring in footprint:
        faces += walls(ring, bottom_z, top_z)
    faces.append(Face("Roof", tuple(_lift(ring, top_z) for ring in footprint)))
    return tuple(faces)


def stepped(
    outer: Ring2, inner: Ring2, bottom_z: float, low_z: float, high_z: float
) -> tuple[Face, ...]:
    """Flat block with a higher block inside it: a penthouse, or a tower on its podium."""
    hole = inner[::-1] if signed_area(inner) > 0 else inner
    return (
        ground_face((outer,), bottom_z),
        *walls(outer, bottom_z, low_z),
        Face("Roof", (_lift(outer, low_z), _lift(hole, low_z))),
        *walls(inner, low_z, high_z),
        Face("Roof", (_lift(inner, high_z),)),
    )


class PitchedBox:
    """Rectangle with a pitched roof; ``eaves_z`` and ``ridge_z`` are absolute heights."""

    def __init__(
        self,
        frame: Frame,
        length_m: float,
        width_m: float,
        bottom_z: float,
        eaves_z: float,
        ridge_z: float,
    ) -> None:
        self.frame = frame
        self.length_m = length_m
        self.width_m = width_m
        self.bottom_z = bottom_z
        self.eaves_z = eaves_z
        self.ridge_z = ridge_z

    def _p(self, p: float, q: float, z: float) -> Point3:
        x, y = self.frame.at(p, q)
        return x, y, millimetres(z)

    def _base(self) -> tuple[Ring2, list[Face]]:
        footprint = self.frame.rectangle(self.length_m, self.width_m)
        return footprint, [ground_face((footprint,), self.bottom_z)]

    def _eaves(self) -> tuple[Point3, Point3, Point3, Point3]:
        length, width, z = self.length_m, self.width_m, self.eaves_z
        return (
            self._p(0, 0, z),
            self._p(length, 0, z),
            self._p(length, width, z),
            self._p(0, width, z),
        )

    def gable(self) -> tuple[Face, ...]:
        """Ridge over the full length, triangular gable walls at both ends."""
        footprint, faces = self._base()
        low = _lift(footprint, self.bottom_z)
        a, b, c, d = self._eaves()
        west = self._p(0, self.width_m / 2, self.ridge_z)
        east = self._p(self.length_m, self.width_m / 2, self.ridge_z)
        faces += [
            Face("Wall", ((low[0], low[1], b, a),)),
            Face("Wall", ((low[1], low[2], c, east, b),)),
            Face("Wall", ((low[2], low[3], d, c),)),
            Face("Wall", ((low[3], low[0], a, west, d),)),
            Face("Roof", ((a, b, east, west),)),
            Face("Roof", ((c, d, west, east),)),
        ]
        return tuple(faces)

    def hip(self) -> tuple[Face, ...]:
        """Four slopes of one pitch; a square plan gives a pyramid of four triangles."""
        footprint, faces = self._base()
        faces += walls(footprint, self.bottom_z, self.eaves_z)
        a, b, c, d = self._eaves()
        half = self.width_m / 2
        west = self._p(half, half, self.ridge_z)
        east = self._p(self.length_m - half, half, self.ridge_z)
        slopes: tuple[Ring3, ...]
        if west == east:
            slopes = ((a, b, west), (b, c, west), (c, d, west), (d, a, west))
        else:
            slopes = ((a, b, east, west), (b, c, east), (c, d, west, east), (d, a, west))
        faces += [Face("Roof", (slope,)) for slope in slopes]
        return tuple(faces)

    def shed(self) -> tuple[Face, ...]:
        """One slope, from the eaves at q = 0 up to the ridge height at the far wall."""
        footprint, faces = self._base()
        low = _lift(footprint, self.bottom_z)
        a, b, _, _ = self._eaves()
        c = self._p(self.length_m, self.width_m, self.ridge_z)
        d = self._p(0, self.width_m, self.ridge_z)
        faces += [
            Face("Wall", ((low[0], low[1], b, a),)),
            Face("Wall", ((low[1], low[2], c, b),)),
            Face("Wall", ((low[2], low[3], d, c),)),
            Face("Wall", ((low[3], low[0], a, d),)),
            Face("Roof", ((a, b, c, d),)),
        ]
        return tuple(faces)

    def gable_with_dormer(self, start_m: float, dormer_m: float) -> tuple[Face, ...]:
        """Gable roof with a flat-topped dormer, a hole in the slope over q = 0.

        Parameters
        ----------
        start_m, dormer_m
            Where the dormer begins along the ridge, and its length.
        """
        faces = list(self.gable())
        slope_index = 5
        rise = (self.ridge_z - self.eaves_z) / (self.width_m / 2)
        front, back, end = 0.12 * self.width_m, 0.40 * self.width_m, start_m + dormer_m
        low_z, high_z = self.eaves_z + rise * front, self.eaves_z + rise * back
        foot = (self._p(start_m, front, low_z), self._p(end, front, low_z))
        rear = (self._p(end, back, high_z), self._p(start_m, back, high_z))
        top = (self._p(start_m, front, high_z), self._p(end, front, high_z))
        hole = (foot[0], rear[1], rear[0], foot[1])
        faces[slope_index] = Face("Roof", (faces[slope_index].rings[0], hole))
        faces += [
            Face("Wall", ((foot[0], foot[1], top[1], top[0]),)),
            Face("Wall", ((foot[1], rear[0], top[1]),)),
            Face("Wall", ((rear[1], foot[0], top[0]),)),
            Face("Roof", ((top[0], top[1], rear[0], rear[1]),)),
        ]
        return tuple(faces)


def l_corners(length_m: float, depth_m: float, wing_m: float) -> tuple[Point2, ...]:
    """Local corners of an L: wings of one width along p and along q from the origin."""
    return (
        (0.0, 0.0),
        (length_m, 0.0),
        (length_m, wing_m),
        (wing_m, wing_m),
        (wing_m, depth_m),
        (0.0, depth_m),
    )


def l_gable(
    frame: Frame, corners: Sequence[Point2], bottom_z: float, eaves_z: float, ridge_z: float
) -> tuple[Face, ...]:
    """L-shaped house: two gable wings that meet in a hip outside and a valley inside.

    Parameters
    ----------
    frame
        Local axes.
    corners
        From `l_corners`.
    bottom_z, eaves_z, ridge_z
        Absolute heights [m].
    """
    footprint = frame.ring(corners)
    low, eaves = _lift(footprint, bottom_z), _lift(footprint, eaves_z)
    length, wing, depth = corners[1][0], corners[3][0], corners[5][1]
    half = wing / 2
    (corner,) = _lift((frame.at(half, half),), ridge_z)
    (east,) = _lift((frame.at(length, half),), ridge_z)
    (north,) = _lift((frame.at(half, depth),), ridge_z)
    faces = [ground_face((footprint,), bottom_z)]
    for k in range(6):
        n = (k + 1) % 6
        peak = {1: (east,), 4: (north,)}.get(k, ())
        faces.append(Face("Wall", ((low[k], low[n], eaves[n], *peak, eaves[k]),)))
    faces += [
        Face("Roof", ((eaves[0], eaves[1], east, corner),)),
        Face("Roof", ((eaves[2], eaves[3], corner, east),)),
        Face("Roof", ((eaves[3], eaves[4], north, corner),)),
        Face("Roof", ((eaves[5], eaves[0], corner, north),)),
    ]
    return tuple(faces)

"""Brings the polygons of many buildings into the CRS of the city in one transform.

Only buildings that are beyond doubt stay: every vertex inside the area of the CRS, finite, within
the Envelope, and each building so small that no vertex can count as a spike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.block import ragged_take
from citytwin.formats.city.holes import are_sound
from citytwin.formats.city.outliers import ENVELOPE_MARGINS_M, Z_MAX_M, Z_MIN_M
from citytwin.formats.city.placement import inside_area_of_use
from citytwin.formats.city.site import FileSite
from citytwin.formats.citygml.scanning import Shapes
from citytwin.kernels import gml_faces as gf
from citytwin.kernels import gml_units as gu
from citytwin.kernels.gml_places import boxes, distinct_places
from citytwin.model import crs as crs_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_SURE_EXTENT_M = 499.0
_SURE_HEIGHT_M = 999.0


@dataclass(eq=False)
class Solids:
    """Polygons of buildings in the CRS of the city; outlines and best levels together."""

    units: IntArray
    """Shape (n_unit,): clean units, as rows of the unit table."""
    face_owner: IntArray
    """Shape (n_face,): place in `units`."""
    is_outline: BoolArray
    """Shape (n_face,)."""
    semantic: IntArray
    """Shape (n_face,): place in ``SEMANTICS``."""
    element: IntArray
    """Shape (n_face,): row of the polygon in the element table."""
    rings_per_face: IntArray
    """Shape (n_face,)."""
    ring_sizes: IntArray
    """Shape (n_ring,)."""
    xyz: FloatArray
    """Shape (n_vertex, 3) [m]."""
    low: FloatArray
    """Shape (n_unit, 3): lowest coordinates of the best level [m]."""
    high: FloatArray
    """Shape (n_unit, 3): highest coordinates of the best level [m]."""


def place_shapes(shapes: Shapes, site: FileSite) -> Solids:
    """Transform all clean units; units that are not beyond doubt become unclean.

    Parameters
    ----------
    shapes
        Buildings of a window.
    site
        The file.
    """
    xyz, sound = _transformed(shapes, site)
    split = shapes.units[:, [gu.FACES, gu.LEVEL_FACES]].astype(np.int64).ravel()
    first_ring = np.append(shapes.faces[:, gf.FACE_RINGS].astype(np.int64), len(shapes.rings) - 1)
    starts = shapes.rings[first_ring[np.append(split, len(shapes.faces))]]
    low, high = np.empty((len(split), 3)), np.empty((len(split), 3))
    boxes(xyz, starts, low, high)
    sure = _is_sure(low, high, site)
    has = starts[1:] > starts[:-1]
    bad = ~(sure | ~has).reshape(-1, 2).all(axis=1)
    if not sound.all():
        owner = np.searchsorted(starts[::2], np.flatnonzero(~sound), side="right") - 1
        bad[np.minimum(owner, len(bad) - 1)] = True
    shapes.spoil(bad | _odd_holes(shapes, xyz, first_ring))
    return _solids(shapes, xyz, first_ring, low[1::2], high[1::2])


def _transformed(shapes: Shapes, site: FileSite) -> tuple[FloatArray, BoolArray]:
    """Vertices in the CRS of the city, and whether each lies where its CRS is used."""
    points = shapes.points
    places = np.empty((len(points), 2))
    index = np.empty(len(points), dtype=np.int32)
    places = places[: distinct_places(points, places, index)]
    sound = np.ones(len(points), dtype=np.bool_)
    if not len(points):
        return np.empty((0, 3)), sound
    code = site.crs()
    order = crs_of.axis_order(code)
    east, north = places[:, order.east], places[:, order.north]
    inside = inside_area_of_use(east, north, code)
    if not inside.all():
        east, north = np.where(inside, east, np.nan), np.where(inside, north, np.nan)
    x, y = crs_of.transform(east, north, code, site.target)
    heights = points[:, 2] * site.height_unit().metres
    xyz = np.column_stack([x[index], y[index], heights])
    good = np.isfinite(x) & np.isfinite(y) & inside
    return xyz, (sound if good.all() else good[index])


def _odd_holes(shapes: Shapes, xyz: FloatArray, first_ring: IntArray) -> BoolArray:
    """Units with a face whose holes may be none."""
    rings_per_face = np.diff(first_ring)
    bad = np.zeros(len(shapes.units), dtype=np.bool_)
    holed = np.flatnonzero(rings_per_face > 1)
    rings = ragged_take(rings_per_face, holed)
    ring_sizes = np.diff(shapes.rings)
    points = xyz[ragged_take(ring_sizes, rings)]
    known = np.isfinite(points).all()
    sound = are_sound(points, ring_sizes[rings], rings_per_face[holed]) if known else False
    bad[shapes.faces[holed[~np.broadcast_to(sound, holed.shape)], gf.FACE_UNIT]] = True
    return bad


def _is_sure(low: FloatArray, high: FloatArray, site: FileSite) -> BoolArray:
    with np.errstate(invalid="ignore"):
        size = high - low
    sure = np.hypot(size[:, 0], size[:, 1]) < _SURE_EXTENT_M
    sure &= (size[:, 2] < _SURE_HEIGHT_M) & (low[:, 2] > Z_MIN_M) & (high[:, 2] < Z_MAX_M)
    if site.envelope is not None:
        box = site.envelope
        sure &= (low >= box.low - ENVELOPE_MARGINS_M).all(axis=1)
        sure &= (high <= box.high + ENVELOPE_MARGINS_M).all(axis=1)
    return np.asarray(sure)


def _solids(
    shapes: Shapes, xyz: FloatArray, first_ring: IntArray, low: FloatArray, high: FloatArray
) -> Solids:
    """Keep the faces of clean units."""
    clean = ~shapes.spoiled & (shapes.units[:, gu.STATUS] != gu.BRACKET)
    units = np.flatnonzero(clean)
    place = np.cumsum(clean) - 1
    rings_per_face = np.diff(first_ring)
    ring_sizes = np.diff(shapes.rings)
    faces = np.flatnonzero(clean[shapes.faces[:, gf.FACE_UNIT]])
    if len(faces) < len(shapes.faces):
        rings = ragged_take(rings_per_face, faces)
        xyz = xyz[ragged_take(ring_sizes, rings)]
        ring_sizes, rings_per_face = ring_sizes[rings], rings_per_face[faces]
    table = shapes.faces[faces].astype(np.int64)
    return Solids(
        units=units,
        face_owner=place[table[:, gf.FACE_UNIT]],
        is_outline=table[:, gf.FACE_OUTLINE] == 1,
        semantic=table[:, gf.FACE_SEMANTIC],
        element=table[:, gf.FACE_ROW],
        rings_per_face=rings_per_face,
        ring_sizes=ring_sizes,
        xyz=xyz,
        low=low[units],
        high=high[units],
    )

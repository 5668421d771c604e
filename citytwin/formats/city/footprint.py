"""Footprints: plane, valid MultiPolygons from rings that may be anything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.formats.city.faces import Face, is_vertical

FloatArray = NDArray[np.float64]

MIN_AREA_M2 = 1e-4
"""Smaller pieces are no part of a footprint."""
_SNAP_M = 1e-3


def polygon(rings: Sequence[FloatArray]) -> shapely.MultiPolygon:
    """Return the area inside rings, by the even-odd rule where they cross themselves.

    Parameters
    ----------
    rings
        Shape (n, 2) or (n, 3) each, outer ring first, no closing vertex [m].
    """
    closed = [_closed(ring[:, :2]) for ring in rings]
    raw = shapely.Polygon(closed[0], [hole for hole in closed[1:] if len(hole) > 3])
    return multi(raw if raw.is_valid else shapely.make_valid(raw))


def _closed(ring: FloatArray) -> FloatArray:
    """Ring with its first vertex at its end.

    It may stand there already: ends that differ in height only, or by less than the projection
    resolves, meet in the plane.
    """
    return ring if np.array_equal(ring[0], ring[-1]) else np.concatenate([ring, ring[:1]])


def multi(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    """Keep the polygons of a geometry that have an area.

    Parameters
    ----------
    geometry
        Anything that shapely made of polygons.
    """
    parts = [
        part
        for part in shapely.get_parts(shapely.get_parts(geometry))
        if part.geom_type == "Polygon" and part.area >= MIN_AREA_M2
    ]
    return shapely.MultiPolygon(parts)


def union(areas: Sequence[shapely.MultiPolygon]) -> shapely.MultiPolygon:
    """Unite areas; edges that miss each other by less than a millimetre are joined.

    Parameters
    ----------
    areas
        Valid areas.
    """
    if len(areas) == 1:
        return areas[0]
    try:
        united = shapely.union_all(areas)
    except shapely.GEOSException:
        united = shapely.union_all(areas, grid_size=_SNAP_M)
    return multi(united if united.is_valid else shapely.make_valid(united))


def seen_from_above(faces: Sequence[Face]) -> shapely.MultiPolygon:
    """Area covered by the faces that are not walls.

    Parameters
    ----------
    faces
        Faces with heights.
    """
    return union_of_rings([face.rings for face in faces if not is_vertical(face)])


def union_of_rings(faces: Sequence[Sequence[FloatArray]]) -> shapely.MultiPolygon:
    """Area covered by the projections of some faces.

    Parameters
    ----------
    faces
        Rings of each face, outer ring first.
    """
    areas = [polygon(rings) for rings in faces]
    areas = [area for area in areas if not area.is_empty]
    return union(areas) if areas else shapely.MultiPolygon()


def of_faces(faces: Sequence[Face]) -> shapely.MultiPolygon:
    """Footprint of a building from its shell.

    The ground surfaces, else the roofs, else whatever is not a wall.

    Parameters
    ----------
    faces
        Faces of one level of detail.
    """
    for semantic in ("ground", "roof"):
        chosen = [face for face in faces if face.semantic == semantic]
        if chosen:
            area = seen_from_above(chosen)
            if not area.is_empty:
                return area
    return seen_from_above(faces)


def rings_of(area: shapely.MultiPolygon) -> list[list[FloatArray]]:
    """Rings of each polygon, outer counter-clockwise, holes clockwise, no closing vertex.

    Parameters
    ----------
    area
        A footprint.
    """
    oriented = shapely.orient_polygons(area)
    return [
        [np.asarray(ring.coords)[:-1, :2] for ring in (part.exterior, *part.interiors)]
        for part in oriented.geoms
    ]

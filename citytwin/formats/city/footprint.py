"""Footprints: plane, valid MultiPolygons from rings that may be anything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.formats.city.faces import Face, are_vertical

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
    raw = _raw_polygons([rings])[0]
    return multi(raw if shapely.is_valid(raw) else shapely.make_valid(raw))


def multi(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    """Keep the polygons of a geometry that have an area.

    Parameters
    ----------
    geometry
        Anything that shapely made of polygons.
    """
    parts = shapely.get_parts(shapely.get_parts(geometry))
    are_areas = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return shapely.MultiPolygon(list(parts[are_areas & (shapely.area(parts) >= MIN_AREA_M2)]))


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
    vertical = are_vertical(faces).tolist()
    return union_of_rings([f.rings for f, wall in zip(faces, vertical, strict=True) if not wall])


def union_of_rings(faces: Sequence[Sequence[FloatArray]]) -> shapely.MultiPolygon:
    """Area covered by the projections of some faces.

    Parameters
    ----------
    faces
        Rings of each face, outer ring first.
    """
    areas = _raw_polygons(faces)
    for row in np.flatnonzero(~shapely.is_valid(areas)):
        areas[row] = multi(shapely.make_valid(areas[row]))
    areas = areas[shapely.area(areas) >= MIN_AREA_M2]
    if not len(areas):
        return shapely.MultiPolygon()
    return multi(areas[0]) if len(areas) == 1 else union(list(areas))


def are_sound(faces: Sequence[Sequence[FloatArray]]) -> bool:
    """Whether the projections of faces are polygons as they stand, with nothing to repair.

    Parameters
    ----------
    faces
        Rings of each face, outer ring first.
    """
    return bool(shapely.is_valid(_raw_polygons(faces)).all())


def _raw_polygons(faces: Sequence[Sequence[FloatArray]]) -> NDArray[np.object_]:
    """Projections of faces as they are, valid or not, made at once since there are many."""
    rings: list[FloatArray] = []
    owners: list[int] = []
    for number, face in enumerate(faces):
        kept = [face[0], *(hole for hole in face[1:] if _has_area(hole[:, :2]))]
        rings += kept
        owners += [number] * len(kept)
    if not rings:
        return np.empty(0, dtype=object)
    sizes = [len(ring) for ring in rings]
    linear = shapely.linearrings(
        np.concatenate(rings)[:, :2], indices=np.repeat(np.arange(len(rings)), sizes)
    )
    return np.asarray(shapely.polygons(linear, indices=np.array(owners)))


def _has_area(ring: FloatArray) -> bool:
    """Whether more than a line to and fro is left; the ring may be closed in the plane already."""
    return len(ring) > 3 or not np.array_equal(ring[0], ring[-1])


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

"""Outline of the shadow of a building on a level plane at one moment: exact, as a polygon."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]
Rings = list[Float64Array]


def shadow_outline(faces: list[Rings], plane_z_m: float, sun: Float64Array) -> shapely.Geometry:
    """Return the shadow of faces, with a curtain to the plane below each of their edges.

    The part of each face above the plane is shifted along the light; between an edge and its
    image lies the shadow of the wall below it. The union of all is the shadow of the solid, what
    it stands on included.

    Parameters
    ----------
    faces
        Each a list of rings of shape (n, 3), the outer one first, not closed [m].
    plane_z_m
        Height of the plane [m].
    sun
        Unit vector toward the sun, shape (3,), its last component > 0 [1].

    Returns
    -------
    Geometry
        Polygon or MultiPolygon; empty where nothing stands above the plane.
    """
    shift = -sun[:2] / sun[2]
    pieces: list[shapely.Geometry] = []
    for rings in faces:
        above = [_above(ring, plane_z_m) for ring in rings]
        if len(above[0]) < 3:
            continue
        pieces += [wall for ring in above for wall in _walls(ring, shift)]
        images = [ring[:, :2] + ring[:, 2:] * shift for ring in above]
        holes = [image for image in images[1:] if len(image) >= 3]
        lid = shapely.Polygon(images[0], holes)
        if lid.area > 0.0:
            pieces.append(lid if lid.is_valid else shapely.make_valid(lid))
    whole = shapely.union_all(pieces)
    areas = shapely.get_parts(whole)
    return shapely.union_all(areas[shapely.get_dimensions(areas) == 2])


def _above(ring: Float64Array, plane_z_m: float) -> Float64Array:
    """Part of a ring at or above the plane, its heights counted from there.

    Clipping by a half space (Sutherland and Hodgman 1974).
    """
    height = ring[:, 2] - plane_z_m
    points = np.column_stack([ring[:, :2], height])
    if (height >= 0.0).all():
        return points
    kept = []
    for here, following in zip(points, np.roll(points, -1, axis=0), strict=True):
        if here[2] >= 0.0:
            kept.append(here)
        if (here[2] >= 0.0) != (following[2] >= 0.0):
            crossing = here + (following - here) * (here[2] / (here[2] - following[2]))
            crossing[2] = 0.0
            kept.append(crossing)
    return np.array(kept).reshape(-1, 3)


def _walls(ring: Float64Array, shift: Float64Array) -> list[shapely.Geometry]:
    """Shadows of the walls below the edges of a ring."""
    begin, end = ring, np.roll(ring, -1, axis=0)
    corners = np.stack(
        [
            begin[:, :2],
            end[:, :2],
            end[:, :2] + end[:, 2:] * shift,
            begin[:, :2] + begin[:, 2:] * shift,
        ],
        axis=1,
    )
    walls = shapely.polygons(corners)
    return list(walls[shapely.area(walls) > 0.0])

"""The faces of a building over a part of its footprint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from citytwin.formats.city import footprint
from citytwin.formats.city.faces import Face, are_vertical


def clipped(faces: Sequence[Face], area: shapely.MultiPolygon) -> list[Face]:
    """Cut faces off outside an area; their heights stay, on the plane of each face.

    Walls are kept where they lie in the area as a whole. No new walls are put along the cut:
    something else stands there.

    Parameters
    ----------
    faces
        Faces of a building.
    area
        Area to keep.
    """
    near = shapely.buffer(area, 0.01)
    shapely.prepare(near)
    result: list[Face] = []
    for face, vertical in zip(faces, are_vertical(faces).tolist(), strict=True):
        if vertical:
            if near.covers(shapely.MultiPoint(face.rings[0][:, :2])):
                result.append(face)
            continue
        common = footprint.multi(shapely.intersection(footprint.polygon(face.rings), area))
        result.extend(_lifted(face, common))
    return result


def _lifted(face: Face, area: shapely.MultiPolygon) -> list[Face]:
    """Faces over an area on the plane of a face."""
    points = np.concatenate(face.rings)
    middle = points.mean(axis=0)
    offset = points - middle
    slope, *_ = np.linalg.lstsq(offset[:, :2], offset[:, 2], rcond=None)
    turned = _points_down(face)
    pieces = footprint.rings_of(area)
    name = face.surface_id if len(pieces) == 1 else ""  # an id names one surface
    lifted = []
    for rings in pieces:
        spatial = [np.column_stack([r, middle[2] + (r - middle[:2]) @ slope]) for r in rings]
        lifted.append(Face(name, face.semantic, [r[::-1] if turned else r for r in spatial]))
    return lifted


def _points_down(face: Face) -> bool:
    x, y = face.rings[0][:, 0], face.rings[0][:, 1]
    return bool(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) < 0.0)

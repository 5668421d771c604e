"""Footprints of many buildings: simple outlines in one call, the others by the common rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.formats.city import footprint
from citytwin.formats.city.block import SEMANTICS, ragged_take
from citytwin.formats.city.buildings import covers
from citytwin.formats.city.faces import Face
from citytwin.formats.citygml.placing import Solids
from citytwin.model.ragged import offsets_of

IntArray = NDArray[np.int64]
Geometries = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Outlines:
    """Footprints of some buildings."""

    areas: Geometries
    """Shape (n,): MultiPolygons, empty where nothing has an area."""
    lost: NDArray[np.bool_]
    """Shape (n,): whether there is an outline in the file that has no area."""
    repaired: NDArray[np.bool_]
    """Shape (n,): whether the outline is one only after it was repaired."""


def footprints(solids: Solids) -> Outlines:
    """Footprint of each building, from its outline, else from its shell.

    Parameters
    ----------
    solids
        Buildings.
    """
    count = len(solids.units)
    number = np.bincount(solids.face_owner[solids.is_outline], minlength=count)
    areas = np.full(count, shapely.MultiPolygon(), dtype=object)
    repaired = np.zeros(count, dtype=np.bool_)
    simple = np.flatnonzero(solids.is_outline & (number[solids.face_owner] == 1))
    owners = solids.face_owner[simple]
    areas[owners], repaired[owners] = _areas(solids, simple)
    faces_of = _Faces(solids)
    for unit in np.flatnonzero(number > 1):
        faces = faces_of(int(unit), outline=True)
        rings = [face.rings for face in faces]
        areas[unit] = footprint.union_of_rings(rings)
        repaired[unit] = not footprint.are_sound(rings)
    missing = shapely.is_empty(areas)
    for unit in np.flatnonzero(missing):
        areas[unit] = footprint.of_faces(faces_of(int(unit), outline=False))
    return Outlines(areas, missing & (number > 0), repaired & ~missing)


def uncovered(solids: Solids, outlines: Outlines, lods: IntArray) -> NDArray[np.bool_]:
    """Buildings whose LOD3 or LOD4 may be windows or dormers only, and does not stand for them.

    Parameters
    ----------
    solids
        Buildings.
    outlines
        Their footprints.
    lods
        Shape (n,): best level of detail of each.
    """
    found = np.zeros(len(solids.units), dtype=np.bool_)
    flat = np.bincount(solids.face_owner[solids.is_outline], minlength=len(found)) > 0
    faces_of = _Faces(solids)
    for unit in np.flatnonzero(lods >= 3).tolist():
        known = flat[unit] and not outlines.lost[unit]
        outline = outlines.areas[unit] if known else shapely.MultiPolygon()
        found[unit] = not covers(faces_of(unit, outline=False), outline)
    return found


def _areas(solids: Solids, faces: IntArray) -> tuple[Geometries, NDArray[np.bool_]]:
    """Area of each face on its own, and whether it had to be repaired."""
    rings = ragged_take(solids.rings_per_face, faces)
    sizes = solids.ring_sizes[rings]
    vertices = ragged_take(solids.ring_sizes, rings)
    if not len(faces):
        return np.empty(0, dtype=object), np.empty(0, dtype=np.bool_)
    lines = shapely.linearrings(
        solids.xyz[vertices, :2], indices=np.repeat(np.arange(len(rings)), sizes)
    )
    owner = np.repeat(np.arange(len(faces)), solids.rings_per_face[faces])
    polygons = shapely.polygons(lines, indices=owner)
    valid = shapely.is_valid(polygons)
    plain = valid & (shapely.area(polygons) >= footprint.MIN_AREA_M2)
    areas: Geometries = np.empty(len(faces), dtype=object)
    chosen = np.flatnonzero(plain)
    if len(chosen):
        areas[chosen] = shapely.multipolygons(polygons[chosen], indices=np.arange(len(chosen)))
    for k in np.flatnonzero(~plain):
        polygon = polygons[k]
        sound = polygon if polygon.is_valid else shapely.make_valid(polygon)
        areas[k] = footprint.multi(sound)
    return areas, ~valid


class _Faces:
    """Faces of single buildings as objects, made when they are asked for."""

    def __init__(self, solids: Solids) -> None:
        self.solids = solids
        self.first_face = np.searchsorted(solids.face_owner, np.arange(len(solids.units) + 1))
        self.first_ring = offsets_of(solids.rings_per_face)
        self.first_vertex = offsets_of(solids.ring_sizes)

    def __call__(self, unit: int, *, outline: bool) -> list[Face]:
        solids = self.solids
        return [
            Face("", SEMANTICS[int(solids.semantic[f])], self._rings(f))
            for f in range(self.first_face[unit], self.first_face[unit + 1])
            if bool(solids.is_outline[f]) == outline
        ]

    def _rings(self, face: int) -> list[NDArray[np.float64]]:
        return [
            self.solids.xyz[self.first_vertex[r] : self.first_vertex[r + 1]]
            for r in range(self.first_ring[face], self.first_ring[face + 1])
        ]

"""Faces of CityJSON geometries: boundaries of any depth with their semantics beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.faces import CAVITY, RawFace, RingFault, Semantic, cut
from citytwin.formats.cityjson.parsing import Json

FloatArray = NDArray[np.float64]

# How many lists are around a face: surface lists 1, shells 2, solids 3.
_DEPTH = {
    "MultiSurface": 1,
    "CompositeSurface": 1,
    "Solid": 2,
    "MultiSolid": 3,
    "CompositeSolid": 3,
}
_SEMANTICS: dict[str, Semantic] = {
    "RoofSurface": "roof",
    "WallSurface": "wall",
    "GroundSurface": "ground",
    "ClosureSurface": "closure",
}
_INNER = frozenset({"InteriorWallSurface", "CeilingSurface", "FloorSurface"})


@dataclass(frozen=True, eq=False)
class Geometry:
    """One geometry of an object."""

    lod: str
    kind: str
    boundaries: Json
    semantics: Json

    @property
    def level(self) -> float:
        """Level of detail as a number."""
        return float(self.lod)

    @property
    def is_shell(self) -> bool:
        """Whether its faces are the shell of one solid, with none of them in a room."""
        kinds, _ = _semantics(self.semantics)
        return self.kind == "Solid" and _INNER.isdisjoint(kinds)


def plain_geometry(entry: Json) -> Geometry | None:
    """Geometry that has surfaces of its own; None for anything else.

    Parameters
    ----------
    entry
        As in the file.
    """
    kind = str(entry.get("type")) if isinstance(entry, dict) else ""
    if not isinstance(entry, dict) or kind not in _DEPTH:
        return None
    return Geometry(_lod(entry.get("lod")), kind, entry.get("boundaries"), entry.get("semantics"))


def _lod(value: Json) -> str:
    text = str(value) if isinstance(value, str | int | float) else ""
    number = text.replace(".", "", 1)
    return text if number.isascii() and number.isdigit() and len(text) <= 4 else "1"


def faces_of(geometry: Geometry, vertices: FloatArray, number: int) -> list[RawFace]:
    """Faces of a geometry; those with a wrong index are marked broken, with their position.

    Parameters
    ----------
    geometry
        A geometry.
    vertices
        Shape (n, 3): of the batch.
    number
        Position of the geometry in its object, for messages.
    """
    found = _all_faces(geometry, vertices, number)
    if found and _is_hollow(geometry):
        found[0].faults.append(CAVITY)
    return found


def _is_hollow(geometry: Geometry) -> bool:
    """Whether a solid of a geometry has more than its outer shell."""
    boundaries, depth = geometry.boundaries, _DEPTH[geometry.kind]
    solids = boundaries if depth == 3 and isinstance(boundaries, list) else [boundaries]
    return depth > 1 and any(isinstance(solid, list) and len(solid) > 1 for solid in solids)


def _all_faces(geometry: Geometry, vertices: FloatArray, number: int) -> list[RawFace]:
    kinds, values = _semantics(geometry.semantics)
    depth = _DEPTH[geometry.kind]
    seen = [
        (position, face, semantic)
        for position, (face, index) in enumerate(_walk(geometry.boundaries, values, depth))
        if (semantic := _semantic(kinds, index)) is not None
    ]
    rings = _all_rings([face for _, face, _ in seen], vertices)
    if rings is not None:
        return [RawFace("", semantic, own) for (*_, semantic), own in zip(seen, rings, strict=True)]
    result: list[RawFace] = []
    for position, face, semantic in seen:
        raw = _face(face, vertices, semantic)
        for row, fault in enumerate(raw.faults):
            where = f"geometry[{number}] face {position}: {fault.message}"
            raw.faults[row] = RingFault(fault.code, where, fault.fatal)
        result.append(raw)
    return result


def _semantics(value: Json) -> tuple[list[str], Json]:
    if not isinstance(value, dict):
        return [], None
    surfaces = value.get("surfaces")
    listed = surfaces if isinstance(surfaces, list) else []
    kinds = [str(s.get("type")) if isinstance(s, dict) else "" for s in listed]
    return kinds, value.get("values")


def _semantic(kinds: list[str], index: Json) -> Semantic | None:
    """Kind of a face; None for faces of rooms, which are not seen from outside."""
    if not isinstance(index, int) or not 0 <= index < len(kinds):
        return "other"
    if kinds[index] in _INNER:
        return None
    return _SEMANTICS.get(kinds[index], "other")


def _walk(boundaries: Json, values: Json, depth: int) -> Iterator[tuple[Json, Json]]:
    """Faces with the index of their semantics; of a shell list only the outer shell."""
    if not isinstance(boundaries, list):
        return
    listed = values if isinstance(values, list) else []
    for row, part in enumerate(boundaries):
        beside = listed[row] if row < len(listed) else None
        if depth == 1:
            yield part, beside
        else:
            yield from _walk(part, beside, depth - 1)
        if depth == 2:  # the other shells of a solid are cavities
            return


def _all_rings(faces: Sequence[Json], vertices: FloatArray) -> list[list[FloatArray]] | None:
    """Closed rings of faces without a fault; None where :func:`_face` would find one.

    Nearly all geometries are such, and one look at all indices is much cheaper than one at each.
    """
    own = [face for face in faces if isinstance(face, list) and face]
    rings = [ring for face in own for ring in face]
    closed = [[*ring, ring[0]] for ring in rings if isinstance(ring, list) and ring]
    # A truth value is an int, but no index.
    indices = [index for ring in closed for index in ring if type(index) is int]
    if len(own) < len(faces) or len(closed) < len(rings) or len(indices) < sum(map(len, closed)):
        return None
    if indices and not 0 <= min(indices) <= max(indices) < len(vertices):
        return None
    points = vertices[np.array(indices, dtype=np.int64)]
    if not np.isfinite(points).all():
        return None
    ordered = iter(cut(points, map(len, closed)))
    return [[next(ordered) for _ in face] for face in own]


def _face(face: Json, vertices: FloatArray, semantic: Semantic) -> RawFace:
    raw = RawFace("", semantic, [])
    rings = face if isinstance(face, list) else []
    if not rings:
        raw.faults.append(RingFault("101", "face has no ring", fatal=True))
        raw.broken = True
    for position, ring in enumerate(rings):
        fault = _index_fault(ring, len(vertices))
        if fault is not None:
            raw.faults.append(fault)
            raw.broken |= position == 0
            continue
        points = vertices[np.array(ring, dtype=np.int64)]
        if not np.isfinite(points).all():
            raw.faults.append(RingFault("nan", "vertex is NaN or infinite", fatal=True))
            raw.broken |= position == 0
            continue
        raw.rings.append(np.concatenate([points, points[:1]]))
    return raw


def _index_fault(ring: Json, count: int) -> RingFault | None:
    if not isinstance(ring, list) or not ring:
        return RingFault("101", "ring has no vertices", fatal=True)
    for index in ring:
        if not isinstance(index, int) or isinstance(index, bool):
            return RingFault("index", f"vertex index {str(index)[:40]!r} is no number", fatal=True)
        if not 0 <= index < count:
            message = f"vertex index {index} is not one of 0 to {count - 1}"
            return RingFault("index", message, fatal=True)
    return None

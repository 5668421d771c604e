"""Faces as read, placed in the city, without rings that cannot belong to their feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.faces import Face, RawFace, RingFault, are_same, cut, open_ring
from citytwin.formats.city.holes import sound_holes
from citytwin.formats.city.outliers import bad_vertices
from citytwin.formats.city.site import FileSite

FloatArray = NDArray[np.float64]


@dataclass(eq=False)
class Settled:
    """The faces of one geometry that could be kept."""

    faces: list[Face]
    faults: list[tuple[str, RingFault]]
    """Surface and fault."""
    swapped: bool
    lost: int
    """Faces dropped."""


def settle(raw_faces: Sequence[RawFace], site: FileSite) -> Settled:
    """Place faces, and drop rings with vertices that cannot belong to the feature.

    Parameters
    ----------
    raw_faces
        Faces of one feature, as read.
    site
        The file.

    Raises
    ------
    OutOfPlaceError
        If the feature lies outside the area of its CRS.
    """
    faults: list[tuple[str, RingFault]] = []
    opened = _clean(raw_faces) or [
        _opened(face, number, faults) for number, face in enumerate(raw_faces, start=1)
    ]
    keep = [(name, face, rings) for name, face, rings in opened if rings]
    lost = len(opened) - len(keep)
    if not keep:
        return Settled([], faults, swapped=False, lost=lost)
    sizes = [len(ring) for _, _, rings in keep for ring in rings]
    xyz, bad, swapped = _placed([(face, rings) for _, face, rings in keep], sizes, site)
    points, marks = cut(xyz, sizes), cut(bad, sizes) if bad.any() else None
    settled: list[Face] = []
    end = 0
    for name, face, rings in keep:
        start, end = end, end + len(rings)
        good = points[start:end]
        if marks is not None:
            good = _unspiked(name, (rings, good, marks[start:end]), faults)
        if len(good) > 1 and not any(np.isnan(ring).any() for ring in good):
            good, found = sound_holes(good)
            faults.extend((name, fault) for fault in found)
        if good:
            settled.append(Face(face.surface_id, face.semantic, good))
        else:
            lost += 1
    return Settled(settled, faults, swapped, lost)


def _clean(raw_faces: Sequence[RawFace]) -> list[tuple[str, RawFace, list[FloatArray]]] | None:
    """Faces of which :func:`_opened` would only leave out the closing vertices; else None.

    Nearly all features are such, and one look at all their rings is much cheaper than one at each.
    """
    if any(face.broken or face.faults for face in raw_faces):
        return None
    rings = [ring for face in raw_faces for ring in face.rings]
    if not rings or min(len(ring) for ring in rings) < 4:
        return None
    points = np.concatenate(rings)
    if np.isnan(points[:, :2]).any():
        return None
    ends = np.cumsum([len(ring) for ring in rings])
    starts = np.concatenate([[0], ends[:-1]])
    if not are_same(points[starts], points[ends - 1]).all():
        return None
    repeated = are_same(points[:-1], points[1:])
    repeated[ends[:-1] - 1] = False
    if repeated.any():
        return None
    return [
        (face.surface_id or f"face {number}", face, [ring[:-1] for ring in face.rings])
        for number, face in enumerate(raw_faces, start=1)
    ]


def _opened(
    face: RawFace, number: int, faults: list[tuple[str, RingFault]]
) -> tuple[str, RawFace, list[FloatArray]]:
    name = face.surface_id or f"face {number}"
    faults.extend((name, fault) for fault in face.faults)
    rings: list[FloatArray] = []
    for position, ring in enumerate([] if face.broken else face.rings):
        points, found = open_ring(ring)
        faults.extend((name, fault) for fault in found)
        if points is not None:
            rings.append(points)
        elif position == 0:
            return name, face, []
    return name, face, rings


def _placed(
    faces: Sequence[tuple[RawFace, list[FloatArray]]], sizes: Sequence[int], site: FileSite
) -> tuple[FloatArray, NDArray[np.bool_], bool]:
    """Place all rings of a feature, one call for each CRS it names (nearly always one)."""
    raw = np.concatenate([ring for _, rings in faces for ring in rings])
    names = [face.srs_name for face, rings in faces for _ in rings]
    outer = np.repeat([i == 0 for _, rings in faces for i in range(len(rings))], sizes)
    xyz = np.empty_like(raw)
    outside = np.zeros(len(raw), dtype=np.bool_)
    swapped = False
    for srs_name in dict.fromkeys(names):
        rows = np.repeat([name == srs_name for name in names], sizes)
        placed = site.place(raw[rows], srs_name)
        xyz[rows], outside[rows] = placed.xyz, ~placed.inside
        swapped |= placed.swapped
    return xyz, outside | bad_vertices(xyz, outer, site.envelope), swapped


def _unspiked(
    name: str,
    rings: tuple[list[FloatArray], list[FloatArray], list[NDArray[np.bool_]]],
    faults: list[tuple[str, RingFault]],
) -> list[FloatArray]:
    """Placed rings without bad vertices; none where the outer one has some.

    Given are the rings as read, placed, and which of their vertices are bad.
    """
    good: list[FloatArray] = []
    for position, (raw, points, bad) in enumerate(zip(*rings, strict=True)):
        if not bad.any():
            good.append(points)
            continue
        faults.append((name, _spike(raw, bad)))
        if position == 0:
            return []
    return good


def _spike(ring: FloatArray, bad: NDArray[np.bool_]) -> RingFault:
    vertex = ring[np.flatnonzero(bad)[0]]
    code = "null-vertex" if not np.nan_to_num(vertex).any() else "spike"
    text = " ".join(f"{value:.10g}" for value in vertex if not np.isnan(value))
    return RingFault(code, f"vertex ({text}) lies far off the feature", fatal=True)

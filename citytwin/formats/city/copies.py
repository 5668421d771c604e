"""Polygons that a file writes more than once."""

from __future__ import annotations

from collections.abc import Iterable

from citytwin.formats.city.faces import RawFace


def without_copies(faces: Iterable[RawFace]) -> list[RawFace]:
    """Drop polygons written again, as by files whose solid does not link to the shell.

    Parameters
    ----------
    faces
        Faces of one level of detail; of equal ones the first is kept.
    """
    kept: list[RawFace] = []
    seen: set[tuple[bytes, ...]] = set()
    for face in faces:
        if not face.broken:
            key = tuple(sorted({row.tobytes() for ring in face.rings for row in ring}))
            if key in seen:
                continue
            seen.add(key)
        kept.append(face)
    return kept

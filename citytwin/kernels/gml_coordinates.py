"""Coordinates of polygons out of the bytes: rings without their closing vertex.

Only rings that need no mending are read here: three numbers per vertex, closed, no vertex twice
in a row, at least three of them. Any other ring makes its building unclean. Polygons that a
building writes twice are left out the second time (linear rings as in GML 3.1, Cox et al., 2004).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels import gml_faces as gf
from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_units as gu
from citytwin.kernels import xml_bytes as xml
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.borrowing import borrowing, inlined
from citytwin.kernels.decimal_floats import READ, parse_decimal

_MOST_COMPARED = 1000
_FACTORS, _MASK = (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35), (1 << 40) - 1


@njit(cache=True, nogil=True)
def read_coordinates(
    document: tuple[np.ndarray, int, np.ndarray],
    units: np.ndarray,
    count: int,
    faces: np.ndarray,
    points: np.ndarray,
    rings: np.ndarray,
) -> tuple[int, int, int]:
    """Read the rings of the faces of all clean units.

    Parameters
    ----------
    document
        The bytes, shape (n,), uint8; the position tables count from; elements, shape (n_row, 8),
        int32 (integers all).
    units
        Shape (n_unit, 19), int32: status and places of faces are brought up to date (integers).
    count
        Number of units (an integer).
    faces
        Shape (n_face, 5), int32: faces that are left move to the front; their first ring is
        filled in (integers).
    points
        Shape (n_point, 3): filled with vertices in the order and the units of the file [m or
        degrees].
    rings
        Shape (n_ring + 1,), int64: filled with the first vertex of each ring (integers).

    Returns
    -------
    tuple
        Number of faces, of rings, of vertices.
    """
    most = 0
    for u in range(count):
        most = max(most, int(units[u + 1, gu.FACES]) - int(units[u, gu.FACES]))
    slots = np.empty(_slots_for(most), dtype=np.int64)
    hashes = np.empty(faces.shape[0], dtype=np.int64)
    return _read(document, units, count, faces, points, rings, (slots, hashes))


@borrowing
def _read(  # noqa: C901 - what is filled so far is rolled back in one place
    document: tuple[np.ndarray, int, np.ndarray],
    units: np.ndarray,
    count: int,
    faces: np.ndarray,
    points: np.ndarray,
    rings: np.ndarray,
    work: tuple[np.ndarray, np.ndarray],
) -> tuple[int, int, int]:
    bits = points.view(np.int64)
    filled = (0, 0, 0)
    for u in range(count):
        first, split = int(units[u, gu.FACES]), int(units[u, gu.LEVEL_FACES])
        behind = int(units[u + 1, gu.FACES])
        units[u, gu.FACES] = filled[0]
        units[u, gu.LEVEL_FACES] = filled[0]
        if gu.is_spoiled(units, u) or units[u, gu.STATUS] == gu.BRACKET:
            continue
        before, sound = filled, True
        for outline in (1, 0):
            begin, end = (first, split) if outline else (split, behind)
            units[u, gu.FACES if outline else gu.LEVEL_FACES] = filled[0]
            kept_from = filled[0]
            twice = units[u, gu.OUTLINE_PROPERTIES if outline else gu.LEVEL_PROPERTIES] > 1
            slots = work[0][: _slots_for(end - begin)]
            if twice:
                slots[:] = -1
            for f in range(begin, end):
                read = _read_face(document, int(faces[f, gf.FACE_ROW]), points, rings, filled)
                if read[0] < 0:
                    sound = False
                    break
                if twice:
                    copy = _is_copy(bits, rings, faces, (filled, read), work[1], slots)
                    if copy == 1:
                        continue
                    if copy == 2:
                        sound = False
                        break
                for k in range(gf.FACE_RINGS):
                    faces[filled[0], k] = faces[f, k]
                faces[filled[0], gf.FACE_RINGS] = filled[1]
                filled = read
            sound = sound and (filled[0] > kept_from or outline == 1)
            if not sound:
                break
        if not sound:
            gu.spoil(units, u)
            filled = before
            units[u, gu.FACES] = filled[0]
            units[u, gu.LEVEL_FACES] = filled[0]
    units[count, gu.FACES] = filled[0]
    units[count, gu.LEVEL_FACES] = filled[0]
    return filled


@inlined
def _slots_for(faces: int) -> int:
    """Places to find so many faces again: a power of two."""
    size = 64
    while size < 4 * faces:
        size *= 2
    return size


@inlined
def _read_face(
    document: tuple[np.ndarray, int, np.ndarray],
    face: int,
    points: np.ndarray,
    rings: np.ndarray,
    filled: tuple[int, int, int],
) -> tuple[int, int, int]:
    """Append the rings of a polygon; counts after it, negative where one is not sound."""
    table = document[2]
    n_rings, n_points = filled[1], filled[2]
    child = face + 1
    while child < table[face, xs.LAST]:
        role = names.ROLES[table[child, xs.NAME]]
        if role & names.RING and gu.is_child(table, child, face):
            if n_rings + 1 >= len(rings):
                return -1, -1, -1
            rings[n_rings] = n_points
            n_points = _read_ring(document, child, points, n_points)
            if n_points < 0:
                return -1, -1, -1
            n_rings += 1
            rings[n_rings] = n_points
        child = int(table[child, xs.LAST])
    if n_rings == filled[1]:
        return -1, -1, -1
    return filled[0] + 1, n_rings, n_points


@inlined
def _read_ring(  # noqa: C901 - one check after the other
    document: tuple[np.ndarray, int, np.ndarray], ring: int, points: np.ndarray, begin: int
) -> int:
    """Append the vertices of a ring; place behind them, -1 where the ring is not sound."""
    data, base, table = document
    n = begin
    for r in range(ring + 1, table[ring, xs.LAST]):
        role = names.ROLES[table[r, xs.NAME]]
        if role & names.COORDINATES:
            return -1
        if role & names.POSITIONS:
            if table[r, xs.FLAGS] & (xs.MIXED | xs.HAS_CHILD):
                return -1
            n = _read_numbers(data, base + table[r, xs.TEXT], base + table[r, xs.CLOSE], points, n)
            if n < 0:
                return -1
    if n - begin < 4:
        return -1
    for k in range(3):
        if points[begin, k] != points[n - 1, k]:
            return -1
    for i in range(begin, n - 1):
        if (
            points[i, 0] == points[i + 1, 0]
            and points[i, 1] == points[i + 1, 1]
            and points[i, 2] == points[i + 1, 2]
        ):
            return -1
    return n - 1


@inlined
def _read_numbers(data: np.ndarray, begin: int, stop: int, points: np.ndarray, filled: int) -> int:
    """Append the numbers of a text as vertices; place behind them, -1 if they are not sound."""
    p = xml.after_space(data, begin, stop)
    n = filled
    while p < stop:
        if n >= points.shape[0]:
            return -1
        for k in range(3):
            value, p, code = parse_decimal(data, p, stop)
            if code != READ or (p < stop and not xml.is_space(data[p])):
                return -1
            points[n, k] = value
            p = xml.after_space(data, p, stop)
        n += 1
    return n


@inlined
def _is_copy(
    bits: np.ndarray,
    rings: np.ndarray,
    faces: np.ndarray,
    counts: tuple[tuple[int, int, int], tuple[int, int, int]],
    hashes: np.ndarray,
    slots: np.ndarray,
) -> int:
    """Whether the last face has the vertices of an earlier one of its level: 0 no, 1 yes, 2 ask."""
    filled, read = counts
    begin, end = filled[2], read[2]
    code = _hash_of_set(bits[begin:end])
    last = len(slots) - 1
    slot = code & last
    while slots[slot] >= 0:
        other = slots[slot]
        if hashes[other] == code:
            a = rings[faces[other, gf.FACE_RINGS]]
            b = rings[faces[other + 1, gf.FACE_RINGS]] if other + 1 < filled[0] else begin
            if max(b - a, end - begin) > _MOST_COMPARED:
                return 2
            if _within(bits[a:b], bits[begin:end]) and _within(bits[begin:end], bits[a:b]):
                return 1
        slot = (slot + 1) & last
    slots[slot] = filled[0]
    hashes[filled[0]] = code
    return 0


@inlined
def _hash_of_set(rows: np.ndarray) -> int:
    """Hash that neither order nor repetition of rows changes: of the lowest and the highest one."""
    low, high = _MASK, 0
    for i in range(len(rows)):
        x, y, z = int(rows[i, 0]), int(rows[i, 1]), int(rows[i, 2])
        # Of short decimal numbers the lower bits are all zero.
        code = (x ^ (x >> 32)) * _FACTORS[0] + (y ^ (y >> 32)) * _FACTORS[1]
        code = (code + (z ^ (z >> 32)) * _FACTORS[2]) & _MASK
        low, high = min(low, code), max(high, code)
    total = (low * _FACTORS[0] + high) & _MASK
    return total ^ (total >> 17)


@inlined
def _within(some: np.ndarray, others: np.ndarray) -> bool:
    for i in range(len(some)):
        found = False
        for j in range(len(others)):
            if (
                some[i, 0] == others[j, 0]
                and some[i, 1] == others[j, 1]
                and some[i, 2] == others[j, 2]
            ):
                found = True
                break
        if not found:
            return False
    return True

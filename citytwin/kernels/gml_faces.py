"""Polygons of the outline and of the best level of each building, in the order of the document.

Every polygon once, whether it is met in a boundary surface or by a link from the solid. Whatever
needs more than that (surfaces turned round, links out of the building, circles of links) marks
the building as unclean (geometry model of GML 3.1, Cox et al., 2004).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_units as gu
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.borrowing import borrowing, inlined
from citytwin.kernels.gml_links import target_of

_MAX_LINKS = 24
_MINUS = 45
_BACK, _END, _TARGET = range(3)
"""Of each link followed: where to go on behind it, where the elements around it end, its target."""

FACE_ROW, FACE_UNIT, FACE_OUTLINE, FACE_SEMANTIC, FACE_RINGS = range(5)
FACE_COLUMNS = 5
"""Columns of the face table, see :func:`find_faces`."""


@njit(cache=True, nogil=True)
def find_faces(
    document: tuple[np.ndarray, int, np.ndarray, np.ndarray, np.ndarray],
    units: np.ndarray,
    count: int,
    faces: np.ndarray,
) -> tuple[int, bool]:
    """List the polygons of all clean units.

    Columns of `faces`: row of the polygon, unit, whether it is of the outline, semantic.

    Parameters
    ----------
    document
        The bytes, shape (n,), uint8; the position tables count from; elements, shape (n_row, 8),
        int32; attributes, shape (n_mark, 4), int32; slots of link targets (integers all).
    units
        Shape (n_unit + 1, 19), int32: numbers of faces and properties are filled in (integers).
    count
        Number of units (an integer).
    faces
        Shape (n_face, 5), int32: filled; where it is too small, units become unclean (integers).

    Returns
    -------
    tuple
        Number of faces; whether a link leads from one feature into another.
    """
    rows = document[2].shape[0]
    seen = np.zeros(rows, dtype=np.int32)
    followed = np.zeros(rows, dtype=np.int32)
    listed = np.empty(rows, dtype=np.int32)
    way = np.empty((_MAX_LINKS, 3), dtype=np.int64)
    return _find(document, units, count, (seen, followed, way), listed, faces)


@borrowing
def _find(
    document: tuple[np.ndarray, int, np.ndarray, np.ndarray, np.ndarray],
    units: np.ndarray,
    count: int,
    memory: tuple[np.ndarray, np.ndarray, np.ndarray],
    listed: np.ndarray,
    faces: np.ndarray,
) -> tuple[int, bool]:
    table = document[2]
    filled, walk, crossing = 0, 0, False
    within = (0, 0)
    for u in range(count):
        if units[u, gu.OWNER] < 0:
            row = int(units[u, gu.ROW])
            within = (row, int(table[row, xs.LAST]))
        units[u, gu.FACES] = filled
        units[u, gu.LEVEL_FACES] = filled
        if gu.is_spoiled(units, u) or units[u, gu.STATUS] == gu.BRACKET:
            continue
        begin, sound = filled, True
        for outline in (1, 0):
            walk += 1
            units[u, gu.FACES if outline else gu.LEVEL_FACES] = filled
            before = filled
            number = _properties(table, units, u, outline, listed)
            units[u, gu.OUTLINE_PROPERTIES if outline else gu.LEVEL_PROPERTIES] = number
            for k in range(number):
                state = (walk, u, outline)
                filled, sound, out = _gather(
                    document, int(listed[k]), within, memory, state, faces, filled
                )
                crossing = crossing or out
                if not sound:
                    break
            sound = sound and (filled > before or number == 0)
            if not sound:
                break
        if not sound:
            gu.spoil(units, u)
            filled = begin
            units[u, gu.FACES] = filled
            units[u, gu.LEVEL_FACES] = filled
    units[count, gu.FACES] = filled
    return filled, crossing


@borrowing
def _properties(
    table: np.ndarray, units: np.ndarray, u: int, outline: int, listed: np.ndarray
) -> int:
    """List the geometry properties of the outline, or of the best level.

    Boundaries first, then those of the building itself, then those of installations outside.
    """
    row = units[u, gu.ROW]
    number = 0
    for own in (0, 1):
        child = row + 1
        while child < table[row, xs.LAST]:
            name = table[child, xs.NAME]
            if outline:
                if own and units[u, gu.OUTLINE_ROW] >= 0:
                    same = name == table[units[u, gu.OUTLINE_ROW], xs.NAME]
                    if same and gu.is_child(table, child, row):
                        listed[number] = child
                        number += 1
            elif own:
                if names.LEVELS[name] == units[u, gu.LOD] and gu.is_child(table, child, row):
                    listed[number] = child
                    number += 1
            elif names.ROLES[name] & names.BOUNDARY and gu.is_child(table, child, row):
                number = _of_boundary(table, child, int(units[u, gu.LOD]), listed, number)
            child = table[child, xs.LAST]
    return number if outline else _installed(table, row, int(units[u, gu.LOD]), listed, number)


@inlined
def _of_boundary(table: np.ndarray, holder: int, lod: int, listed: np.ndarray, count: int) -> int:
    """List the properties of one level of the surfaces in a boundary, and of their openings."""
    number = count
    for r in range(holder + 1, table[holder, xs.LAST]):
        if names.LEVELS[table[r, xs.NAME]] != lod:
            continue
        if gu.surface_of_level(table, r, holder) >= 0:
            listed[number] = r
            number += 1
    return number


@inlined
def _installed(table: np.ndarray, row: int, lod: int, listed: np.ndarray, count: int) -> int:
    """List the properties of one level of the installations outside."""
    number = count
    holder = row + 1
    while holder < table[row, xs.LAST]:
        outside = names.ROLES[table[holder, xs.NAME]] & names.OUTSIDE
        installation = holder + 1 if outside else int(table[holder, xs.LAST])
        while installation < table[holder, xs.LAST] and gu.is_child(table, holder, row):
            child = installation + 1
            while child < table[installation, xs.LAST]:
                if gu.is_child(table, child, installation):
                    if names.LEVELS[table[child, xs.NAME]] == lod:
                        listed[number] = child
                        number += 1
                    elif names.ROLES[table[child, xs.NAME]] & names.BOUNDARY:
                        number = _of_boundary(table, child, lod, listed, number)
                child = table[child, xs.LAST]
            installation = table[installation, xs.LAST]
        holder = table[holder, xs.LAST]
    return number


@inlined
def _gather(  # noqa: C901 - one step through the tree for each kind of element
    document: tuple[np.ndarray, int, np.ndarray, np.ndarray, np.ndarray],
    geometry: int,
    within: tuple[int, int],
    memory: tuple[np.ndarray, np.ndarray, np.ndarray],
    state: tuple[int, int, int],
    faces: np.ndarray,
    filled: int,
) -> tuple[int, bool, bool]:
    """Faces of one property; how many there are, whether it is sound, whether a link leads out."""
    data, base, table, marks, slots = document
    seen, followed, way = memory
    walk, u, outline = state
    depth = 0
    # The property itself is looked at first: it may be a link.
    r, end = geometry, geometry + 1
    while True:
        if r >= end:
            if depth == 0:
                return filled, True, False
            depth -= 1
            r, end = int(way[depth, _BACK]), int(way[depth, _END])
            continue
        role = names.ROLES[table[r, xs.NAME]]
        flags = table[r, xs.FLAGS]
        here = r
        r = int(table[r, xs.LAST])
        if here != geometry and not flags & xs.DIRECT:
            continue
        if flags & xs.COMPLEX:
            return filled, False, False
        if role & names.FACE:
            if seen[here] != walk:
                seen[here] = walk
                if filled >= faces.shape[0]:
                    return filled, False, False
                faces[filled, FACE_ROW] = here
                faces[filled, FACE_UNIT] = u
                faces[filled, FACE_OUTLINE] = outline
                faces[filled, FACE_SEMANTIC] = _semantic(table, here)
                filled += 1
            continue
        link = mark_of(marks, table, here, names.HREF)
        if link >= 0:
            target, anywhere = target_of(data, base, link, within, marks, slots)
            if target < 0:
                return filled, False, anywhere
            if target < here < table[target, xs.LAST]:
                return filled, False, False
            for k in range(depth):
                if way[k, _TARGET] == target:
                    return filled, False, False
            if followed[target] == walk:
                continue
            followed[target] = walk
            if depth == _MAX_LINKS:
                return filled, False, False
            way[depth, _BACK], way[depth, _END], way[depth, _TARGET] = r, end, target
            depth += 1
            # The target is looked at in its turn, whatever it is a child of.
            r, end = target, int(table[target, xs.LAST])
            if not table[target, xs.FLAGS] & xs.DIRECT:
                return filled, False, False
            continue
        if role & names.ORIENTABLE:
            turned = mark_of(marks, table, here, names.ORIENTATION)
            if turned >= 0 and data[base + marks[turned, xs.MARK_START]] == _MINUS:
                return filled, False, False
        if here == geometry:
            end = r
            r = here + 1
        elif role & names.HOLDER:
            r = here + 1


@inlined
def mark_of(marks: np.ndarray, table: np.ndarray, row: int, kind: int) -> int:
    """Row of the attribute table that has an attribute of an element; -1 if it has none.

    Parameters
    ----------
    marks
        Shape (n_mark, 4), int32: attributes (integers).
    table
        Shape (n_row, 8), int32: elements (integers).
    row, kind
        Row of the element and number of the attribute (integers).
    """
    m = int(table[row, xs.MARK])
    while m < marks.shape[0] and marks[m, xs.MARK_ROW] == row:
        if marks[m, xs.MARK_KIND] == kind:
            return m
        m += 1
    return -1


@inlined
def _semantic(table: np.ndarray, row: int) -> int:
    """Kind of the nearest thematic surface around a polygon, within its building."""
    r = table[row, xs.PARENT]
    while r >= 0:
        role = names.ROLES[table[r, xs.NAME]]
        if role & names.OUTER:
            return int(names.SEMANTIC[table[r, xs.NAME]])
        if role & names.UNIT:
            return 0
        r = table[r, xs.PARENT]
    return 0

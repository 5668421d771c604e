"""Buildings and their parts in an element table: where their attributes and levels of detail are.

The rules are those of the element-wise reader: attributes are the first children of their names,
boundary surfaces come before the solid, the best of LOD3, 4, 2 and 1 counts. Whatever is built
otherwise than these rules foresee marks the whole feature as unclean; it is then read by that
reader (names of CityGML 2.0, Kolbe et al., 2012).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from citytwin.kernels import gml_names as names
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.borrowing import borrowing, inlined

ROW, FEATURE, OWNER, STATUS, LOD, AT_ROOF, OUTLINE_ROW = 0, 1, 2, 3, 4, 5, 6
HEIGHT_ROW, USAGE_ROW, FUNCTION_ROW, STOREYS_ROW, PIECE_ROW, FACES, LEVEL_FACES = (
    7, 8, 9, 10, 11, 14, 15,
)  # fmt: skip
OUTLINE_PROPERTIES, LEVEL_PROPERTIES, LEVELS = 16, 17, 18
UNIT_COLUMNS = 19
"""Columns of the unit table, see :func:`find_units`."""

CLEAN, UNCLEAN, BRACKET = 0, 1, 2
"""Status: read here; to be read element by element; without geometry, holds parts only."""


class Tally(NamedTuple):
    """How many elements of some kinds a table holds.

    Parameters
    ----------
    units, faces, rings, models
        Numbers of elements with these roles.
    letters
        Bytes of all coordinates.
    """

    units: int
    faces: int
    rings: int
    models: int
    letters: int


@borrowing
def tally(table: np.ndarray) -> Tally:
    """Count what room has to be made for.

    Parameters
    ----------
    table
        Shape (n_row, 8), int32: elements (integers).
    """
    units, faces, rings, models, letters = 0, 0, 0, 0, 0
    for r in range(len(table)):
        role = names.ROLES[table[r, xs.NAME]]
        units += (role & names.UNIT) != 0
        faces += (role & names.FACE) != 0
        rings += (role & names.RING) != 0
        models += (role & names.MODEL) != 0
        if role & names.POSITIONS:
            letters += int(table[r, xs.CLOSE]) - int(table[r, xs.TEXT])
    return Tally(units, faces, rings, models, letters)


@borrowing
def find_units(table: np.ndarray, rows: int, units: np.ndarray) -> tuple[int, bool]:
    """List buildings and parts, each building before its parts.

    Columns of `units`: row in the element table; number of the outermost building; its place in
    `units` for a part, else -1; status; best level of detail; whether the outline is at the roof;
    first outline property (-1 for none); rows of height, usage, function and storeys, of the
    three pieces of the stable key (-1 where absent); room for the faces found later; bits of all
    levels of detail.

    Parameters
    ----------
    table
        Shape (n_row, 8), int32: elements (integers).
    rows
        Rows of it that are filled (an integer).
    units
        Shape (n_unit, 19), int32: filled (integers).

    Returns
    -------
    tuple
        Number of units, -1 where `units` is too small; false where a unit is no CityGML.
    """
    count, features, r = 0, 0, 0
    while r < rows:
        name = table[r, xs.NAME]
        if not names.ROLES[name] & names.UNIT:
            r += 1
            continue
        if not table[r, xs.FLAGS] & xs.CITYGML:
            return count, False
        whole = count
        end = table[r, xs.LAST]
        while r < end:
            role = names.ROLES[table[r, xs.NAME]]
            if role & names.TEMPLATE:
                units[whole, STATUS] = UNCLEAN
            if role & names.UNIT:
                if count >= units.shape[0]:
                    return -1, True
                if not table[r, xs.FLAGS] & xs.CITYGML:
                    return count, False
                units[count, :] = -1
                units[count, ROW] = r
                units[count, FEATURE] = features
                units[count, OWNER] = -1 if count == whole else whole
                units[count, STATUS] = CLEAN
                if count > whole and not _is_part(table, r):
                    units[whole, STATUS] = UNCLEAN
                count += 1
            r += 1
        features += 1
    return count, True


@inlined
def _is_part(table: np.ndarray, row: int) -> bool:
    """Whether a unit is a part inside a property of a unit, as it should be."""
    holder = table[row, xs.PARENT]
    if table[row, xs.NAME] != names.BUILDING_PART or not table[row, xs.FLAGS] & xs.DIRECT:
        return False
    if not names.ROLES[table[holder, xs.NAME]] & names.PART_HOLDER:
        return False
    owner = table[holder, xs.PARENT]
    direct = table[holder, xs.FLAGS] & xs.DIRECT
    if owner < 0 or not direct:
        return False
    return bool(names.ROLES[table[owner, xs.NAME]] & names.UNIT)


@borrowing
def describe_units(table: np.ndarray, units: np.ndarray, count: int) -> None:
    """Find attributes, outline and best level of detail of every unit.

    Parameters
    ----------
    table
        Shape (n_row, 8), int32: elements (integers).
    units
        Shape (n_unit, 19), int32: from :func:`find_units`, filled further (integers).
    count
        Number of units (an integer).
    """
    for u in range(count):
        _find_pieces(table, units, u)
        if not _describe(table, units, u):
            spoil(units, u)
    for u in range(count):
        whole = units[u, OWNER]
        if whole >= 0 and units[whole, STATUS] == CLEAN:
            # A building that has parts and a shape of its own takes a comparison of areas.
            bare = units[whole, LOD] < 0 and units[whole, OUTLINE_ROW] < 0
            units[whole, STATUS] = BRACKET if bare else UNCLEAN
    for u in range(count):
        if units[u, STATUS] == CLEAN and units[u, LOD] < 0:
            spoil(units, u)


@borrowing
def spoil(units: np.ndarray, u: int) -> None:
    """Give a feature to the element-wise reader.

    Parameters
    ----------
    units
        Shape (n_unit, 19), int32: units (integers).
    u
        One of its units (an integer).
    """
    units[u if units[u, OWNER] < 0 else units[u, OWNER], STATUS] = UNCLEAN


@inlined
def is_spoiled(units: np.ndarray, u: int) -> bool:
    """Whether the feature of a unit is read by the element-wise reader.

    Parameters
    ----------
    units
        Shape (n_unit, 19), int32: units (integers).
    u
        One of its units (an integer).
    """
    return bool(units[u if units[u, OWNER] < 0 else units[u, OWNER], STATUS] == UNCLEAN)


@borrowing
def _describe(table: np.ndarray, units: np.ndarray, u: int) -> bool:
    row = units[u, ROW]
    rank, levels = 9, 0
    child = row + 1
    while child < table[row, xs.LAST]:
        name = table[child, xs.NAME]
        role = names.ROLES[name]
        direct = table[child, xs.FLAGS] & xs.DIRECT
        if role & names.LEVEL and direct:
            lod = names.LEVELS[name]
            levels |= 1 << lod
            if names.OUTLINE_RANK[name] < rank:
                rank = names.OUTLINE_RANK[name]
                units[u, OUTLINE_ROW] = child
                units[u, AT_ROOF] = rank == 3
        elif role & names.BOUNDARY and direct:
            found, of_boundary = _boundary_levels(table, child)
            if not found:
                return False
            levels |= of_boundary
        elif role & names.OUTSIDE and direct:
            if not _installations_are_foreseen(table, child):
                return False
        elif direct:
            _note_attribute(table, units, u, child)
        child = table[child, xs.LAST]
    units[u, LOD] = _best(levels)
    # LOD0 counts where it is an outline.
    units[u, LEVELS] = (levels & ~1) | (1 if units[u, OUTLINE_ROW] >= 0 else 0)
    return units[u, OUTLINE_ROW] >= 0 or not _has_plane_boundary(table, row)


@borrowing
def _best(levels: int) -> int:
    """Preferred of some levels, given as bits: 3, 4, 2, 1; -1 for none, LOD0 is none."""
    for lod in (3, 4, 2, 1):
        if levels >> lod & 1:
            return lod
    return -1


@borrowing
def _note_attribute(  # noqa: C901 - one branch for each name
    table: np.ndarray, units: np.ndarray, u: int, child: int
) -> None:
    name = table[child, xs.NAME]
    column = -1
    if name == names.MEASURED_HEIGHT:
        # Counts before a height of CityGML 3.0, whichever comes first.
        if units[u, HEIGHT_ROW] < 0 or _is_value(table, units[u, HEIGHT_ROW]):
            units[u, HEIGHT_ROW] = child
    elif name == names.HEIGHT:
        if units[u, HEIGHT_ROW] < 0 and units[u, LEVEL_FACES] < 0:
            units[u, LEVEL_FACES] = child  # the first height is the one that is looked into
            for r in range(child + 1, table[child, xs.LAST]):
                if table[r, xs.NAME] == names.VALUE:
                    units[u, HEIGHT_ROW] = r
                    break
    elif name == names.USAGE:
        column = USAGE_ROW
    elif name == names.FUNCTION:
        column = FUNCTION_ROW
    elif name == names.STOREYS:
        column = STOREYS_ROW
    if column >= 0 and units[u, column] < 0:
        units[u, column] = child


@inlined
def _is_value(table: np.ndarray, row: int) -> bool:
    return bool(table[row, xs.NAME] == names.VALUE)


@borrowing
def _boundary_levels(table: np.ndarray, holder: int) -> tuple[bool, int]:
    """Bits of the levels of the surfaces in a boundary; false where its build is not foreseen.

    Every level of detail in it must be that of a surface or of an opening in one.
    """
    levels = 0
    for r in range(holder + 1, table[holder, xs.LAST]):
        name = table[r, xs.NAME]
        if not names.ROLES[name] & names.LEVEL:
            continue
        surface = surface_of_level(table, r, holder)
        if surface == -1:
            return False, levels
        if surface >= 0:
            levels |= 1 << names.LEVELS[name]
    return True, levels


@inlined
def surface_of_level(table: np.ndarray, level: int, holder: int) -> int:
    """Boundary surface that a geometry property counts for.

    Parameters
    ----------
    table
        Shape (n_row, 8), int32: elements (integers).
    level, holder
        Rows of the property and of the boundary around it (integers).

    Returns
    -------
    int
        Row of the surface; -1 where the build is not foreseen, -2 where it does not count.
    """
    surface = table[level, xs.PARENT]
    if not table[level, xs.FLAGS] & xs.DIRECT or not table[surface, xs.FLAGS] & xs.DIRECT:
        return -1
    role = names.ROLES[table[surface, xs.NAME]]
    if table[surface, xs.PARENT] == holder:
        if role & names.INNER:
            return -2
        return surface if role & names.OUTER else -1
    opening = table[surface, xs.PARENT]
    if opening < 0 or not role & names.OUTER or not table[opening, xs.FLAGS] & xs.DIRECT:
        return -1
    wall = table[opening, xs.PARENT]
    if not names.ROLES[table[opening, xs.NAME]] & names.OPENING or wall < 0:
        return -1
    role = names.ROLES[table[wall, xs.NAME]]
    if table[wall, xs.PARENT] != holder or not table[wall, xs.FLAGS] & xs.DIRECT:
        return -1
    if role & names.INNER:
        return -2
    return wall if role & names.OUTER else -1


@borrowing
def _installations_are_foreseen(table: np.ndarray, holder: int) -> bool:
    """Whether the geometry of installations outside is built so that it can be read here.

    A solid of an installation would be taken for one of the building where shells are counted.
    """
    installation = holder + 1
    while installation < table[holder, xs.LAST]:
        if not table[installation, xs.FLAGS] & xs.DIRECT:
            return False
        child = installation + 1
        while child < table[installation, xs.LAST]:
            role = names.ROLES[table[child, xs.NAME]]
            direct = table[child, xs.FLAGS] & xs.DIRECT
            if role & names.LEVEL and direct and names.IS_SOLID[table[child, xs.NAME]]:
                return False
            if role & names.BOUNDARY and direct and not _boundary_levels(table, child)[0]:
                return False
            child = table[child, xs.LAST]
        installation = table[installation, xs.LAST]
    return True


@borrowing
def _has_plane_boundary(table: np.ndarray, row: int) -> bool:
    """Whether a building without outline has a LOD0 ground or roof surface to take it from."""
    r = row + 1
    while r < table[row, xs.LAST]:
        if table[r, xs.NAME] == names.LOD0_MULTI_SURFACE:
            return True
        part = names.ROLES[table[r, xs.NAME]] & names.PART_HOLDER
        r = table[r, xs.LAST] if part else r + 1
    return False


@inlined
def is_child(table: np.ndarray, row: int, parent: int) -> bool:
    """Whether an element is a child of another one, with nothing between them.

    Parameters
    ----------
    table
        Shape (n_row, 8), int32: elements (integers).
    row, parent
        Rows (integers).
    """
    return bool(table[row, xs.PARENT] == parent and table[row, xs.FLAGS] & xs.DIRECT)


@borrowing
def _find_pieces(table: np.ndarray, units: np.ndarray, u: int) -> None:
    """First buildingID, branchID and partID of i-UR, not those of parts."""
    row = units[u, ROW]
    end = table[row, xs.LAST]
    r = row + 1
    while r < end:
        role = names.ROLES[table[r, xs.NAME]]
        if role & names.PART_HOLDER and is_child(table, r, row):
            r = table[r, xs.LAST]
            continue
        if role & names.PIECE and table[r, xs.FLAGS] & xs.IUR:
            column = PIECE_ROW + table[r, xs.NAME] - names.BUILDING_ID
            if units[u, column] < 0:
                units[u, column] = r
        r += 1

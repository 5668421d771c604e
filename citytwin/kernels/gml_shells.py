"""Which buildings have a solid, and how many polygons it names.

Where these are all the polygons of a level of detail, the level is the shell of that solid
(geometry model of GML 3.1, Cox et al., 2004).
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_units as gu
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.borrowing import borrowing
from citytwin.kernels.gml_faces import mark_of

_SOLID, _COMPOSITE, _MULTI = map(names.NAMES.index, ("Solid", "CompositeSolid", "MultiSolid"))


@borrowing
def shell_members(
    table: np.ndarray, marks: np.ndarray, units: np.ndarray, members: np.ndarray
) -> None:
    """Count the polygons and links in the solid of each building's best level of detail.

    Parameters
    ----------
    table
        Shape (n_row, 8), int32: elements (integers).
    marks
        Shape (n_mark, 4), int32: attributes (integers).
    units
        Shape (n_unit, 19), int32: buildings and parts (integers).
    members
        Shape (n_unit,), int64: filled; 0 where there is no solid, or several (integers).
    """
    for u in range(len(units)):
        members[u] = 0
        row, properties = units[u, gu.ROW], 0
        child = row + 1
        while child < table[row, xs.LAST]:
            name = table[child, xs.NAME]
            own = names.IS_SOLID[name] and gu.is_child(table, child, row)
            if own and names.LEVELS[name] == units[u, gu.LOD]:
                properties += 1
                members[u] = _members(table, marks, child)
            child = table[child, xs.LAST]
        if properties != 1:
            members[u] = 0


@borrowing
def _members(table: np.ndarray, marks: np.ndarray, geometry: int) -> int:
    solids, members = 0, 0
    for r in range(geometry + 1, table[geometry, xs.LAST]):
        name = table[r, xs.NAME]
        if name == _SOLID:
            solids += 1
        elif name in (_COMPOSITE, _MULTI):
            solids += 2
        role = names.ROLES[name]
        linked = role & names.HOLDER and mark_of(marks, table, r, names.HREF) >= 0
        members += bool(role & names.FACE or linked)
    return members if solids == 1 else 0

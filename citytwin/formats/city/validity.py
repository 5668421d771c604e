"""Checks the geometry of buildings: which surface or solid breaks which rule, and where.

Codes, definitions and tolerances are those of val3dity 2.6 (Ledoux 2018). Not looked for: cavities
and their shells (401 to 404: cavities are left out, which is told), solids of a composite against each
other (501 to 503), the input as a whole (901 and 902 are what readers tell as file-refused and
no-geometry), folds (204) in polygons with holes, and shells
that touch themselves without crossing by a centimetre (306). Shells are checked where a level of detail is one solid, and
only when all its polygons are sound, as their faults would show a second time; parts of a building
are compared (601) where they are sound solids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.formats.city.block import Block, ragged_take
from citytwin.formats.city.part_overlaps import overlapping_parts
from citytwin.kernels import shell_validity as sv
from citytwin.kernels.polygon_validity import SOUND, check_polygons
from citytwin.kernels.shell_crossings import count_pierced
from citytwin.kernels.snapping import snap_vertices
from citytwin.model.ragged import offsets_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SNAP_M, FLAT_M, FOLD_DEG = 0.001, 0.01, 20.0
"""Tolerances of val3dity: vertices that are the same, distance from the plane, angle of folds."""
FEWEST_FACES = 4
INSIDE_OUT = 405
_MADE_BY_US = ("rebuilt", "clipped")
_REASONS = (
    ("Interior is disconnected", 205),
    ("Hole lies outside shell", 206),
    ("Holes are nested", 207),
    ("Nested holes", 207),
)


@dataclass(frozen=True, eq=False)
class Findings:
    """What is wrong with some buildings: one entry for each building and code."""

    building: IntArray
    """Shape (n,): row of the block."""
    code: IntArray
    """Shape (n,): code of val3dity, -1 where the check was given up."""
    value: FloatArray
    """Shape (n,): worst value met: metres, degrees, or a number of edges, faces or pieces."""
    count: IntArray
    """Shape (n,): surfaces concerned; 1 for faults of a whole shell."""
    surface: IntArray
    """Shape (n,): the worst of them, as a face of the block; -1 for faults of a whole shell."""
    place: FloatArray
    """Shape (n, 3): vertex concerned [m]."""

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True, eq=False)
class _Layout:
    """Offsets of the rings, faces and buildings of a block."""

    rings: IntArray
    faces: IntArray
    buildings: IntArray
    same_as: IntArray

    @classmethod
    def of(cls, block: Block) -> _Layout:
        shells = block.shells
        rings, faces = offsets_of(shells.ring_sizes), offsets_of(shells.rings_per_face)
        buildings = offsets_of(shells.per_building)
        same_as = np.empty(len(shells.xyz), dtype=np.int64)
        snap_vertices(shells.xyz, rings[faces[buildings]], SNAP_M, same_as)
        return cls(rings, faces, buildings, same_as)


def check_block(block: Block) -> Findings:
    """Check the geometry that was read, and not what was made in its stead.

    Parameters
    ----------
    block
        Buildings.
    """
    layout = _Layout.of(block)
    code, value, at = _checked_faces(block.shells.xyz, layout)
    as_read = _as_read(block)
    owner = np.repeat(np.arange(len(block)), block.shells.per_building)
    bad = np.flatnonzero((code != SOUND) & as_read[owner])
    found = _worst(owner[bad], code[bad], value[bad], bad, block.shells.xyz[at[bad]])
    unsound = np.bincount(owner[bad], minlength=len(block)) > 0
    wanted = block.is_shell & as_read & ~unsound & (block.shells.per_building > 0)
    shells = _checked_shells(block, layout, wanted)
    wanted[shells.building] = False
    return _joined(found, shells, _overlaps(block, layout, wanted))


def _as_read(block: Block) -> NDArray[np.bool_]:
    texts = block.defects.tolist()
    by_us = {text for text in set(texts) if any(word in text for word in _MADE_BY_US)}
    made = [text in by_us for text in texts]
    return np.asarray((block.lod != "0") & ~np.array(made, dtype=np.bool_))


def _checked_faces(xyz: FloatArray, layout: _Layout) -> tuple[IntArray, FloatArray, IntArray]:
    """First error of each face, value met, vertex concerned."""
    number = len(layout.faces) - 1
    code = np.zeros(number, dtype=np.int64)
    value, at = np.full(number, np.nan), np.zeros(number, dtype=np.int64)
    plane = np.empty((len(xyz), 2))
    limits = (SNAP_M, FLAT_M, FOLD_DEG)
    check_polygons(
        xyz, layout.same_as, layout.rings, layout.faces, limits, (code, value, at), plane
    )
    holed = np.flatnonzero((np.diff(layout.faces) > 1) & (code == SOUND))
    if len(holed):
        code[holed] = _compared_rings(plane, layout, holed)
    return code, value, at


def _compared_rings(plane: FloatArray, layout: _Layout, faces: IntArray) -> IntArray:
    """Errors between the rings of faces with holes, in the words of GEOS."""
    per_face, sizes = np.diff(layout.faces), np.diff(layout.rings)
    rings = ragged_take(per_face, faces)
    vertices = ragged_take(sizes, rings)
    lines = shapely.linearrings(
        plane[vertices], indices=np.repeat(np.arange(len(rings)), sizes[rings])
    )
    owner = np.repeat(np.arange(len(faces)), per_face[faces])
    polygons = shapely.polygons(lines, indices=owner)
    code = np.zeros(len(faces), dtype=np.int64)
    for f in np.flatnonzero(~shapely.is_valid(polygons)):
        code[f] = _code_of(polygons[f])
    return code


def _code_of(polygon: shapely.Polygon) -> int:
    rings = shapely.normalize(shapely.polygons(shapely.get_rings(polygon)))
    if len(np.unique(shapely.to_wkb(rings))) < len(rings):
        return 202
    reason = shapely.is_valid_reason(polygon)
    return next((code for words, code in _REASONS if reason.startswith(words)), 201)


def _checked_shells(block: Block, layout: _Layout, wanted: NDArray[np.bool_]) -> Findings:
    counts = np.zeros((len(block), sv.COUNTS), dtype=np.int64)
    at = np.zeros(len(block), dtype=np.int64)
    few = wanted & (block.shells.per_building < FEWEST_FACES)
    whole = wanted & ~few
    sv.check_shells(
        block.shells.xyz, layout.same_as, layout.rings, layout.faces, layout.buildings,
        whole, counts, at,
    )  # fmt: skip
    manifold = whole & (counts[:, sv.CROWDED_EDGES] + counts[:, sv.PINCHED_VERTICES] == 0)
    agreeing = manifold & (counts[:, sv.TURNED] == 0)
    single = agreeing & (counts[:, sv.PIECES] == 1)
    closed = single & (counts[:, sv.OPEN_EDGES] == 0)
    pierced = np.zeros(len(block), dtype=np.int64)
    count_pierced(
        block.shells.xyz, layout.rings, layout.faces, layout.buildings, closed, FLAT_M, pierced, at
    )
    cases = (
        (301, few, block.shells.per_building),
        (303, whole & ~manifold, counts[:, sv.CROWDED_EDGES] + counts[:, sv.PINCHED_VERTICES]),
        (307, manifold & ~agreeing, counts[:, sv.TURNED]),
        (305, agreeing & ~single, counts[:, sv.PIECES]),
        (302, single & (counts[:, sv.OPEN_EDGES] > 0), counts[:, sv.OPEN_EDGES]),
        (306, pierced > 0, pierced),
        (INSIDE_OUT, closed & (pierced == 0) & (counts[:, sv.INSIDE_OUT] > 0), None),
    )
    at[few] = layout.rings[layout.faces[layout.buildings[:-1][few]]]
    return _joined(*[_of_shells(code, rows, number, block, at) for code, rows, number in cases])


def _overlaps(block: Block, layout: _Layout, sound: NDArray[np.bool_]) -> Findings:
    overlaps = overlapping_parts(block, layout.rings, layout.faces, sound)
    building = np.array([each.building for each in overlaps], dtype=np.int64)
    ones = np.ones(len(building), dtype=np.int64)
    area = np.array([each.area_m2 for each in overlaps], dtype=np.float64)
    place = np.array([each.place for each in overlaps], dtype=np.float64).reshape(-1, 3)
    return Findings(building, 601 * ones, area, ones, -ones, place)


def _of_shells(
    code: int, rows: NDArray[np.bool_], number: IntArray | None, block: Block, at: IntArray
) -> Findings:
    building = np.flatnonzero(rows)
    unknown = np.full(len(building), np.nan)
    value = unknown if number is None else number[building].astype(np.float64)
    ones = np.ones(len(building), dtype=np.int64)
    return Findings(
        building, code * ones, value, ones, -ones, block.shells.xyz[at[building]].reshape(-1, 3)
    )


def _worst(
    building: IntArray, code: IntArray, value: FloatArray, surface: IntArray, place: FloatArray
) -> Findings:
    """One entry for each building and code: the worst surface, and how many there are."""
    order = np.lexsort((surface, -np.nan_to_num(value), code, building))
    building, code = building[order], code[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (building[1:] != building[:-1]) | (code[1:] != code[:-1])
    starts = np.flatnonzero(first)
    chosen = order[starts]
    count = np.diff(np.append(starts, len(order)))
    return Findings(
        building[starts], code[starts], value[chosen], count, surface[chosen], place[chosen]
    )


def _joined(*parts: Findings) -> Findings:
    """All findings in the order of the buildings."""
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Findings.__dataclass_fields__
    }
    order = np.lexsort((columns["code"], columns["building"]))
    return Findings(**{name: column[order] for name, column in columns.items()})

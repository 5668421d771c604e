"""Parts of one building that stand in each other (601 of val3dity).

Where the footprints of two parts overlap, vertical lines are drawn through both solids. A line
with more than a centimetre in both proves the overlap; what lies between the lines may be missed,
so that what is reported is certain.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.formats.city.block import Block
from citytwin.kernels.solid_columns import common_height, crossings
from citytwin.model.ragged import offsets_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_EDGE_M = 0.005
_HEIGHT_M = 0.01
_MOST_PARTS = 200
"""Buildings of more parts are not looked at."""
_LINES = 6
"""Lines along each side of the box of an overlap, beside one in the midst of every piece."""


class Overlap(NamedTuple):
    """A part that stands in another one of its building."""

    building: int
    """Row of the block."""
    area_m2: float
    """Of the footprints that the two have in common."""
    place: tuple[float, float, float]
    """A point in both [m]."""


def overlapping_parts(
    block: Block, rings: IntArray, faces: IntArray, sound: NDArray[np.bool_]
) -> list[Overlap]:
    """Find parts that overlap another part of their building.

    Parameters
    ----------
    block
        Buildings.
    rings, faces
        Shapes (n_ring + 1,) and (n_face + 1,): first vertex of each ring, first ring of each face.
    sound
        Shape (n,): buildings that are closed solids without a fault.
    """
    if all(parent is None for parent in block.parent_id.tolist()):
        return []
    first, second = _neighbours(block, np.flatnonzero(sound))
    if not len(first):
        return []
    ends = offsets_of(block.shells.per_building)
    common = shapely.intersection(block.footprint[first], block.footprint[second])
    inner = shapely.buffer(common, -_EDGE_M)
    found: dict[int, Overlap] = {}
    for i in np.flatnonzero(~shapely.is_empty(inner)).tolist():
        one, other = int(first[i]), int(second[i])
        if one in found:
            continue
        solids = [faces[ends[k] : ends[k + 1] + 1] for k in (one, other)]
        place = _point_in_both(block.shells.xyz, rings, solids, inner[i])
        if place is not None:
            found[one] = Overlap(one, float(common[i].area), place)
    return [found[row] for row in sorted(found)]


def _neighbours(block: Block, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs of parts of one building and level of detail whose footprints meet."""
    names = zip(block.building_id[rows], block.parent_id[rows], block.lod[rows], strict=True)
    numbers: dict[tuple[str, str], int] = {}
    group = np.array(
        [numbers.setdefault((p or b, lod), len(numbers)) for b, p, lod in names], dtype=np.int64
    )
    order = np.argsort(group, kind="stable")
    rows, group = rows[order], group[order]
    sizes = np.bincount(group)[group] if len(group) else group
    rows, group = rows[sizes <= _MOST_PARTS], group[sizes <= _MOST_PARTS]
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for step in range(1, _MOST_PARTS):
        same = np.flatnonzero(group[step:] == group[:-step])
        if not len(same):
            break
        pairs.append(np.column_stack([rows[same], rows[same + step]]))
    first, second = np.concatenate(pairs).T
    box, other = shapely.bounds(block.footprint[first]), shapely.bounds(block.footprint[second])
    near = (box[:, :2] <= other[:, 2:]).all(axis=1) & (other[:, :2] <= box[:, 2:]).all(axis=1)
    return first[near], second[near]


def _point_in_both(
    xyz: FloatArray, rings: IntArray, solids: list[IntArray], area: shapely.Geometry
) -> tuple[float, float, float] | None:
    lines = [np.empty(len(solid)) for solid in solids]
    for x, y in _places(area):
        one, other = (
            line[: crossings(xyz, rings, solid, x, y, line)]
            for solid, line in zip(solids, lines, strict=True)
        )
        if common_height(one, other) > _HEIGHT_M:
            return float(x), float(y), float(max(one[0], other[0]))
    return None


def _places(area: shapely.Geometry) -> FloatArray:
    """A point in each piece of an area, and a lattice over all of it."""
    midst = shapely.get_coordinates(shapely.point_on_surface(shapely.get_parts(area)))
    west, south, east, north = shapely.bounds(area)
    x, y = np.meshgrid(*(np.linspace(a, b, _LINES) for a, b in ((west, east), (south, north))))
    lattice = np.column_stack([x.ravel(), y.ravel()])
    return np.concatenate([midst, lattice[shapely.intersects_xy(area, lattice)]])

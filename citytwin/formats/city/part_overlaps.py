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

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_EDGE_M = 0.005
_HEIGHT_M = 0.01
_LINES = 6
"""Lines along each side of the box of an overlap, beside one in the midst of every piece."""


class Overlap(NamedTuple):
    """A part that stands in another one of its building."""

    building: int
    """Row of the block."""
    area_m2: float
    """Of the overlap of the footprints."""
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
    first, second = _neighbours(block, np.flatnonzero(sound))
    if not len(first):
        return []
    ends = np.concatenate([[0], np.cumsum(block.shells.per_building)])
    common = shapely.intersection(block.footprint[first], block.footprint[second])
    inner = shapely.buffer(common, -_EDGE_M)
    found: dict[int, Overlap] = {}
    for i in np.flatnonzero(~shapely.is_empty(inner)).tolist():
        one, other = int(first[i]), int(second[i])
        solids = [faces[ends[k] : ends[k + 1] + 1] for k in (one, other)]
        place = _point_in_both(block.shells.xyz, rings, solids, inner[i])
        if place is not None:
            area = float(common[i].area)
            if one not in found or found[one].area_m2 < area:
                found[one] = Overlap(one, area, place)
    return [found[row] for row in sorted(found)]


def _neighbours(block: Block, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs of parts of one building and level of detail whose footprints meet."""
    whole = np.array(
        [
            p if p is not None else b
            for b, p in zip(block.building_id, block.parent_id, strict=True)
        ],
        dtype=object,
    )
    _, group, sizes = np.unique(whole[rows].astype(str), return_inverse=True, return_counts=True)
    several = sizes[group] > 1
    rows, group = rows[several], group[several]
    tree = shapely.STRtree(block.footprint[rows])
    a, b = tree.query(block.footprint[rows], predicate="intersects")
    same = (a < b) & (group[a] == group[b]) & (block.lod[rows[a]] == block.lod[rows[b]])
    return rows[a[same]], rows[b[same]]


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

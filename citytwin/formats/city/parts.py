"""Decides between a building and its parts, so that nothing stands twice."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from citytwin.formats.city import footprint
from citytwin.formats.city.buildings import BuildingRow

_COVERED = 0.95
_TALLER_M = 0.5


def building_or_parts(
    building: BuildingRow | None, parts: Sequence[BuildingRow]
) -> list[BuildingRow]:
    """Return the rows that together are the building, each of its volumes once.

    A building without geometry of its own is its parts. Where the parts are more detailed than
    the building and cover it, they replace it. Otherwise the building stays, with those parts
    that its geometry does not already contain, such as a garage beside the house.

    Parameters
    ----------
    building
        Row of the building, or None when it has no geometry of its own.
    parts
        Rows of its parts.
    """
    if building is None:
        return list(parts)
    if not parts:
        return [building]
    finer = all(float(part.lod) > float(building.lod) for part in parts)
    if finer:
        together = footprint.union([part.footprint for part in parts])
        common = shapely.intersection(together, building.footprint).area
        if common >= _COVERED * building.footprint.area:
            return list(parts)
    return [building, *(part for part in parts if not _contains(building, part))]


def _contains(building: BuildingRow, part: BuildingRow) -> bool:
    if part.roof_z_m > building.roof_z_m + _TALLER_M:
        return False
    common = shapely.intersection(part.footprint, building.footprint).area
    return bool(common >= _COVERED * part.footprint.area)

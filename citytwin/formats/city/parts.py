"""Decides between a building and its parts, so that nothing stands twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import shapely

from citytwin.formats.city import footprint
from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.clipping import clipped

_COVERED = 0.95
_TALLER_M = 0.5
_EAVES_M = 1.0
"""A strip of the building narrower than this beside its parts is an overhang of the roof."""


def building_or_parts(
    building: BuildingRow | None, parts: Sequence[BuildingRow]
) -> list[BuildingRow]:
    """Return the rows that together are the building, each of its volumes once.

    A building without geometry of its own is its parts. Parts in a better level of detail than
    the building take its place: all parts at least as detailed stand, and the building only
    where they do not cover it. Where no part is better, the building stays, with those parts
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
    own = float(building.lod)
    beside = [part for part in parts if not _contains(building, part)]
    if all(float(part.lod) <= own for part in parts):
        return [building, *beside]
    standing = [part for part in parts if float(part.lod) >= own or part in beside]
    rest = _uncovered(building, [part for part in standing if float(part.lod) >= own])
    if rest.is_empty:
        return standing
    left = replace(
        building,
        footprint=rest,
        faces=clipped(building.faces, rest),
        defects=[*building.defects, "clipped"],
        is_shell=False,
    )
    return [left, *standing]


def _uncovered(building: BuildingRow, parts: Sequence[BuildingRow]) -> shapely.MultiPolygon:
    """Area of a building beside its parts, without strips as wide as eaves."""
    together = footprint.union([part.footprint for part in parts])
    rest = shapely.difference(building.footprint, together)
    core = rest.buffer(-_EAVES_M / 2, join_style="mitre")
    return footprint.multi(
        shapely.intersection(core.buffer(_EAVES_M / 2, join_style="mitre"), rest)
    )


def _contains(building: BuildingRow, part: BuildingRow) -> bool:
    tops = part.roof_z_m, building.roof_z_m
    if tops[0] is not None and tops[1] is not None and tops[0] > tops[1] + _TALLER_M:
        return False
    common = shapely.intersection(part.footprint, building.footprint).area
    return bool(common >= _COVERED * part.footprint.area)

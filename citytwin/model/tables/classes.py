"""Numbers that stand for classes, in columns of tables and in fields."""

from __future__ import annotations

from enum import IntEnum


class Flag(IntEnum):
    """Quality of an observation (IODE/QARTOD primary level)."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    BAD = 4
    MISSING = 9


class TerrainSource(IntEnum):
    """Where the ground level of a cell comes from (field ``terrain_source``)."""

    MEASURED = 0
    FILLED = 1
    FROM_BUILDINGS = 2


class LodUsed(IntEnum):
    """Level of detail of the building that a cell shows (field ``lod_used``)."""

    NONE = 0
    LOD0 = 1
    LOD1 = 2
    LOD2 = 3
    LOD3 = 4
    LOD4 = 5


class GroundCover(IntEnum):
    """What covers the ground of a cell (field ``ground_cover``); names as in `LAND_USE`."""

    OTHER = 0
    BUILDING = 1
    ROAD = 2
    WATER = 3
    GREEN = 4
    PADDY = 5
    FIELD = 6
    BARE = 7

"""Numbers that stand for classes, in columns of tables and in fields."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Flag(IntEnum):
    """Quality of an observation (IODE/QARTOD primary level; 8 as in Argo's reference table 2)."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    BAD = 4
    ESTIMATED = 8
    """Put in place of what nobody measured; never stored, and no observation that is used as one."""
    MISSING = 9


class QualityTest(IntFlag):
    """What the tests of an observation found; the bits of its column ``tests``."""

    GROSS_RANGE = 1
    """Outside what the property can be."""
    CLIMATOLOGY = 2
    """Outside what the season knows."""
    RATE_OF_CHANGE = 4
    SPIKE = 8
    FLAT_LINE = 16
    NEIGHBOUR = 32
    """Unlike what stands around it."""
    CLOCK_SKEW = 64
    """The clock of its source is wrong, by hours that look like a time zone."""
    UNIT_CONVERTED = 128
    LATE = 256
    """Known long after it was observed."""
    CORRECTED = 512
    """Its key was known before with another result."""
    UNIT_MISTAKEN = 1024
    """Its values moved by the factor between two units."""
    DOUBTED = 2048
    """By its own producer."""


class TerrainSource(IntEnum):
    """Where the ground level of a cell comes from (field ``terrain_source``)."""

    MEASURED = 0
    FILLED = 1
    FROM_BUILDINGS = 2
    BURNED = 3
    """Lowered or raised by a culvert, an underpass or a wall."""


class StatutoryDepthFrom(IntEnum):
    """Where the depth of a statutory inundation comes from (field ``statutory_depth_from``)."""

    NONE = 0
    """Outside of its surfaces."""
    SURFACE = 1
    """Water surface less ground, within the rank that the file states."""
    RANK = 2
    """Water surface less ground is not in that rank: the nearest depth that is."""
    UNRANKED = 3
    """Water surface less ground; the file states no rank."""


class Agreement(IntEnum):
    """Whether a computed and a statutory inundation agree (field ``statutory_agreement``)."""

    NEITHER = 0
    BOTH = 1
    STATUTORY_ONLY = 2
    COMPUTED_ONLY = 3


class LodUsed(IntEnum):
    """Level of detail of the building that a cell shows (field ``lod_used``)."""

    NONE = 0
    LOD0 = 1
    LOD1 = 2
    LOD2 = 3
    LOD3 = 4
    LOD4 = 5


class RoughnessDoubt(IntEnum):
    """Why a place has no roughness, or none for some direction (field ``roughness_doubt``)."""

    NONE = 0
    SPARSE = 1
    """Too few buildings."""
    DENSE = 2
    """Too little ground between them."""
    WALLS = 3
    """Walls, or heights, beyond the range of the formula."""


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

"""The element and attribute names that a building file is read by, and what each one does.

A name is a small number in the element table; zero is any name not listed here. What the readers
ask of a name (does it hold polygons? is it a level of detail?) is a bit in `ROLES`, so that a
kernel asks one array instead of comparing texts. Roles as in the element-wise reader, which
follows CityGML 2.0 (Kolbe et al., 2012) and 3.0 (Kolbe et al., 2021).
"""

from __future__ import annotations

import numpy as np

UNIT, PART_HOLDER, BOUNDARY, INNER, OPENING, OUTSIDE = 1, 2, 4, 8, 16, 32
FACE, HOLDER, TARGET, RING, POSITIONS, COORDINATES = 64, 128, 256, 512, 1024, 2048
PIECE, LEVEL, ENVELOPE, MODEL, ORIENTABLE, OUTER = 4096, 8192, 16384, 32768, 65536, 131072
TEMPLATE = 262144

LEVEL_KINDS = (
    "Solid", "MultiSurface", "Geometry", "FootPrint", "RoofEdge", "MultiSolid", "Surface",
)  # fmt: skip
OUTLINE_KINDS = ("FootPrint", "MultiSurface", "Surface", "RoofEdge")
"""Kinds of LOD0 that are outlines, in the order in which they are preferred."""
SEMANTICS = ("other", "roof", "wall", "ground", "closure")

_ROLE_OF: dict[str, int] = {}
_OUTER = {
    "RoofSurface": 1, "WallSurface": 2, "GroundSurface": 3, "ClosureSurface": 4,
    "OuterFloorSurface": 0, "OuterCeilingSurface": 0, "Window": 0, "Door": 0,
    "WindowSurface": 0, "DoorSurface": 0,
}  # fmt: skip


def _give(role: int, names: str) -> None:
    for name in names.split():
        _ROLE_OF[name] = _ROLE_OF.get(name, 0) | role


_give(UNIT, "Building BuildingPart")
_give(PART_HOLDER, "consistsOfBuildingPart buildingPart")
_give(BOUNDARY, "boundedBy boundary")
_give(OUTER, " ".join(_OUTER))
_give(INNER, "InteriorWallSurface CeilingSurface FloorSurface")
_give(OPENING, "opening fillingSurface")
_give(OUTSIDE, "outerBuildingInstallation buildingInstallation")
_give(FACE, "Polygon PolygonPatch Triangle Rectangle")
_give(
    HOLDER,
    "MultiSurface CompositeSurface Surface PolyhedralSurface TriangulatedSurface Tin Solid"
    " CompositeSolid MultiSolid Shell MultiGeometry MultiPolygon GeometricComplex"
    " OrientableSurface surfaceMember surfaceMembers exterior solidMember solidMembers"
    " geometryMember geometryMembers polygonMember patches polygonPatches trianglePatches"
    " baseSurface element",
)
_give(
    TARGET,
    "Polygon Surface CompositeSurface MultiSurface OrientableSurface Solid CompositeSolid"
    " MultiSolid TriangulatedSurface PolyhedralSurface Tin Shell MultiGeometry GeometricComplex",
)
_give(RING, "exterior interior outerBoundaryIs innerBoundaryIs")
_give(POSITIONS, "pos posList")
_give(COORDINATES, "coordinates")
_give(PIECE, "buildingID branchID partID")
_give(ENVELOPE, "Envelope")
_give(MODEL, "CityModel FeatureCollection")
_give(ORIENTABLE, "OrientableSurface")
_give(0, "measuredHeight height value usage function storeysAboveGround BuildingInstallation")
_give(TEMPLATE, " ".join(f"lod{lod}ImplicitRepresentation" for lod in range(5)))
_give(LEVEL, " ".join(f"lod{lod}{kind}" for lod in range(5) for kind in LEVEL_KINDS))

NAMES: tuple[str, ...] = ("", *_ROLE_OF)
"""Name of each number; the first is none."""
ROLES = np.array([0, *_ROLE_OF.values()], dtype=np.int64)
"""Shape (n_name,): bits of what each name does."""
LEVELS = np.array([int(n[3]) if r & LEVEL else -1 for n, r in zip(NAMES, ROLES, strict=True)])
"""Shape (n_name,): level of detail of a geometry property, -1 for other names."""
IS_SOLID = np.array([name in {f"lod{lod}Solid" for lod in range(5)} for name in NAMES])
"""Shape (n_name,): whether a name is that of a property that holds one solid."""
OUTLINE_RANK = np.array(
    [
        OUTLINE_KINDS.index(name[4:]) if name.startswith("lod0") and name[4:] in OUTLINE_KINDS
        else 9
        for name in NAMES
    ]
)  # fmt: skip
"""Shape (n_name,): place among the kinds of outlines, 9 for other names."""
SEMANTIC = np.array([_OUTER.get(name, 0) for name in NAMES])
"""Shape (n_name,): kind of surface, as a place in `SEMANTICS`."""

BUILDING, BUILDING_PART = NAMES.index("Building"), NAMES.index("BuildingPart")
MEASURED_HEIGHT, HEIGHT, VALUE = map(NAMES.index, ("measuredHeight", "height", "value"))
USAGE, FUNCTION = NAMES.index("usage"), NAMES.index("function")
STOREYS = NAMES.index("storeysAboveGround")
BUILDING_ID = NAMES.index("buildingID")
GROUND_SURFACE, ROOF_SURFACE = NAMES.index("GroundSurface"), NAMES.index("RoofSurface")
LOD0_MULTI_SURFACE = NAMES.index("lod0MultiSurface")

HASH_MASK = (1 << 48) - 1
"""Hashes of names are kept to 48 bits, so that the next step cannot overflow."""

ATTRIBUTES = (
    "", "id", "href", "srsName", "srsDimension", "codeSpace", "uom", "orientation", "name",
)  # fmt: skip
ID, HREF, SRS_NAME, SRS_DIMENSION, CODE_SPACE, UOM, ORIENTATION, TITLE = range(1, 9)


def vocabulary(names: tuple[str, ...], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hash table of names by open addressing (Knuth 1998, section 6.4), with the names themselves.

    Parameters
    ----------
    names
        The names; the first is none.
    size
        Number of slots, a power of two.

    Returns
    -------
    tuple
        Shape (size,): number of the name in each slot, zero where it is empty; shape (n_byte,),
        uint8: all names, one after the other; shape (n_name + 1,): where each begins there.
    """
    slots = np.zeros(size, dtype=np.int64)
    for number, name in enumerate(names[1:], start=1):
        code = 0
        for byte in name.encode():
            code = (code * 33 + byte) & HASH_MASK
        slot = (code ^ (code >> 11)) & (size - 1)
        while slots[slot]:
            slot = (slot + 1) & (size - 1)
        slots[slot] = number
    letters = np.frombuffer("".join(names).encode(), dtype=np.uint8).copy()
    return slots, letters, np.concatenate([[0], np.cumsum([len(name) for name in names])])


ELEMENT_VOCABULARY = vocabulary(NAMES, 512)
ATTRIBUTE_VOCABULARY = vocabulary(ATTRIBUTES, 32)

"""Puts shapes and attributes of clean buildings together into rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.attribute_json import merged
from citytwin.formats.city.block import Block, Shells, Texts, ragged_take, texts
from citytwin.formats.city.buildings import BuildingRow, differs
from citytwin.formats.city.draft import lods_of
from citytwin.formats.city.keys import outline_keys
from citytwin.formats.citygml.columns import Described
from citytwin.formats.citygml.footprints import Outlines
from citytwin.formats.citygml.placing import Solids
from citytwin.formats.citygml.scanning import Shapes
from citytwin.formats.citygml.telling import Told
from citytwin.formats.citygml.texts import columns, values
from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_units as gu
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.gml_shells import shell_members

IntArray = NDArray[np.int64]
_LODS = np.array(["0", "1", "2", "3", "4"], dtype=object)
_LEVELS = np.array(
    [lods_of(str(lod) for lod in range(5) if bits >> lod & 1) for bits in range(32)], dtype=object
)
"""Texts of the sets of levels of detail, by their bits."""


@dataclass(frozen=True, eq=False)
class Assembled:
    """Rows of clean buildings, and the units that they come from."""

    block: Block
    units: IntArray
    """Shape (n,)."""


def assemble_units(
    shapes: Shapes,
    solids: Solids,
    outlines: Outlines,
    described: Described,
    told: Told,
    source: str,
) -> Assembled:
    """Make the rows of all clean units.

    Parameters
    ----------
    shapes
        Buildings of a window.
    solids
        Their polygons.
    outlines
        Their footprints.
    described
        Their attributes.
    told
        What took code lists.
    source
        Name of the file.
    """
    units = solids.units
    owners = shapes.owners
    rows = units.tolist()
    areas = outlines.areas
    recorded = [described.height_m[u] for u in rows]
    ground, roof = solids.low[:, 2], solids.high[:, 2]
    heights = roof - ground
    measured = np.array([np.nan if h is None else h for h in recorded], dtype=np.float64)
    whole = np.where(owners[units] >= 0, owners[units], units).tolist()
    own_usage = [
        u if described.usage_code[u] is not None else w for u, w in zip(rows, whole, strict=True)
    ]
    block = Block(
        building_id=texts([described.building_id[u] for u in rows]),
        stable_key=texts(_keys(shapes, rows, described, areas)),
        parent_id=texts(
            [described.building_id[o] if o >= 0 else None for o in owners[units].tolist()]
        ),
        lod=_LODS[shapes.units[units, gu.LOD]],
        lods=_LEVELS[shapes.units[units, gu.LEVELS]],
        height_m=heights,
        height_from=texts(["geometry"] * len(rows)),
        measured_height_m=measured,
        ground_z_m=ground,
        roof_z_m=roof,
        storeys=np.array(
            [np.nan if described.storeys[u] is None else described.storeys[u] for u in rows],
            dtype=np.float64,
        ),
        usage=texts([told.usage[u] for u in own_usage]),
        usage_code=texts([described.usage_code[u] for u in own_usage]),
        attributes=_attributes(told.attributes, units, owners),
        source=texts([source] * len(rows)),
        offset=offsets(shapes, units),
        defects=texts(_defects(rows, described, outlines, heights, measured)),
        footprint=areas,
        is_shell=_is_shell(shapes, solids),
        shells=_shells(shapes, solids),
    )
    return Assembled(block, units)


def offsets(shapes: Shapes, units: IntArray) -> IntArray:
    """Bytes of the file before the start tag of each unit, -1 where they are not known.

    Parameters
    ----------
    shapes
        Buildings of a window.
    units
        Shape (n,): rows of the unit table.
    """
    elements = shapes.elements
    document = elements.document
    if document.origin is None:
        return np.full(len(units), -1, dtype=np.int64)
    begin = elements.table[shapes.units[units, gu.ROW], xs.OPEN].astype(np.int64)
    return np.asarray(document.origin + document.offset + elements.base + begin)


def locate(rows: list[BuildingRow], shapes: Shapes, whole: int) -> None:
    """Say where the buildings of a feature begin that was read element by element.

    Parameters
    ----------
    rows
        Its rows.
    shapes
        Buildings of a window.
    whole
        Row of the unit table of the outermost building.
    """
    units = np.append(whole, np.flatnonzero(shapes.owners == whole))
    rows_of_units = shapes.units[units, gu.ROW].astype(np.int64)
    ids = columns(shapes.elements, (rows_of_units, names.ID))[0].each(str.strip, "")
    begins: dict[str, int] = {}
    for name, begin in zip(ids, offsets(shapes, units).tolist(), strict=True):
        begins.setdefault(name, begin)
    for row in rows:
        begin = begins.get(row.draft.building_id, -1)
        row.draft.offset = begin if begin >= 0 else None


def _attributes(own: Texts, units: IntArray, owners: NDArray[np.int32]) -> Texts:
    column = own[units]
    for k in np.flatnonzero(owners[units] >= 0):
        column[k] = merged(own[owners[units[k]]], column[k])
    return column


def _defects(
    rows: list[int],
    described: Described,
    outlines: Outlines,
    heights: NDArray[np.float64],
    measured: NDArray[np.float64],
) -> list[str]:
    odd = differs(heights, measured)
    found = []
    marks = zip(outlines.repaired.tolist(), outlines.lost.tolist(), odd.tolist(), strict=True)
    for u, (mended, no_outline, other_height) in zip(rows, marks, strict=True):
        codes = [*described.defects[u], *(["lod0-repaired"] if mended else ())]
        codes += ["lod0-invalid"] * no_outline + ["height-differs"] * other_height
        found.append(",".join(codes))
    return found


def _keys(
    shapes: Shapes, rows: list[int], described: Described, areas: NDArray[np.object_]
) -> list[str]:
    """Recorded keys; those of the whole with the number of the part; else from the outline."""
    numbers = _part_numbers(shapes.owners)
    keys: list[str | None] = []
    for u in rows:
        key, owner = described.stable_key[u], int(shapes.owners[u])
        if key is None and owner >= 0 and described.stable_key[owner] is not None:
            key = f"{described.stable_key[owner]}/{numbers[u]}"
        keys.append(key)
    missing = [k for k, key in enumerate(keys) if key is None]
    if missing:
        for k, key in zip(missing, outline_keys(areas[missing]), strict=True):
            keys[k] = key
    return [key or "" for key in keys]


def _part_numbers(owners: NDArray[np.int32]) -> IntArray:
    """Number of each part in its building, from 1; parts follow their building."""
    place = np.arange(len(owners), dtype=np.int64)
    return place - np.where(owners >= 0, owners, place)


def _is_shell(shapes: Shapes, solids: Solids) -> NDArray[np.bool_]:
    """Whether the faces of each unit are those of the one solid that it has."""
    elements = shapes.elements
    members = np.zeros(len(shapes.units), dtype=np.int64)
    shell_members(elements.table, elements.marks, shapes.units, members)
    faces = np.bincount(solids.face_owner[~solids.is_outline], minlength=len(solids.units))
    return np.asarray((members[solids.units] == faces) & (faces > 0))


def _shells(shapes: Shapes, solids: Solids) -> Shells:
    faces = np.flatnonzero(~solids.is_outline)
    rings = ragged_take(solids.rings_per_face, faces)
    ids = values(shapes.elements, solids.element[faces], names.ID)
    return Shells(
        per_building=np.bincount(solids.face_owner[faces], minlength=len(solids.units)),
        surface_id=ids.to_numpy(zero_copy_only=False),
        semantic=solids.semantic[faces].astype(np.int8),
        rings_per_face=solids.rings_per_face[faces],
        ring_sizes=solids.ring_sizes[rings],
        xyz=solids.xyz[ragged_take(solids.ring_sizes, rings)],
    )

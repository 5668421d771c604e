"""Many buildings as columns: what a fast reader makes at once, and what single rows become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.draft import Draft
from citytwin.formats.city.faces import Face, Semantic

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Texts = NDArray[np.object_]
"""Shape (n,): texts, None for null."""

SEMANTICS: tuple[Semantic, ...] = ("other", "roof", "wall", "ground", "closure")


@dataclass(frozen=True, eq=False)
class Shells:
    """Faces of many buildings, those of one building together."""

    per_building: IntArray
    """Shape (n_building,): number of faces of each."""
    surface_id: Texts
    """Shape (n_face,): empty where the file gives none."""
    semantic: NDArray[np.int8]
    """Shape (n_face,): place in `SEMANTICS`."""
    rings_per_face: IntArray
    """Shape (n_face,)."""
    ring_sizes: IntArray
    """Shape (n_ring,): vertices of each, closing vertex left out."""
    xyz: FloatArray
    """Shape (n_vertex, 3) [m]."""


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of the buildings table with the faces that belong to them."""

    building_id: Texts
    stable_key: Texts
    parent_id: Texts
    lod: Texts
    lods: Texts
    height_m: FloatArray
    height_from: Texts
    measured_height_m: FloatArray
    ground_z_m: FloatArray
    roof_z_m: FloatArray
    storeys: FloatArray
    """NaN for null."""
    usage: Texts
    usage_code: Texts
    attributes: Texts
    source: Texts
    offset: IntArray
    """-1 for null."""
    defects: Texts
    footprint: NDArray[np.object_]
    """Shape (n,): MultiPolygons."""
    is_shell: NDArray[np.bool_]
    """Shape (n,): whether the faces are the whole outer shell of one solid of the file."""
    shells: Shells

    def __len__(self) -> int:
        return len(self.building_id)

    def rows(self) -> list[BuildingRow]:
        """Single rows, for what looks at buildings one by one."""
        faces = _faces(self.shells)
        ends = np.cumsum(self.shells.per_building)
        return [self._row(i, faces[end - n : end]) for i, (end, n) in self._spans(ends)]

    def _spans(self, ends: IntArray) -> list[tuple[int, tuple[int, int]]]:
        pairs = zip(ends.tolist(), self.shells.per_building.tolist(), strict=True)
        return list(enumerate(pairs))

    def _row(self, i: int, faces: list[Face]) -> BuildingRow:
        draft = Draft(
            building_id=self.building_id[i],
            source=self.source[i],
            parent_id=self.parent_id[i],
            stable_key=self.stable_key[i],
            measured_height_m=_value(self.measured_height_m[i]),
            storeys=None if np.isnan(self.storeys[i]) else int(self.storeys[i]),
            usage=self.usage[i],
            usage_code=self.usage_code[i],
            lods=self.lods[i],
            offset=None if self.offset[i] < 0 else int(self.offset[i]),
            attributes=self.attributes[i],
        )
        return BuildingRow(
            draft=draft,
            lod=self.lod[i],
            ground_z_m=float(self.ground_z_m[i]),
            roof_z_m=float(self.roof_z_m[i]),
            height_m=_value(self.height_m[i]),
            height_from=self.height_from[i],
            footprint=self.footprint[i],
            faces=faces,
            defects=self.defects[i].split(",") if self.defects[i] else [],
            building_id=self.building_id[i],
            is_shell=bool(self.is_shell[i]),
        )


def _value(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _faces(shells: Shells) -> list[Face]:
    rings = np.split(shells.xyz, np.cumsum(shells.ring_sizes)[:-1]) if len(shells.xyz) else []
    faces: list[Face] = []
    start = 0
    for f, number in enumerate(shells.rings_per_face.tolist()):
        kind = SEMANTICS[int(shells.semantic[f])]
        faces.append(Face(shells.surface_id[f], kind, rings[start : start + number]))
        start += number
    return faces


def texts(values: Sequence[str | None]) -> Texts:
    """Return texts as an array of objects.

    Parameters
    ----------
    values
        Texts, None for null.
    """
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _numbers(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def block_of_rows(rows: Sequence[BuildingRow]) -> Block:
    """Return single rows as columns.

    Parameters
    ----------
    rows
        Buildings; their names are taken as they are now.
    """
    drafts = [row.draft for row in rows]
    faces = [face for row in rows for face in row.faces]
    rings = [ring for face in faces for ring in face.rings]
    footprints = np.empty(len(rows), dtype=object)
    footprints[:] = [row.footprint for row in rows]
    return Block(
        building_id=texts([row.building_id for row in rows]),
        stable_key=texts([row.stable_key() for row in rows]),
        parent_id=texts([draft.parent_id for draft in drafts]),
        lod=texts([row.lod for row in rows]),
        lods=texts([draft.lods for draft in drafts]),
        height_m=_numbers([row.height_m for row in rows]),
        height_from=texts([row.height_from for row in rows]),
        measured_height_m=_numbers([draft.measured_height_m for draft in drafts]),
        ground_z_m=_numbers([row.ground_z_m for row in rows]),
        roof_z_m=_numbers([row.roof_z_m for row in rows]),
        storeys=_numbers([draft.storeys for draft in drafts]),
        usage=texts([draft.usage for draft in drafts]),
        usage_code=texts([draft.usage_code for draft in drafts]),
        attributes=texts([draft.attributes for draft in drafts]),
        source=texts([draft.source for draft in drafts]),
        offset=np.array([-1 if d.offset is None else d.offset for d in drafts], dtype=np.int64),
        defects=texts([",".join(row.defects) for row in rows]),
        footprint=footprints,
        is_shell=np.array([row.is_shell for row in rows], dtype=np.bool_),
        shells=Shells(
            per_building=np.array([len(row.faces) for row in rows], dtype=np.int64),
            surface_id=texts([face.surface_id for face in faces]),
            semantic=np.array([SEMANTICS.index(face.semantic) for face in faces], dtype=np.int8),
            rings_per_face=np.array([len(face.rings) for face in faces], dtype=np.int64),
            ring_sizes=np.array([len(ring) for ring in rings], dtype=np.int64),
            xyz=np.concatenate(rings) if rings else np.empty((0, 3)),
        ),
    )


def joined(blocks: Sequence[Block]) -> Block:
    """Put blocks one behind the other.

    Parameters
    ----------
    blocks
        At least one.
    """
    if len(blocks) == 1:
        return blocks[0]
    columns = {name: [getattr(block, name) for block in blocks] for name in _COLUMNS}
    shells = {name: [getattr(block.shells, name) for block in blocks] for name in _SHELL_COLUMNS}
    return Block(
        **{name: np.concatenate(parts) for name, parts in columns.items()},
        shells=Shells(**{name: np.concatenate(parts) for name, parts in shells.items()}),
    )


_COLUMNS = tuple(name for name in Block.__dataclass_fields__ if name != "shells")
_SHELL_COLUMNS = tuple(Shells.__dataclass_fields__)


def taken(block: Block, order: IntArray) -> Block:
    """Return the rows of a block in another order.

    Parameters
    ----------
    block
        Buildings.
    order
        Shape (m,): rows of it.
    """
    shells = block.shells
    faces = ragged_take(shells.per_building, order)
    rings = ragged_take(shells.rings_per_face, faces)
    vertices = ragged_take(shells.ring_sizes, rings)
    return Block(
        **{name: getattr(block, name)[order] for name in _COLUMNS},
        shells=Shells(
            per_building=shells.per_building[order],
            surface_id=shells.surface_id[faces],
            semantic=shells.semantic[faces],
            rings_per_face=shells.rings_per_face[faces],
            ring_sizes=shells.ring_sizes[rings],
            xyz=shells.xyz[vertices],
        ),
    )


def ragged_take(sizes: IntArray, order: IntArray) -> IntArray:
    """Places of the items of some groups, group after group.

    Parameters
    ----------
    sizes
        Shape (n,): items of each group.
    order
        Shape (m,): groups wanted.
    """
    starts = np.cumsum(sizes) - sizes
    wanted = sizes[order]
    ends = np.cumsum(wanted)
    total = int(ends[-1]) if len(ends) else 0
    shift = np.repeat(starts[order] - (ends - wanted), wanted)
    return np.asarray(np.arange(total, dtype=np.int64) + shift)


def geometries(values: Sequence[shapely.Geometry]) -> NDArray[np.object_]:
    """Return geometries as an array of objects.

    Parameters
    ----------
    values
        Geometries.
    """
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column

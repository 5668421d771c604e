"""Buildings and their faces as features of CityJSON: vertices on a grid, shapes, attributes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.model.ragged import Faces, faces_of_geometry, faces_of_rows, joined, offsets_of
from citytwin.store.shells import Rings, solid_shells

Json: TypeAlias = dict[str, Any]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STEP_M = 0.001
"""Grid of the coordinates."""
_LEVELS = frozenset({f"{n}" for n in range(4)} | {f"{n}.{m}" for n in range(4) for m in range(4)})
"""What CityJSON 2.0 knows."""
_SEMANTICS = {
    "roof": "RoofSurface",
    "wall": "WallSurface",
    "ground": "GroundSurface",
    "closure": "ClosureSurface",
}
_OUTLINE = "0"
_STANDARD = {"measured_height_m": "measuredHeight", "storeys": "storeysAboveGround"}
"""Columns that CityJSON has names for; the others keep their own."""
_RECORDED = "attributes"
"""JSON object of what the file said of a building and no column has."""
_NO_ATTRIBUTES = ("building_id", "parent_id", "geometry", _RECORDED)


@dataclass(frozen=True, eq=False)
class _Shapes:
    """Geometries of a batch: outlines first, then shells, each of one building and level."""

    row: IntArray
    """Shape (n,): building of each."""
    level: list[str]
    faces: Faces
    """Owners are shapes."""
    kind: list[str]
    """Semantics of each face, as the table has it."""


def features(
    buildings: gpd.GeoDataFrame, surfaces: pd.DataFrame, origin: FloatArray
) -> Iterator[Json]:
    """Make one feature of every building with its parts.

    Parameters
    ----------
    buildings
        Rows of the table, with all parts of each building.
    surfaces
        All faces of these buildings.
    origin
        Shape (3,): where whole millimetres count from [m].

    Yields
    ------
    dict
        A ``CityJSONFeature``.
    """
    rows = buildings.reset_index(drop=True)
    shapes = _shapes(rows, surfaces)
    names = rows["building_id"].astype(str).tolist()
    roots = rows["parent_id"].where(rows["parent_id"].notna(), rows["building_id"]).astype(str)
    feature_of_row, feature_ids = pd.factorize(roots)
    geometry, vertices = _geometry(shapes, feature_of_row.astype(np.int64), len(rows), origin)
    attributes = _attributes(rows)
    members: list[list[int]] = [[] for _ in feature_ids]
    for row, feature in enumerate(feature_of_row.tolist()):
        members[feature].append(row)
    for feature, root in enumerate(map(str, feature_ids)):
        parts = [names[row] for row in members[feature] if names[row] != root]
        objects: dict[str, Json] = {root: {"type": "Building"}}
        if parts:
            objects[root]["children"] = parts
        for row in members[feature]:
            item = objects.setdefault(names[row], {"type": "BuildingPart", "parents": [root]})
            item["attributes"] = attributes[row]
            if geometry[row]:
                item["geometry"] = geometry[row]
        yield {
            "type": "CityJSONFeature",
            "id": root,
            "CityObjects": objects,
            "vertices": vertices[feature],
        }


def _shapes(rows: gpd.GeoDataFrame, surfaces: pd.DataFrame) -> _Shapes:
    levels = rows["lod"].astype(str).to_numpy(dtype=object)
    flat = np.flatnonzero(levels == _OUTLINE)
    ground = rows["ground_z_m"].to_numpy(dtype=np.float64, na_value=np.nan)[flat]
    # 0 says that the level is not known, as in every outline of PLATEAU
    outlines = faces_of_geometry(
        shapely.normalize(rows.geometry.to_numpy()[flat]), np.nan_to_num(ground)
    )
    numbers = pd.Index(rows["building_id"].astype(str)).get_indexer(
        surfaces["building_id"].astype(str)
    )
    order = np.argsort(numbers, kind="stable")
    owner, shape_of_face = np.unique(numbers[order], return_inverse=True)
    picked = surfaces.iloc[order]
    shells = faces_of_rows(
        picked["xyz"],
        picked["ring_sizes"],
        (shape_of_face + len(flat)).astype(np.int32),
    )
    # an outline with a height has become a block, which is what level 1 means
    blocks = ["1" if level == _OUTLINE else _level(level) for level in levels[owner]]
    return _Shapes(
        np.concatenate([flat, owner]).astype(np.int64),
        [_OUTLINE] * len(flat) + blocks,
        joined(outlines, shells),
        ["ground"] * len(outlines.owners) + picked["semantic"].astype(str).tolist(),
    )


def _level(recorded: str) -> str:
    """Level of detail as CityJSON knows it; LOD4 is level 3 with rooms, which are not read."""
    if recorded in _LEVELS:
        return recorded
    return "3" if recorded.startswith("4") else recorded[:1] if recorded[:1] in _LEVELS else "1"


def _geometry(
    shapes: _Shapes, feature_of_row: IntArray, buildings: int, origin: FloatArray
) -> tuple[list[list[Json]], list[list[list[int]]]]:
    """Geometries by building, and vertices by feature."""
    rings, face_rows = _on_grid(shapes.faces, origin)
    feature_of_face = feature_of_row[shapes.row[rings.shell]]
    feature_of_vertex = feature_of_face[np.repeat(rings.face, np.diff(rings.offsets))]
    features_count = int(feature_of_row.max(initial=-1)) + 1
    index, vertices = _numbered(rings.xyz, feature_of_vertex, features_count)
    solid = solid_shells(rings, len(shapes.row)).tolist()
    per_building: list[list[Json]] = [[] for _ in range(buildings)]
    numbers, offsets = index.tolist(), rings.offsets.tolist()
    faces: list[list[list[int]]] = [[] for _ in face_rows]
    for ring, face in enumerate(rings.face.tolist()):
        faces[face].append(numbers[offsets[ring] : offsets[ring + 1]])
    of_shape: list[list[int]] = [[] for _ in shapes.level]
    for face, shape in enumerate(rings.shell.tolist()):
        of_shape[shape].append(face)
    for shape, (row, level) in enumerate(zip(shapes.row.tolist(), shapes.level, strict=True)):
        kinds = [shapes.kind[face_rows[face]] for face in of_shape[shape]]
        if kinds:
            closed = solid[shape] and level != _OUTLINE
            boundaries = [faces[face] for face in of_shape[shape]]
            per_building[row].append(_shape(level, boundaries, kinds, closed=closed))
    return per_building, vertices


def _shape(level: str, boundaries: list[Any], kinds: list[str], *, closed: bool) -> Json:
    found: Json = {
        "type": "Solid" if closed else "MultiSurface",
        "lod": level,
        "boundaries": [boundaries] if closed else boundaries,
    }
    named = [kind for kind in _SEMANTICS if kind in kinds]
    if named:
        values = [named.index(kind) if kind in named else None for kind in kinds]
        found["semantics"] = {
            "surfaces": [{"type": _SEMANTICS[kind]} for kind in named],
            "values": [values] if closed else values,
        }
    return found


def _on_grid(faces: Faces, origin: FloatArray) -> tuple[Rings, list[int]]:
    """Rings in whole steps without repeated vertices; faces that vanish are left out."""
    steps = np.rint((faces.xyz - origin) / STEP_M).astype(np.int64)
    sizes = np.diff(faces.ring_offsets)
    ring = np.repeat(np.arange(len(sizes)), sizes)
    following = np.arange(1, len(steps) + 1)
    following[faces.ring_offsets[1:] - 1] = faces.ring_offsets[:-1]
    kept = (steps != steps[following]).any(axis=1)
    size = np.bincount(ring[kept], minlength=len(sizes))
    face = np.repeat(np.arange(len(faces.owners)), np.diff(faces.polygon_offsets))
    outer = np.zeros(len(sizes), dtype=np.bool_)
    outer[faces.polygon_offsets[:-1]] = True
    gone = np.zeros(len(faces.owners), dtype=np.bool_)
    gone[face[outer & (size < 3)]] = True
    keep_ring = (size >= 3) & ~gone[face]
    kept &= keep_ring[ring]
    rows = np.flatnonzero(~gone)
    number = np.cumsum(~gone) - 1
    offsets = offsets_of(size[keep_ring])
    owners = faces.owners[rows].astype(np.int64)
    return Rings(steps[kept], offsets, number[face[keep_ring]], owners), rows.tolist()


def _numbered(
    xyz: IntArray, feature: IntArray, count: int
) -> tuple[IntArray, list[list[list[int]]]]:
    """Number of each vertex in the list of its feature, and the lists."""
    order = np.lexsort((xyz[:, 2], xyz[:, 1], xyz[:, 0], feature))
    points, owner = xyz[order], feature[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (points[1:] != points[:-1]).any(axis=1)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    firsts = np.searchsorted(owner[new], np.arange(count + 1))
    listed = points[new].tolist()
    starts = firsts.tolist()
    return number - firsts[feature], [listed[a:b] for a, b in pairwise(starts)]


def _attributes(rows: gpd.GeoDataFrame) -> list[Json]:
    """What the file said of each building and what the table says; unknown values are left out."""
    columns = {
        _STANDARD.get(name, name): rows[name].astype(object).tolist()
        for name in rows.columns
        if name not in _NO_ATTRIBUTES
    }
    recorded = [json.loads(text) if _known(text) else {} for text in rows[_RECORDED].astype(object)]
    return [
        {**said, **{name: values[row] for name, values in columns.items() if _known(values[row])}}
        for row, said in enumerate(recorded)
    ]


def _known(value: object) -> bool:
    if value is None or value is pd.NA or value == "":
        return False
    return not isinstance(value, float) or math.isfinite(value)

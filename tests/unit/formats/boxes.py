"""Cubes and buildings made of faces by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from citytwin.formats.city.block import Block, block_of_rows
from citytwin.formats.city.buildings import BuildingRow, Draft
from citytwin.formats.city.faces import Face

Rings = list[list[tuple[float, float, float]]]
X, Y, Z = -8000.0, -37000.0, 12.0


def box(size: float = 10.0, corner: tuple[float, float, float] = (X, Y, Z)) -> list[Rings]:
    """Faces of a cube, turned outwards: floor, roof, walls in south, east, north, west."""
    x, y, z = corner
    corners = [
        (x + a * size, y + b * size, z + c * size) for c in (0, 1) for b in (0, 1) for a in (0, 1)
    ]
    sides = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (1, 3, 7, 5), (3, 2, 6, 7), (2, 0, 4, 6))
    return [[[corners[i] for i in side]] for side in sides]


def block_of(*buildings: Sequence[Rings], is_shell: bool = True, **changes: object) -> Block:
    """Buildings of these faces as columns."""
    rows = []
    for number, faces in enumerate(buildings):
        row = BuildingRow(
            draft=Draft(f"b{number}", "made_up.gml"),
            lod="2",
            ground_z_m=Z,
            roof_z_m=Z + 10,
            height_m=10.0,
            height_from="geometry",
            footprint=shapely.MultiPolygon([shapely.box(X, Y, X + 10, Y + 10)]),
            faces=[Face("", "other", [np.array(r) for r in face]) for face in faces],
            defects=[],
            building_id=f"b{number}",
            is_shell=is_shell,
        )
        for name, value in changes.items():
            setattr(row, name, value)
        rows.append(row)
    return block_of_rows(rows)


def moved(faces: list[Rings], x: float, y: float = 0.0, z: float = 0.0) -> list[Rings]:
    """The same faces somewhere else."""
    return [[[(a + x, b + y, c + z) for a, b, c in ring] for ring in face] for face in faces]

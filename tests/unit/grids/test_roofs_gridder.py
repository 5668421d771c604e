"""Roof planes on the grid: slope, aspect and true area of a gable, a lid, and what stands on both."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.grids.roofs import GRIDDER
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_numbers import building_numbers
from citytwin.model.grid import GridSpec
from citytwin.model.steps import GridTask, NoParams

CELL_M = 1.0
GRID = GridSpec("EPSG:6677", -44000.0, -94000.0, CELL_M, 20, 30)
WEST, NORTH = GRID.x_min, GRID.y_max
Ring = list[tuple[float, float, float]]


def face(*vertices: tuple[float, float, float]) -> Ring:
    """Ring from metres east and south of the corner of the grid, and height."""
    return [(WEST + east, NORTH - south, z) for east, south, z in vertices]


NAMES = ["tower", "gable", "lid"]
NUMBERS = dict(zip(NAMES, building_numbers(pd.Series(NAMES)).tolist(), strict=True))
# Gable of 10 m by 8 m at (2.3, 3.4); ridge along x, 3 m above the eaves of 6 m.
LEAN_M = np.hypot(4.0, 3.0)
NORTHERN = face((2.3, 3.4, 6), (12.3, 3.4, 6), (12.3, 7.4, 9), (2.3, 7.4, 9))
SOUTHERN = face((2.3, 7.4, 9), (12.3, 7.4, 9), (12.3, 11.4, 6), (2.3, 11.4, 6))
FLOOR = face((2.3, 3.4, 0), (2.3, 11.4, 0), (12.3, 11.4, 0), (12.3, 3.4, 0))
# A tower of another building stands on 3 m by 4 m of the southern plane.
TOWER = face((8.3, 7.4, 20), (11.3, 7.4, 20), (11.3, 11.4, 20), (8.3, 11.4, 20))


def run(with_tower: bool = True, grid: GridSpec = GRID) -> dict[f.Field, np.ndarray]:
    """Gable, tower and a house without shell."""
    outlines = {"gable": (2.3, 3.4, 12.3, 11.4), "tower": (8.3, 7.4, 11.3, 11.4),
                "lid": (15.0, 2.0, 21.0, 7.0)}  # fmt: skip
    buildings = gpd.GeoDataFrame(
        {
            "building_id": list(NUMBERS),
            "roof_z_m": [20.0, 9.0, np.nan],
            "height_m": [20.0, 9.0, 5.0],
        },
        geometry=[
            shapely.box(WEST + w, NORTH - s, WEST + e, NORTH - n)
            for w, n, e, s in (outlines[name] for name in NUMBERS)
        ],
        crs=grid.crs,
    )
    faces: list[tuple[str, Ring]] = [("gable", NORTHERN), ("tower", TOWER), ("gable", SOUTHERN)]
    faces.append(("gable", FLOOR))
    if not with_tower:
        buildings, faces = buildings.drop(index=0), [one for one in faces if one[0] != "tower"]
    surfaces = pd.DataFrame(
        {
            "building_id": pd.Series([owner for owner, _ in faces], dtype="string"),
            "xyz": [np.array(ring).ravel() for _, ring in faces],
            "ring_sizes": [[len(ring)] for _, ring in faces],
        }
    )
    east, south = np.meshgrid(np.arange(30) + 0.5, np.arange(20) + 0.5)
    index = np.full(grid.shape, -1, dtype=np.int64)
    for name in ("lid", "gable", "tower") if with_tower else ("lid", "gable"):
        w, n, e, s = outlines[name]
        index[(east > w) & (east < e) & (south > n) & (south < s)] = NUMBERS[name]
    tables: dict[t.Table, Any] = {t.BUILDINGS: buildings, t.SURFACES: surfaces}
    task = GridTask(grid, grid.whole, tables, {}, {f.BUILDING_NUMBER: index})
    return {**GRIDDER.run(task, NoParams()).fields, f.BUILDING_NUMBER: index}


def test_slope_and_aspect_are_those_of_the_polygons() -> None:
    """3 m over 4 m lean 36.87 degrees; north and south by the meridian, which leans in this zone."""
    made = run()
    slope, aspect = made[f.ROOF_SLOPE], made[f.ROOF_ASPECT]
    assert slope[5, 5] == pytest.approx(np.degrees(np.arctan2(3, 4)), abs=1e-4)
    assert slope[9, 5] == pytest.approx(np.degrees(np.arctan2(3, 4)), abs=1e-4)
    assert aspect[9, 5] == pytest.approx(180.0 + GRID.convergence_deg, abs=1e-3)
    assert aspect[5, 5] == pytest.approx(np.mod(GRID.convergence_deg, 360.0), abs=1e-3)
    assert abs(GRID.convergence_deg) > 0.2
    assert slope[9, 10] == 0.0
    assert np.isnan(aspect[9, 10])
    assert slope[4, 17] == 0.0


def test_cells_of_a_plane_share_its_true_area() -> None:
    """Each plane is 10 m by 5 m, whatever the number of its cells; a tower takes its part."""
    alone, made = run(with_tower=False), run()
    for rows in (slice(3, 7), slice(7, 11)):
        assert alone[f.ROOF_AREA][rows, 2:12].sum() == pytest.approx(10.0 * LEAN_M, rel=1e-6)
    # Columns 8.5, 9.5 and 10.5 of ten: three tenths of the southern plane lie under the tower.
    southern = made[f.ROOF_AREA][7:11, 2:12][
        made[f.BUILDING_NUMBER][7:11, 2:12] == NUMBERS["gable"]
    ]
    assert southern.sum() == pytest.approx(7.0 * LEAN_M, rel=1e-6)
    assert made[f.ROOF_AREA][made[f.BUILDING_NUMBER] == NUMBERS["tower"]].sum() == pytest.approx(
        12.0, rel=1e-6
    )
    assert made[f.ROOF_AREA][made[f.BUILDING_NUMBER] == NUMBERS["lid"]].sum() == pytest.approx(
        30.0, rel=1e-6
    )


def test_planes_are_numbered_within_their_building() -> None:
    """Two planes of the gable; the tower and the lid have one each, numbered from 0."""
    made = run()
    plane, index = made[f.ROOF_PLANE], made[f.BUILDING_NUMBER]
    assert sorted(set(plane[index == NUMBERS["gable"]].tolist())) == [0, 1]
    assert set(plane[index == NUMBERS["tower"]].tolist()) == {0}
    assert set(plane[index == NUMBERS["lid"]].tolist()) == {0}
    assert (plane[index < 0] == -1).all()
    for field in (f.ROOF_SLOPE, f.ROOF_ASPECT, f.ROOF_AREA):
        assert np.isnan(made[field][index < 0]).all()

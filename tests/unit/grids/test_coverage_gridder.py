"""Share of cells under buildings: shells, lids, blocks on the terrain; true to the mask."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.grids import coverage, surface
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import GridTask, NoParams

GRID = GridSpec("EPSG:6677", -43999.5, -94165.5, 2.0, 24, 30)
X, Y = GRID.x_min + 24.0, GRID.y_max - 20.0


def test_shells_lids_and_blocks_cover_alike() -> None:
    """The same ring of a house, with faces, with a roof height, with neither: the same share."""
    house = shapely.affinity.rotate(shapely.box(X, Y, X + 21.0, Y + 13.0), 33.0)
    house = house.difference(house.centroid.buffer(3.0))
    rings = [np.array(r.coords)[:-1] for r in (house.exterior, *house.interiors)]
    face = pd.DataFrame(
        {
            "building_id": ["a"],
            "xyz": [np.concatenate([np.c_[r, np.full(len(r), 8.0)] for r in rings]).ravel()],
            "ring_sizes": [[len(r) for r in rings]],
        }
    )
    shares = []
    for roof_z_m, surfaces in ((8.0, face), (8.0, face.iloc[:0]), (np.nan, face.iloc[:0])):
        columns = {"building_id": ["a"], "roof_z_m": [roof_z_m], "height_m": [5.0]}
        buildings = gpd.GeoDataFrame(columns, geometry=[house], crs=GRID.crs)
        tables = {t.BUILDINGS: buildings, t.SURFACES: surfaces}
        ground = {f.TERRAIN: np.zeros(GRID.shape, dtype=np.float32)}
        task = GridTask(GRID, GRID.whole, tables, {}, ground)
        share = coverage.GRIDDER.run(task, NoParams()).fields[f.BUILDING_COVERAGE]
        mask = surface.GRIDDER.run(task, NoParams()).fields[f.BUILDING_MASK]
        assert (mask[share == 1.0] == 1).all()
        assert not mask[share == 0.0].any()
        shares.append(share)
    assert shares[0].tobytes() == shares[1].tobytes() == shares[2].tobytes()
    cells = GRID.x_centres(GRID.whole), GRID.y_centres(GRID.whole)
    x, y = np.meshgrid(*cells)
    exact = shapely.area(shapely.intersection(shapely.box(x - 1, y - 1, x + 1, y + 1), house)) / 4
    assert np.abs(shares[0] - exact).max() <= 7 / 32
    assert abs(float(shares[0].sum()) * 4.0 - house.area) < 0.02 * house.area


def test_overlapping_buildings_count_once() -> None:
    """Two houses over one another cover what one of them covers."""
    house = shapely.box(X, Y, X + 8.0, Y + 6.0)
    columns = {"building_id": ["a", "b"], "roof_z_m": [8.0, 9.0], "height_m": [5.0, 6.0]}
    buildings = gpd.GeoDataFrame(columns, geometry=[house, house], crs=GRID.crs)
    surfaces = pd.DataFrame({"building_id": [], "xyz": [], "ring_sizes": []})
    tables = {t.BUILDINGS: buildings, t.SURFACES: surfaces}
    made = coverage.GRIDDER.run(GridTask(GRID, GRID.whole, tables, {}, {}), NoParams()).fields
    share = made[f.BUILDING_COVERAGE]
    assert (share[7:10, 12:16] == 1.0).all()
    assert share.sum() == 12.0


def test_parts_are_told_row_by_row_from_the_north_west() -> None:
    """The west half of three cells: the two lowest of the four bits of each row."""
    columns = {"building_id": ["a"], "roof_z_m": [8.0], "height_m": [5.0]}
    house = shapely.box(X, Y, X + 1.0, Y + 5.0)
    buildings = gpd.GeoDataFrame(columns, geometry=[house], crs=GRID.crs)
    surfaces = pd.DataFrame({"building_id": [], "xyz": [], "ring_sizes": []})
    tables = {t.BUILDINGS: buildings, t.SURFACES: surfaces}
    made = coverage.GRIDDER.run(GridTask(GRID, GRID.whole, tables, {}, {}), NoParams()).fields
    parts = made[f.BUILDING_PARTS]
    assert parts[7:10, 12].tolist() == [0x3300, 0x3333, 0x3333]
    assert np.count_nonzero(parts) == 3

"""Ground from the relief of a real PLATEAU sheet: exact, its gaps filled and told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.formats import citygml_relief
from citytwin.grids import terrain
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Dataset, GridTask

GRID = GridSpec("EPSG:6677", -13300.0, -87800.0, 4.0, 380, 300)


@pytest.fixture(scope="module")
def corners(samples: Path) -> np.ndarray:
    """Corners of the triangles, shape (n, 3, 3) [m]."""
    root = samples / "buildings/plateau"
    path = root / "udx/dem/523965_dem_6697_05_op.gml"
    data = Dataset("dem", root, (path,), "EPSG:6677", "Asia/Tokyo")
    relief = citygml_relief.FORMAT.read(data, citygml_relief.FORMAT.params()).tables[t.RELIEF]
    return np.concatenate(list(relief["triangle"])).reshape(-1, 3, 3)


def ground_of(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Level and its source from some triangles."""
    rows = list(corners.reshape(-1, 9))
    relief = pd.DataFrame({"triangle": rows, "source": ["dem"] * len(rows)})
    task = GridTask(GRID, GRID.whole, {t.RELIEF: relief}, {}, {})
    made = terrain.GRIDDER.run(task, terrain.TerrainParams()).fields
    return made[f.TERRAIN], made[f.TERRAIN_SOURCE]


def test_measured_ground_is_the_plane_of_its_triangle(corners):
    """Barycentric weights of the triangle that shapely finds, within a millimetre."""
    level, source = ground_of(corners)
    x, y = np.meshgrid(GRID.x_centres(GRID.whole), GRID.y_centres(GRID.whole))
    tree = shapely.STRtree(shapely.polygons(corners[..., :2]))
    cell, triangle = tree.query(shapely.points(x.ravel(), y.ravel()), predicate="within")
    inside = np.zeros(GRID.ny * GRID.nx, dtype=np.bool_)
    inside[cell] = True
    np.testing.assert_array_equal(source.ravel() == t.TerrainSource.MEASURED, inside)
    a, b, c = (corners[triangle, k] for k in range(3))
    px, py = x.ravel()[cell], y.ravel()[cell]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    v = ((px - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (py - a[:, 1])) / area
    w = ((b[:, 0] - a[:, 0]) * (py - a[:, 1]) - (px - a[:, 0]) * (b[:, 1] - a[:, 1])) / area
    expected = a[:, 2] + v * (b[:, 2] - a[:, 2]) + w * (c[:, 2] - a[:, 2])
    assert len(cell) > 60_000
    np.testing.assert_allclose(level.ravel()[cell], expected, atol=1e-3)


def test_a_lake_left_out_of_the_sheet_is_filled_and_marked(corners):
    """Triangles of 100 m around a place taken out: filled between the shores, the rest unmoved."""
    level, source = ground_of(corners)
    middle = np.median(corners[..., :2].reshape(-1, 2), axis=0)
    polygons = shapely.polygons(corners[..., :2])
    away = ~shapely.intersects(polygons, shapely.Point(middle).buffer(50.0))
    without, marked = ground_of(corners[away])
    kept = source == t.TerrainSource.MEASURED
    lake = kept & (marked != t.TerrainSource.MEASURED)
    assert lake.sum() > 7854 / GRID.cell_m**2
    assert (marked[lake] == t.TerrainSource.FILLED).all()
    np.testing.assert_array_equal(without[kept & ~lake], level[kept & ~lake])
    shore = corners[shapely.intersects(polygons, shapely.Point(middle).buffer(150.0))][..., 2]
    assert without[lake].min() >= shore.min()
    assert without[lake].max() <= shore.max()


def test_what_lies_far_from_the_sheet_stays_unknown(corners):
    """The ground ends where the filling ends, and the source says so in the same cells."""
    level, source = ground_of(corners)
    np.testing.assert_array_equal(np.isnan(level), source == f.CLASS_NODATA)
    x, y = np.meshgrid(GRID.x_centres(GRID.whole), GRID.y_centres(GRID.whole))
    sheet = shapely.union_all(shapely.polygons(corners[..., :2]))
    away_m = shapely.distance(shapely.points(x, y), sheet)
    assert (source[(away_m > 0.0) & ~np.isnan(level)] == t.TerrainSource.FILLED).all()
    assert np.isnan(level[away_m > 2**8 * GRID.cell_m]).all()

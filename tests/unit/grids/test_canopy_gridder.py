"""Crowns of the city model and of rasters of tree heights on the grid, above their ground."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from citytwin.grids.canopy import GRIDDER, CanopyParams
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.crs import transform
from citytwin.model.grid import GridSpec
from citytwin.model.raster import Raster
from citytwin.model.steps import GridTask

GRID = GridSpec("EPSG:6677", -44000.0, -94000.0, 1.0, 30, 40)
GROUND = np.broadcast_to(np.linspace(5, 8, 40, dtype=np.float32), GRID.shape)


def plants(*rows):
    """Table of plants from kind, height, crown and shape."""
    names = ("kind", "height_m", "crown_diameter_m")
    columns = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    table = gpd.GeoDataFrame(columns, geometry=[row[3] for row in rows], crs=GRID.crs)
    return table.astype({"height_m": "Float64", "crown_diameter_m": "Float64"})


def made(table=None, rasters=(), tile=GRID.whole, **params):
    """Tops and bases, and what was said."""
    tables = {} if table is None else {t.VEGETATION: table}
    window = (slice(tile.row0, tile.row0 + tile.shape[0]),
              slice(tile.col0, tile.col0 + tile.shape[1]))  # fmt: skip
    fields = {f.TERRAIN: GROUND[window]}
    task = GridTask(GRID, tile, tables, {"canopy_raster": tuple(rasters)}, fields)
    found = GRIDDER.run(task, CanopyParams(**params))
    return found.fields[f.CANOPY_TOP], found.fields[f.CANOPY_BASE], found.notes


def test_a_tree_and_a_wood_stand_on_their_ground():
    """A tree of 12 m has its crown from 3 m on; a wood of 8 m from 2 m; a hedge from the ground."""
    at = shapely.Point(-43989.5, -94009.5)
    wood = shapely.box(-43980, -94020, -43970, -94010)
    hedge = shapely.box(-43968, -94020, -43967, -94010)
    top, base, notes = made(
        plants(("single", 12.0, 5.0, at), ("cover", 8.0, None, wood), ("cover", 1.2, None, hedge))
    )
    assert top[9, 10] == GROUND[9, 10] + 12
    assert base[9, 10] == GROUND[9, 10] + 3
    # 2 m beside the trunk of a crown of 2.5 m radius: half the span is 4.5 m times 0.6.
    assert np.isclose(top[9, 12], GROUND[9, 12] + 7.5 + 2.7, atol=1e-5)
    assert np.isclose(base[11, 10], GROUND[11, 10] + 7.5 - 2.7, atol=1e-5)
    assert np.array_equal(top[10:20, 20:30], GROUND[10:20, 20:30] + np.float32(8))
    assert np.array_equal(base[10:20, 20:30], GROUND[10:20, 20:30] + np.float32(2))
    assert np.array_equal(top[10:20, 32], GROUND[10:20, 32] + np.float32(1.2))
    assert np.array_equal(base[10:20, 32], GROUND[10:20, 32])
    assert np.isfinite(top).sum() == 21 + 100 + 10
    assert notes == ()


def test_unknown_heights_and_crowns_are_told_and_lawns_are_no_canopy():
    """A tree without a height grows nothing; one without a crown gets 3 m; a lawn is ground."""
    a, b = shapely.Point(-43989.5, -94009.5), shapely.Point(-43979.5, -94009.5)
    lawn = shapely.box(-43975, -94028, -43965, -94018)
    rows = ("single", None, 6.0, a), ("single", 9.0, None, b), ("cover", 0.2, None, lawn)
    top, _, notes = made(plants(*rows))
    # A radius of 1.5 m holds the centres up to a diagonal away.
    assert np.argwhere(np.isfinite(top)).tolist() == [[i, j] for i in (8, 9, 10) for j in
                                                      (19, 20, 21)]  # fmt: skip
    assert [(note.severity, note.count) for note in notes] == [("loss", 1), ("fallback", 1)]
    assert "cast no shade" in notes[0].en


def test_rasters_of_tree_heights():
    """A raster as fine as the grid is taken cell by cell, a coarser one by its nearest cell."""
    fine = np.zeros((30, 40), dtype=np.float32)
    fine[3, 5], fine[4, 5], fine[5, 5] = 10.0, 0.3, np.nan
    coarse = np.zeros((6, 8), dtype=np.float32)
    coarse[2, 3] = 6.0
    same = Raster(fine, GRID.crs, -44000.0, -94000.0, 1.0, 1.0, "fine.tif")
    other = Raster(coarse, GRID.crs, -44000.0, -94000.0, 5.0, 5.0, "coarse.tif")
    top, base, _ = made(rasters=[same, other])
    expected = np.zeros(GRID.shape, dtype=bool)
    expected[3, 5] = expected[10:15, 15:20] = True
    assert np.array_equal(np.isfinite(top), expected)
    assert top[3, 5] == GROUND[3, 5] + 10
    assert base[3, 5] == GROUND[3, 5] + 2.5
    assert np.array_equal(base[10:15, 15:20], GROUND[10:15, 15:20] + np.float32(1.5))


def test_a_turned_raster_as_fine_as_the_grid_leaves_no_holes():
    """A wood in metres of the next plane zone: the samples of some cells lie just beside them."""
    grid = GridSpec("EPSG:6677", -44000.0, -94000.0, 1.0, 300, 300)
    west, north = transform(np.array([-44100.0]), np.array([-93900.0]), grid.crs, "EPSG:6676")
    wood = np.full((500, 500), 8.0, dtype=np.float32)
    raster = Raster(wood, "EPSG:6676", float(west[0]), float(north[0]), 1.0, 1.0, "wood.tif")
    ground = {f.TERRAIN: np.zeros(grid.shape, dtype=np.float32)}
    task = GridTask(grid, grid.whole, {}, {"canopy_raster": (raster,)}, ground)
    assert (GRIDDER.run(task, CanopyParams()).fields[f.CANOPY_TOP] == 8.0).all()


def test_each_plant_is_counted_in_one_tile():
    """Counts of tiles add up to those of the whole."""
    rng = np.random.default_rng(1)
    points = shapely.points(rng.uniform(-44000, -43960, 50), rng.uniform(-94030, -94000, 50))
    table = plants(*(("single", None, None, point) for point in points))
    counts = [
        note.count
        for tile in GRID.tiles(13)
        for note in made(table, tile=tile)[2]
    ]  # fmt: skip
    assert len(counts) > 4
    assert sum(counts) == 50

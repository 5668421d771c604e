"""Rows are in every tile that they reach, as GDAL would cut it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from citytwin.errors import StoreError
from citytwin.store.drawing import PiecesBefore
from citytwin.store.pmtiles import read_tiles, write_pmtiles
from citytwin.store.tile_cutting import cut, read_cut
from citytwin.store.tile_rows import MAX_ZOOM, MIN_ZOOM, RowPlaces, mercator_boxes

BOX = (139.755, 35.690, 139.762, 35.694)
COUNT = 300


def houses(seed: int = 7) -> gpd.GeoDataFrame:
    """Houses, roads that cross many tiles, and values with gaps, within 4 km."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-8000.0, -4000.0, COUNT), rng.uniform(-36000.0, -33000.0, COUNT)
    outlines = shapely.box(x, y, x + rng.uniform(1.0, 300.0, COUNT), y + 12.0)
    return gpd.GeoDataFrame(
        {
            "id": pd.array([f"h{i}" for i in range(COUNT)], dtype="string"),
            "height_m": np.where(rng.random(COUNT) < 0.2, np.nan, rng.uniform(3.0, 60.0, COUNT)),
            "storeys": pd.array(
                [None if i % 5 == 0 else i % 9 for i in range(COUNT)], dtype="Int32"
            ),
            "use": pd.array([None if i % 4 else "住宅" for i in range(COUNT)], dtype="string"),
        },
        geometry=outlines,
        crs="EPSG:6677",
    )


def tiles_in(path: Path) -> dict[int, bytes]:
    """Tiles of an archive, by their numbers."""
    return read_tiles(path.read_bytes())


def write(path: Path, rows: gpd.GeoDataFrame, before: PiecesBefore | None = None) -> PiecesBefore:
    """Write an archive."""
    return PiecesBefore(path, write_pmtiles(path, rows, "houses", "Houses", BOX, before))


def test_the_same_numbers_in_another_crs_are_other_tiles(tmp_path: Path) -> None:
    """A CRS that was corrected moves all rows, though none of their numbers changes."""
    before = write(tmp_path / "before.pmtiles", houses())
    rows = houses().set_crs("EPSG:6676", allow_override=True)
    after = write(tmp_path / "after.pmtiles", rows, before)
    assert after.path.read_bytes() == write(tmp_path / "anew.pmtiles", rows).path.read_bytes()
    assert not set(tiles_in(after.path).values()) & set(tiles_in(before.path).values())


def test_a_row_around_the_world_is_named(tmp_path: Path) -> None:
    """It would reach into some four billion tiles."""
    rows = houses().to_crs(4326)
    rows.loc[5, "geometry"] = shapely.box(-179.0, -80.0, 179.0, 80.0)
    with pytest.raises(StoreError, match=r"layer houses: 'h5' alone reaches into \d{10} map tiles"):
        write(tmp_path / "a.pmtiles", rows)
    assert not (tmp_path / "a.pmtiles").exists()


def read_back(path: Path, zoom: int) -> list[tuple[object, ...]]:
    """Outlines and attributes of all features of a zoom, as GDAL reads them, in one order."""
    rows = pyogrio.read_dataframe(path, ZOOM_LEVEL=str(zoom))
    values = rows.drop(columns="geometry").to_dict("records")
    told = [tuple(f"{k}: {v}" for k, v in row.items() if not pd.isna(v)) for row in values]
    outlines = rows.geometry.to_numpy()
    alone = shapely.get_num_geometries(outlines) == 1
    shapes = np.where(alone, shapely.get_geometry(outlines, 0), outlines)
    return sorted(zip(shapely.to_wkb(shapes, hex=True), told, strict=True))


@pytest.mark.parametrize("zoom", range(MIN_ZOOM, MAX_ZOOM + 1))
def test_tiles_hold_what_gdal_cuts_at_once(tmp_path: Path, zoom: int) -> None:
    """GDAL alone, with all attributes in one go, gives the same features of the rows shown."""
    rows = houses()
    mercator = rows.to_crs("EPSG:3857")
    pyogrio.write_dataframe(
        mercator.iloc[RowPlaces(mercator.bounds.to_numpy()).shown_at(zoom)],
        tmp_path / "gdal.pmtiles",
        driver="PMTiles",
        layer="houses",
        dataset_options={"MINZOOM": str(zoom), "MAXZOOM": str(zoom)},
    )
    write(tmp_path / "ours.pmtiles", rows)
    by_gdal = read_back(tmp_path / "gdal.pmtiles", zoom)
    assert read_back(tmp_path / "ours.pmtiles", zoom) == by_gdal
    assert len(by_gdal) > (20 if zoom == MIN_ZOOM else COUNT / 2)
    numbers = set(tiles_in(tmp_path / "gdal.pmtiles"))
    assert numbers <= set(tiles_in(tmp_path / "ours.pmtiles"))


@pytest.mark.parametrize("zoom", [10, 13, 16])
def test_no_tile_is_missed(tmp_path: Path, zoom: int) -> None:
    """Each house alone: every tile that GDAL makes of it is among those that it may be seen in."""
    rows = houses().iloc[:40].to_crs("EPSG:3857")
    tiles = RowPlaces(rows.bounds.to_numpy()).tiles_at(zoom)
    named = {tile.number: set(tile.rows.tolist()) for tile in tiles}
    for row in range(len(rows)):
        made = cut(rows.geometry.iloc[[row]], "houses", zoom, tmp_path / "one.pmtiles")
        assert all(row in named[number] for number in made)


def test_a_full_tile_loses_nothing(tmp_path: Path) -> None:
    """More features than GDAL wants in a tile, at their full precision."""
    side = 480
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    first = 15_557_000.0  # well inside one tile of zoom 11
    points = shapely.points(first + 8.0 * x.ravel(), 4_260_000.0 + 8.0 * y.ravel())
    made = cut(gpd.GeoSeries(points, crs=3857), "points", 11, tmp_path / "full.pmtiles")
    (tile,) = made.values()
    assert read_cut(tile).rows.tolist() == list(range(side * side))


def test_boxes_are_those_of_outlines_in_mercator() -> None:
    """Also of rows in many parts, and none of rows without a place."""
    rows = houses()
    rows.loc[7, "geometry"] = shapely.Polygon()
    rows.loc[8, "geometry"] = None
    rows.loc[9, "geometry"] = shapely.MultiPoint([(-7000.0, -35000.0), (-6000.0, -36000.0)])
    wanted = rows.to_crs("EPSG:3857").bounds.to_numpy()
    np.testing.assert_allclose(mercator_boxes(rows.geometry), wanted, rtol=0.0, atol=1e-6)
    assert np.isnan(wanted[[7, 8]]).all()

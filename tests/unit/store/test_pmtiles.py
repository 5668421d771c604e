"""Vector tiles, checked with the reader of the PMTiles project and with GDAL."""

from __future__ import annotations

import gzip
import math
import re
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType

from citytwin.store.pmtiles import write_pmtiles
from tests.unit.store.little_tables import buildings

BOX = (139.755, 35.690, 139.762, 35.694)


def test_header_by_an_independent_reader(tmp_path: Path) -> None:
    """Version 3, vector tiles of zoom 10 to 16, bounds of the features."""
    rows = buildings()
    write_pmtiles(tmp_path / "b.pmtiles", rows, "buildings", "Buildings", BOX)
    assert (tmp_path / "b.pmtiles").read_bytes()[:8] == b"PMTiles\x03"
    with (tmp_path / "b.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        header = reader.header()
        layers = reader.metadata()["vector_layers"]
    assert (header["min_zoom"], header["max_zoom"]) == (10, 16)
    assert header["tile_type"] == TileType.MVT
    assert header["tile_compression"] == Compression.GZIP
    west, _, _, north = rows.to_crs(4326).total_bounds
    assert header["min_lon_e7"] / 1e7 == pytest.approx(west, abs=1e-5)
    assert header["max_lat_e7"] / 1e7 == pytest.approx(north, abs=1e-5)
    assert [layer["id"] for layer in layers] == ["buildings"]


def test_every_feature_is_in_the_closest_tiles(tmp_path: Path) -> None:
    """No feature, value or null is lost at the largest zoom, and places are right to 0.2 m."""
    rows = buildings(200)[["building_id", "height_m", "storeys", "geometry"]]
    write_pmtiles(tmp_path / "b.pmtiles", rows, "buildings", "Buildings", BOX)
    back = pyogrio.read_dataframe(tmp_path / "b.pmtiles").to_crs(6677)
    assert set(back["building_id"]) == set(rows["building_id"])
    once = back.drop_duplicates("building_id").set_index("building_id")
    given = rows.set_index("building_id")
    height = once["height_m"].reindex(given.index)
    assert pd.isna(height).equals(given["height_m"].isna())
    assert (height - given["height_m"]).abs().max() < 1e-9
    whole = back.dissolve("building_id").reindex(given.index)
    middle = whole.geometry.centroid.distance(given.geometry.centroid)
    assert middle.max() < 0.2


@pytest.mark.parametrize(("zoom", "pixel_on_ground_m"), [(10, 62.1), (13, 7.76)])
def test_far_out_a_tile_holds_what_a_screen_can_show(
    tmp_path: Path, zoom: int, pixel_on_ground_m: float
) -> None:
    """Of thousands of houses the largest in every pixel, and all that are larger than two pixels."""
    rows = buildings(5000)
    rows.loc[7, "geometry"] = shapely.box(-7000.0, -34300.0, -6500.0, -34000.0)
    pixel = 40_075_016.685578488 / 512 / 2**zoom
    assert pixel * math.cos(math.radians(35.69)) == pytest.approx(pixel_on_ground_m, rel=0.001)
    best: dict[tuple[int, int], tuple[float, int]] = {}
    wanted = set()
    boxes = rows.to_crs(3857).bounds.to_numpy().tolist()
    for row, (west, south, east, north) in enumerate(boxes):
        size = max(east - west, north - south)
        place = (math.floor((west + east) / 2 / pixel), math.floor((south + north) / 2 / pixel))
        if size >= 2 * pixel:
            wanted.add(row)
        else:
            best[place] = max(best.get(place, (0.0, 0)), (size, -row))
    wanted |= {-row for _, row in best.values()}
    write_pmtiles(tmp_path / "b.pmtiles", rows, "buildings", "Buildings", BOX)
    with (tmp_path / "b.pmtiles").open("rb") as file:
        all_of_it = all_tiles(MmapSource(file))
        tiles = [gzip.decompress(tile) for place, tile in all_of_it if place[0] == zoom]
    found = {int(name) for tile in tiles for name in re.findall(rb"bldg_(\d+)", tile)}
    assert found == wanted
    assert 7 in found
    assert len(found) < (100 if zoom == 10 else 4000)


def test_at_the_closest_zoom_nothing_is_left_out(tmp_path: Path) -> None:
    """Houses on top of each other are all there."""
    rows = buildings(40)
    rows["geometry"] = [shapely.box(-6800.0, -34200.0, -6795.0, -34195.0)] * 40
    write_pmtiles(tmp_path / "b.pmtiles", rows, "buildings", "Buildings", BOX)
    back = pyogrio.read_dataframe(tmp_path / "b.pmtiles")
    assert set(back["building_id"]) == set(rows["building_id"])


def test_no_features(tmp_path: Path) -> None:
    """Without features there is a file without tiles that readers accept."""
    rows = buildings().iloc[:0]
    write_pmtiles(tmp_path / "b.pmtiles", rows, "buildings", "Buildings", BOX)
    with (tmp_path / "b.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        assert reader.header()["addressed_tiles_count"] == 0
        assert reader.header()["min_lon_e7"] / 1e7 == pytest.approx(BOX[0])
        assert reader.header()["max_zoom"] == 16
        assert reader.header()["center_lon_e7"] == pytest.approx(1397585000)
        assert reader.header()["center_lat_e7"] == pytest.approx(356920000)
        assert reader.metadata()["vector_layers"][0]["id"] == "buildings"
        assert reader.get(10, 909, 403) is None


def test_same_bytes(tmp_path: Path) -> None:
    """Writing again gives the same bytes."""
    for name in ("a", "b"):
        write_pmtiles(tmp_path / f"{name}.pmtiles", buildings(), "buildings", "Buildings", BOX)
    assert (tmp_path / "a.pmtiles").read_bytes() == (tmp_path / "b.pmtiles").read_bytes()


def test_points(tmp_path: Path) -> None:
    """Points make tiles too."""
    points = buildings(5)
    points["geometry"] = shapely.centroid(points.geometry.to_numpy())
    write_pmtiles(tmp_path / "p.pmtiles", points, "points", "Points", BOX)
    assert len(set(pyogrio.read_dataframe(tmp_path / "p.pmtiles")["building_id"])) == 5

"""The longest shadow of a city through the engine: no tile may cut it, no fault stays untold."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from citytwin.kernels.solar import sun_position
from citytwin.twin import open_twin
from tests.pipelines.here import citytwin_here
from tests.pipelines.small_city import citytwin, published_files

CELL_M, NY, NX = 10.0, 300, 390
WEST, NORTH = -44000.0, -93000.0
TALL_M, GROUND_M = 634.0, 20.0
TOWER = shapely.box(WEST + 3700, NORTH - 2900, WEST + 3770, NORTH - 2830)
"""As tall and as wide as the Tokyo Skytree, in the south-east corner of the city."""
AZIMUTH, ALTITUDE = (
    float(angle[0])
    for angle in sun_position(*np.radians([35.71, -23.44]), np.radians(np.array([-60.0])))
)
"""Where the sun stands at 8:00 true solar time on the winter solstice in Tokyo."""

CONFIG = f"""
city: {{id: tower, title: {{ja: 塔, en: Tower}}}}
crs: EPSG:6677
vertical_datum: {{ja: T.P., en: T.P.}}
time_zone: Asia/Tokyo
data_date: 2026-06-01
out: out
grid: {{cell_m: {CELL_M}, bounds: [{WEST}, {NORTH - NY * CELL_M}, {WEST + NX * CELL_M}, {NORTH}]}}
sources:
  - {{name: tower, use: footprints, path: tower.gpkg, classification: public, synthetic: true,
     title: Tower, licence: CC0-1.0, params: {{height_column: tall_m}}}}
  - {{name: ground, use: geotiff_terrain, path: ground.tif, classification: public,
     synthetic: true, title: Ground, licence: CC0-1.0}}
simulations:
  - use: sunlight
    params:
      suns:
        - {{azimuth_deg: {math.degrees(AZIMUTH)}, altitude_deg: {math.degrees(ALTITUDE)}, hours: 1,
           north: grid}}
layers: [sunlit_hours, surface_height]
"""


def make_city(directory: Path) -> None:
    """Level ground with one absurd cell, the tower and a kiosk."""
    ground = np.full((NY, NX), GROUND_M, dtype=np.float32)
    ground[20, 350] = 320.0
    transform = rasterio.transform.from_origin(WEST, NORTH, CELL_M, CELL_M)
    with rasterio.open(
        directory / "ground.tif", "w", driver="GTiff", height=NY, width=NX, count=1,
        dtype="float32", crs="EPSG:6677", transform=transform,
    ) as file:  # fmt: skip
        file.write(ground, 1)
    kiosk = shapely.box(WEST + 1000, NORTH - 250, WEST + 1004, NORTH - 246)
    frame = gpd.GeoDataFrame({"tall_m": [TALL_M, 3.0]}, geometry=[TOWER, kiosk], crs="EPSG:6677")
    frame.to_file(directory / "tower.gpkg")
    (directory / "city.yaml").write_text(CONFIG, encoding="utf-8")


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory, workers: str) -> list[Path]:
    """The city in one tile, and in small ones by two processes."""
    made = []
    original = tmp_path_factory.mktemp("tower")
    make_city(original)
    for tile in ("512", "67"):
        config = original.with_name(f"tower-{tile}") / "city.yaml"
        shutil.copytree(original, config.parent)
        if tile == "512":
            done = citytwin_here("run", str(config), "--scheduler", workers, "--tile", tile)
        else:
            done = citytwin("run", str(config), "--workers", "2", "--tile", tile)
        assert done.returncode == 0, done.stderr
        made.append(config.parent / "out" / "tower")
    return made


def test_the_shadow_is_as_long_as_geometry_says(cities: list[Path]) -> None:
    """4.47 km at 8:00: centres are dark whose way to the sun passes the tower below its top."""
    length = TALL_M / math.tan(ALTITUDE)
    assert 4400 < length < 4500
    away = np.array([-math.sin(AZIMUTH), -math.cos(AZIMUTH)])
    corners = np.array(TOWER.exterior.coords)
    swept = shapely.MultiPoint(np.concatenate([corners, corners + length * away])).convex_hull
    x = WEST + (np.arange(NX) + 0.5) * CELL_M
    y = NORTH - (np.arange(NY) + 0.5) * CELL_M
    inside = shapely.contains_xy(swept, *np.meshgrid(x, y))
    sure = shapely.contains_xy(swept.buffer(-CELL_M), *np.meshgrid(x, y))
    near = shapely.contains_xy(swept.buffer(CELL_M), *np.meshgrid(x, y))
    lit = open_twin(cities[0])["sunlit_hours"].to_xarray().values
    on_tower = shapely.contains_xy(TOWER, *np.meshgrid(x, y))
    ground = ~on_tower
    ground[:21, 200:] = False  # the spike and its own shadow
    assert (lit[sure & ground] == 0).all()
    assert (lit[~near & ground] == 1).all()
    assert inside.sum() > 2000
    farthest = np.hypot(x[None, :] - corners[:, 0].mean(), y[:, None] - corners[:, 1].mean())
    assert farthest[(lit == 0) & ground].max() > 4400


def test_no_tile_cuts_it(cities: list[Path]) -> None:
    """Every file of every layer is the same, whatever the tiles and the number of workers."""
    first, *others = (published_files(city) for city in cities)
    for other in others:
        assert other == first


def test_the_spike_and_the_kiosk_are_told_on_the_layer(cities: list[Path]) -> None:
    """One cell 300 m above all around it, and a building smaller than a cell, are warnings."""
    for city in cities:
        document = open_twin(city)["sunlit_hours"].document
        losses = [note.en for note in document.notes if note.severity == "loss"]
        spike = f"x {WEST + 350.5 * CELL_M:.1f}, y {NORTH - 20.5 * CELL_M:.1f}"
        assert any("1 cells stand more than 100 m" in said and spike in said for said in losses)
        assert any("1 buildings are smaller than a cell of 10 m" in said for said in losses)

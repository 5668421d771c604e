"""GDAL's own clients of OGC API and WMTS, which QGIS uses too, against a server that runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pyogrio
import pytest
import rasterio
from pyproj import Transformer
from rasterio.io import MemoryFile
from rasterio.windows import from_bounds

from tests.server.served_city import INTERNAL, PUBLIC, Running

RUN = "20261123T210000Z"


@contextmanager
def with_token(token: str) -> Iterator[None]:
    """Let GDAL's vector drivers send a token."""
    options = {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    """Option that keeps the tiles that GDAL fetches out of the working directory."""
    return {"GDAL_DEFAULT_WMS_CACHE_PATH": str(tmp_path)}


def features(landing: str) -> set[str]:
    """Collections that GDAL's driver of OGC API - Features finds."""
    return {str(name) for name, _ in pyogrio.list_layers(f"OAPIF:{landing}")}


def test_vector_layers_by_ogc_api_features(server: Running) -> None:
    """Those of the reader, whole, over several pages, and by a box."""
    landing = f"{server.url}/ogc/"
    assert features(landing) == {"buildings"}
    with with_token(server.token()):
        assert features(landing) == {"buildings", "traffic"}
        closed = pyogrio.read_dataframe(f"OAPIF:{landing}", layer="traffic")
    whole = server.get("/ogc/collections/traffic/items?limit=1000", server.token()).json()
    assert len(closed) == whole["numberMatched"] > 0
    west, south, east, north = closed.total_bounds
    assert 139.7 < west <= east < 139.8  # longitudes first, whatever GDAL calls the CRS
    assert 35.6 < south <= north < 35.7
    found = pyogrio.read_dataframe(f"OAPIF:{landing}?limit=3", layer="buildings")
    ids = {one["id"] for one in server.get("/ogc/collections/buildings/items").json()["features"]}
    assert set(found["building_id"]) == ids
    box = tuple(found.geometry.iloc[0].bounds)
    near = pyogrio.read_dataframe(f"OAPIF:{landing}", layer="buildings", bbox=box)
    assert 0 < len(near) < len(found)


def test_raster_layers_by_wmts(server: Running, cache: dict[str, str]) -> None:
    """Those of the reader, in one document; the tiles that GDAL fetches are those of the server."""
    address = f"WMTS:{server.url}/ogc/wmts/1.0.0/WMTSCapabilities.xml"
    with rasterio.Env(GDAL_HTTP_HEADERS=f"Authorization: Bearer {server.token()}", **cache):
        with rasterio.open(address) as several:
            names = {part.split("layer=")[1].split(",")[0] for part in several.subdatasets}
        assert names == {"terrain", "flood_depth_max"}
        with rasterio.open(f"{address},layer=flood_depth_max") as raster:
            assert raster.crs.to_epsg() == 3857
            west, south, east, north = raster.bounds
            middle = (west + east) / 2, (south + north) / 2
            window = from_bounds(
                middle[0] - 50, middle[1] - 50, *(m + 50 for m in middle), raster.transform
            )
            painted = raster.read(window=window)
            assert 0 < raster.res[0] <= 5.0  # cells are 5 m; a pixel is no larger
    assert np.unique(painted.reshape(painted.shape[0], -1), axis=1).shape[1] > 1
    with rasterio.Env(**cache), rasterio.open(address) as alone:
        assert alone.count == 4  # without a token: one layer, so no list
    with rasterio.Env(**cache), pytest.raises(rasterio.errors.RasterioIOError):
        rasterio.open(f"{address},layer=flood_depth_max")


def test_a_signed_address_is_enough(server: Running, cache: dict[str, str]) -> None:
    """What a planner pastes into QGIS opens one layer, through all links that follow."""
    signing = {"Authorization": f"Bearer {server.token()}"}
    vector = httpx.post(f"{server.url}/sign/traffic", headers=signing).json()
    assert (vector["tiles"], vector["wmts"]) == (None, None)
    assert features(vector["features"]) == {"traffic"}
    read = pyogrio.read_dataframe(f"OAPIF:{vector['features']}?limit=2", layer="traffic")
    assert len(read) > 2
    raster = httpx.post(f"{server.url}/sign/flood_depth_max", headers=signing).json()
    assert raster["features"] is None
    with rasterio.Env(**cache), rasterio.open(f"WMTS:{raster['wmts']}") as opened:
        assert opened.read(1, window=((0, 1), (0, 1))).size == 1


def test_every_layer_is_described(server: Running) -> None:
    """By OGC API - Features, or Tiles and Coverages, each link of it with an answer."""
    token = server.token()
    listed = []
    for landing in ("/ogc/", "/ogc/tiles/", "/ogc/coverages/"):
        for link in server.get(landing, token).json()["links"]:
            assert server.get(link["href"].removeprefix(server.url), token).is_success
        listed += server.get(f"{landing}collections", token).json()["collections"]
    assert {one["id"] for one in listed} == {*PUBLIC, *INTERNAL}
    for one in listed:
        for link in one["links"]:
            assert server.get(link["href"].removeprefix(server.url), token).is_success
        rels = {link["rel"].split("/")[-1]: link["href"] for link in one["links"]}
        raster = one["id"] in ("terrain", "flood_depth_max")
        assert raster == bool(rels.keys() & {"tilesets-map", "coverage"})
        if "tilesets-map" in rels:
            tiles = rels["tilesets-map"].removeprefix(server.url)
            (tile_set,) = server.get(tiles, token).json()["tilesets"]
            (scheme,) = [k["href"] for k in tile_set["links"] if k["rel"].endswith("tiling-scheme")]
            assert (
                server.get(scheme.removeprefix(server.url), token).json()["id"] == "WebMercatorQuad"
            )


def coverage(server: Running, query: str, layer: str = "flood_depth_max") -> httpx.Response:
    """Ask for values, as a planner."""
    path = f"/ogc/coverages/collections/{layer}/coverage?{query}"
    return server.get(path, server.token())


def test_values_of_a_box(server: Running) -> None:
    """The cells of the city's own grid that it meets, as they are; all of them without a box."""
    with rasterio.open(server.folder / f"city/flood_depth_max/{RUN}/flood_depth_max.tif") as whole:
        cells, here, nodata = whole.read(1), whole.transform, whole.nodata
        to_lonlat = Transformer.from_crs(whole.crs, "OGC:CRS84", always_xy=True)
        west, south = to_lonlat.transform(*(here * (4.4, 12.6)))
        east, north = to_lonlat.transform(*(here * (9.6, 5.4)))
    answer = coverage(server, f"bbox={west},{south},{east},{north}")
    assert answer.headers["Content-Type"] == "image/tiff; application=geotiff"
    assert "private" in answer.headers["Cache-Control"]
    with MemoryFile(answer.content) as memory, memory.open() as part:
        assert (part.crs.to_epsg(), part.nodata, part.units) == (6677, nodata, ("m",))
        col, row = (round(one) for one in ~here * (part.transform.c, part.transform.f))
        assert (abs(col - 4), abs(row - 5)) <= (1, 1)  # the grid is turned against the meridian
        assert 6 <= part.width <= 8
        assert 8 <= part.height <= 10
        expected = cells[row : row + part.height, col : col + part.width]
        assert np.array_equal(part.read(1), expected)
    with MemoryFile(coverage(server, "").content) as memory, memory.open() as part:
        assert np.array_equal(part.read(1), cells)
        assert part.transform == here


def test_values_in_a_size_that_is_asked_for(server: Running) -> None:
    """Longitudes and latitudes, each cell from the nearest; nothing where the layer has no data."""
    size, box = (40, 30), (139.7565, 35.6915, 139.7575, 35.6922)
    query = f"bbox={','.join(map(str, box))}&scale-size=Lon({size[0]}),Lat({size[1]})"
    with MemoryFile(coverage(server, query).content) as memory, memory.open() as part:
        assert part.bounds == pytest.approx(box)
        found, there = part.read(1), part.transform
    assert found.shape == (30, 40)
    with rasterio.open(server.folder / f"city/flood_depth_max/{RUN}/flood_depth_max.tif") as whole:
        to_metres = Transformer.from_crs("OGC:CRS84", whole.crs, always_xy=True)
        cols, rows = np.meshgrid(np.arange(40) + 0.5, np.arange(30) + 0.5)
        lon, lat = there * (cols, rows)
        col, row = ~whole.transform * to_metres.transform(lon, lat)
        middle = (np.abs(col % 1 - 0.5) < 0.3) & (np.abs(row % 1 - 0.5) < 0.3)
        inside = (col >= 0) & (row >= 0) & (col < whole.width) & (row < whole.height)
        cells = whole.read(1)
    sure = middle & inside
    assert sure.sum() > 100
    assert np.array_equal(found[sure], cells[row[sure].astype(int), col[sure].astype(int)])
    assert np.unique(found[sure]).size > 5


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("bbox=0,0,1,1", 204),
        ("bbox=-180,-90,180,90", 200),
        ("bbox=0,0,1,1&scale-size=Lon(5),Lat(5)", 204),
        ("bbox=139.757,35.6915,139.757,35.6922&scale-size=Lon(5),Lat(5)", 204),
        ("bbox=0,-91,1,1", 404),
        ("bbox=1,2,3", 404),
        ("frame=1", 404),
        ("scale-size=Lon(9999),Lat(9999)", 413),
        ("scale-size=Lon(0),Lat(5)", 404),
        ("scale-size=x(5),y(5)", 404),
    ],
)
def test_boxes_and_sizes(server: Running, query: str, status: int) -> None:
    """Elsewhere nothing, too much refused with what to do, and what is no box is not there."""
    answer = coverage(server, query)
    assert answer.status_code == status
    if status == 413:
        assert "ask for a smaller bbox" in answer.json()["detail"]
    assert coverage(server, query, "buildings").status_code == 404

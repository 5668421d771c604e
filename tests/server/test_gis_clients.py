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
from rasterio.windows import from_bounds

from tests.server.served_city import INTERNAL, PUBLIC, Running


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
    """By OGC API - Tiles or Features, each link of it with an answer."""
    token = server.token()
    listed = []
    for landing in ("/ogc/", "/ogc/tiles/"):
        for link in server.get(landing, token).json()["links"]:
            assert server.get(link["href"].removeprefix(server.url), token).is_success
        listed += server.get(f"{landing}collections", token).json()["collections"]
    assert {one["id"] for one in listed} == {*PUBLIC, *INTERNAL}
    for one in listed:
        for link in one["links"]:
            assert server.get(link["href"].removeprefix(server.url), token).is_success
        if one["id"] in ("terrain", "flood_depth_max"):
            (tiles,) = [
                link["href"] for link in one["links"] if link["rel"].endswith("tilesets-map")
            ]
            (tile_set,) = server.get(tiles.removeprefix(server.url), token).json()["tilesets"]
            (scheme,) = [k["href"] for k in tile_set["links"] if k["rel"].endswith("tiling-scheme")]
            assert (
                server.get(scheme.removeprefix(server.url), token).json()["id"] == "WebMercatorQuad"
            )

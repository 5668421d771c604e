"""A whole run with restricted sources: nothing of them lies on the disk in clear."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from citytwin.config import load
from citytwin.engine.bind import bind
from citytwin.engine.protecting import require_private_cluster
from citytwin.engine.request import carried_out
from citytwin.errors import ConfigError, MissingKeyError
from citytwin.model.layer import LayerDocument
from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key
from citytwin.security.sealed_folders import KEYS_FILE
from citytwin.security.sealing import MAGIC
from citytwin.store.at_rest import open_file, read_bytes
from citytwin.store.latest import published_city
from citytwin.store.memory_room import memory_folder
from citytwin.store.sealed_rasters import open_raster
from tests.pipelines.small_city import citytwin

MARK, TITLE = "SecretPumpingStation", "Mains of the waterworks"
GROUND_M = np.float32(1234.5678)
WEST, NORTH, CELL_M, NY, NX = -44000.0, -93000.0, 10.0, 30, 40
CONFIG = f"""
city: {{id: town, title: {{ja: 町, en: Town}}}}
crs: EPSG:6677
vertical_datum: {{ja: T.P., en: T.P.}}
time_zone: Asia/Tokyo
data_date: 2026-06-01
out: out
grid: {{cell_m: {CELL_M}, bounds: [{WEST}, {NORTH - NY * CELL_M}, {WEST + NX * CELL_M}, {NORTH}]}}
sources:
  - {{name: works, use: footprints, path: works.gpkg, classification: restricted, synthetic: true,
     title: {TITLE}, licence: none, params: {{height_column: tall_m, id_column: name}}}}
  - {{name: ground, use: geotiff_terrain, path: ground.tif, classification: internal,
     synthetic: true, title: Ground, licence: none}}
layers: [terrain, surface_height, buildings]
"""
SERVED = "publication: served\nencryption: {key: town-2026}\n"


def make_city(directory: Path) -> Path:
    """One building with a name that nobody shall read, on ground at a height that nobody shall."""
    ground = np.full((NY, NX), GROUND_M, dtype=np.float32)
    with rasterio.open(
        directory / "ground.tif", "w", driver="GTiff", height=NY, width=NX, count=1,
        dtype="float32", crs="EPSG:6677",
        transform=rasterio.transform.from_origin(WEST, NORTH, CELL_M, CELL_M),
    ) as file:  # fmt: skip
        file.write(ground, 1)
    place = shapely.box(WEST + 100, NORTH - 200, WEST + 170, NORTH - 130)
    works = gpd.GeoDataFrame({"name": [MARK], "tall_m": [9.0]}, geometry=[place], crs="EPSG:6677")
    works.to_file(directory / "works.gpkg", driver="GPKG")
    config = directory / "city.yaml"
    config.write_text(CONFIG + SERVED, encoding="utf-8")
    return config


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a city that has been run once."""
    folder = tmp_path_factory.mktemp("sealed")
    write_new_key(folder / "keys", "town-2026")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CITYTWIN_KEYS", str(folder / "keys"))
        done = citytwin("run", str(make_city(folder)), "--workers", "1")
    assert done.returncode == 0, done.stderr
    return folder / "city.yaml"


@pytest.fixture
def keys(config: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the city's key, which this process has."""
    monkeypatch.setenv("CITYTWIN_KEYS", str(config.parent / "keys"))
    sealed_folders.forget_keys()
    return config.parent / "keys"


def test_nothing_lies_in_clear(config: Path) -> None:
    """No file of the run but those that name no content is without a seal."""
    out = config.parent / "out"
    sealed = 0
    for path in (path for path in out.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for secret in (MARK.encode(), TITLE.encode(), GROUND_M.tobytes(), b"TIFF", b"PAR1"):
            assert secret not in content, (secret, path)
        if content.startswith(MAGIC):
            sealed += 1
            continue
        journal = ".journal" in path.parts
        plain = path.name in (KEYS_FILE, "manifest.sqlite") or "lock" in path.name
        assert plain or journal, path
    assert sealed > 40
    with closing(sqlite3.connect(out / ".work/.sealed/town/manifest.sqlite")) as manifest:
        payloads = [row[0] for row in manifest.execute("SELECT payload FROM results")]
    assert payloads
    assert all(payload.startswith(MAGIC) for payload in payloads)
    assert not list(memory_folder().glob(f"citytwin-*/**/*{MARK}*"))


def test_who_has_the_key_reads_all_of_it(config: Path, keys: Path) -> None:
    """What was put in comes out; the class of a layer is that of its most protected source."""
    city = config.parent / "out/.sealed/town"
    latest = published_city(city)
    assert latest is not None
    classes = {}
    for layer in latest.layers:
        text = read_bytes(city / layer.path / "layer.json")
        classes[layer.id] = LayerDocument.model_validate_json(text).classification
        if layer.id == "buildings":
            with open_file(city / layer.path / "buildings.parquet") as file:
                assert list(gpd.read_parquet(file)["building_id"]) == [MARK]
        if layer.id == "terrain":
            with open_raster(city / layer.path / "terrain.tif") as raster:
                assert raster.read(1)[20, 20] == pytest.approx(1234.57, abs=1e-3)
    # The heights of the building stand in for ground that is missing, so the terrain is theirs too.
    assert classes == dict.fromkeys(("terrain", "surface_height", "buildings"), "restricted")


def test_what_stands_is_known_only_with_the_key(
    config: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run with nothing to do finds so; without the key it says which one is needed."""
    finished = carried_out(load(config))
    assert finished is not None
    monkeypatch.delenv("CITYTWIN_KEYS")
    sealed_folders.forget_keys()
    with pytest.raises(MissingKeyError, match="'town-2026' is needed"):
        carried_out(load(config))


def test_restricted_data_need_a_key_and_a_private_cluster(config: Path) -> None:
    """Told in the first second, before anything is read."""
    keyless = config.with_name("keyless.yaml")
    keyless.write_text(CONFIG + "publication: served\n", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"works.* is restricted: .*`encryption\.key` names no key"
    ):
        bind(load(keyless))
    with pytest.raises(ConfigError, match="reached without encryption"):
        require_private_cluster(load(config), "tcp://127.0.0.1:8786")
    require_private_cluster(load(config), "tls://127.0.0.1:8786")

"""The static STAC catalogue: what each item says, checked without the network."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pystac
import pytest
import rasterio
from pmtiles.tile import deserialize_header

from citytwin.model.layer import InputFile, SourceCredit
from citytwin.model.text import text
from citytwin.store.publish import publish
from tests.unit.store import little_city as lc

RUN = "20261123T210000Z"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city with a raster and a vector layer."""
    folder = tmp_path_factory.mktemp("city")
    names = ("flood_depth_max", "roads", "terrain")
    publish(folder, [lc.stage(folder / ".work", name) for name in names], lc.run_info(RUN))
    return folder


def item(city: Path, layer: str) -> dict:
    """Return an item as plain JSON."""
    return json.loads((city / layer / RUN / "item.json").read_bytes())


def test_core_schemas(city: Path) -> None:
    """Catalogue, collections and items are valid STAC 1.1.0 (core schemas of pystac)."""
    catalog = pystac.Catalog.from_file(str(city / "catalog.json"))
    assert [child.id for child in catalog.get_children()] == ["flood_depth_max", "roads", "terrain"]
    found = list(catalog.get_items(recursive=True))
    assert [one.id for one in found] == [
        f"{name}_{RUN}" for name in ("flood_depth_max", "roads", "terrain")
    ]
    for one in (catalog, *catalog.get_children(), *found):
        one.stac_extensions = []  # their schemas are checked where the samples are
        one.validate()


def test_item_says_all_that_the_conventions_ask(city: Path) -> None:
    """Grid, time, run, configuration, inputs, software and classification stand in the item."""
    read = item(city, "flood_depth_max")
    said = read["properties"]
    assert read["id"] == f"flood_depth_max_{RUN}"
    assert said["datetime"] == "2026-07-01T03:00:00Z"
    assert said["created"] == "2026-11-23T21:00:00Z"
    assert said["license"] == "CC-BY-4.0"
    assert said["proj:code"] == "EPSG:6677"
    assert said["proj:shape"] == [70, 110]
    assert said["proj:transform"] == [5.0, 0.0, -7000.0, 0.0, -5.0, -34000.0]
    assert set(said["processing:software"]) == {"citytwin"}
    assert "Rain" in said["processing:lineage"]
    assert said["citytwin:run_id"] == RUN
    assert said["citytwin:config_sha256"] == "ef" * 32
    assert said["citytwin:inputs"][0]["sha256"] == "cd" * 32
    assert said["citytwin:inputs"][0]["href"].startswith("urn:")
    assert said["citytwin:classification"] == "public"
    assert said["citytwin:notes"][0]["severity"] == "synthetic"
    assert said["citytwin:disclaimer"]["ja"].startswith("シミュレーション結果")
    assert {"ja", "en"} <= set(said["citytwin:vertical_datum"])
    assert "citytwin:disclaimer" not in item(city, "terrain")["properties"]


def test_assets_are_the_files(city: Path) -> None:
    """Every file but the item is an asset with its size, checksum, role and classification."""
    for layer in ("flood_depth_max", "roads"):
        folder = city / layer / RUN
        assets = item(city, layer)["assets"]
        files = {f"./{p.relative_to(folder).as_posix()}" for p in folder.rglob("*") if p.is_file()}
        assert {asset["href"] for asset in assets.values()} == files - {"./item.json"}
        for asset in assets.values():
            data = (folder / asset["href"]).read_bytes()
            assert asset["file:size"] == len(data)
            assert asset["file:checksum"] == "1220" + hashlib.sha256(data).hexdigest()
            assert asset["citytwin:classification"] == "public"
        roles = {name: asset["roles"] for name, asset in assets.items()}
        assert roles["data"] == ["data"]
        assert roles["thumbnail_png"] == ["thumbnail"]
        assert roles["legend_ja_png"] == roles["legend_json"] == ["legend"]
        assert any(name.startswith("style") and role == ["style"] for name, role in roles.items())


def test_band_is_that_of_the_file(city: Path) -> None:
    """Name, unit, type, nodata, resolution and statistics are those of the GeoTIFF."""
    (band,) = item(city, "flood_depth_max")["assets"]["data"]["bands"]
    with rasterio.open(city / "flood_depth_max" / RUN / "flood_depth_max.tif") as file:
        values = file.read(1, masked=True)
    assert (band["name"], band["unit"], band["data_type"]) == ("flood_depth_max", "m", "float32")
    assert (band["nodata"], band["raster:spatial_resolution"]) == (-9999.0, 5.0)
    assert band["statistics"]["maximum"] == pytest.approx(float(values.max()))
    assert band["statistics"]["mean"] == pytest.approx(float(values.mean()), rel=1e-5)
    assert band["statistics"]["valid_percent"] == pytest.approx(
        100 * values.count() / values.size, 1e-3
    )


def test_tiles_lie_inside_the_box(city: Path) -> None:
    """The bounds in the header of the vector tiles lie inside the item's box."""
    west, south, east, north = item(city, "roads")["bbox"]
    header = deserialize_header((city / "roads" / RUN / "roads.pmtiles").read_bytes()[:127])
    edges = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
    bounds = [header[edge] / 1e7 for edge in edges]
    assert west <= bounds[0] < bounds[2] <= east
    assert south <= bounds[1] < bounds[3] <= north


def test_links_are_relative(city: Path) -> None:
    """No document names the machine that it was made on."""
    for path in (city / "catalog.json", *city.rglob("collection.json"), *city.rglob("item.json")):
        text = path.read_text(encoding="utf-8")
        assert str(city) not in text
        assert all(link["href"].startswith(".") for link in json.loads(text)["links"])


def test_several_licences_are_other(tmp_path: Path) -> None:
    """A joint licence is no SPDX identifier: STAC gets ``other``, the wording stands beside it."""
    sources = tuple(
        SourceCredit(title=name, sha256="00" * 32, licence=name, synthetic=False)
        for name in ("CC-BY-4.0", "ODbL-1.0")
    )
    made = lc.stage(tmp_path / "s", "terrain", licence="CC-BY-4.0; ODbL-1.0", sources=sources)
    publish(tmp_path / "city", [made], lc.run_info(RUN))
    said = item(tmp_path / "city", "terrain")["properties"]
    assert said["license"] == "other"
    assert said["citytwin:licence"] == "CC-BY-4.0; ODbL-1.0"
    assert said["citytwin:synthetic"] is False


def test_inputs_are_files_with_their_hashes(tmp_path: Path) -> None:
    """An item lists each file that its layer was made from; so does a file of the layer."""
    files = tuple(
        InputFile(
            href=f"udx/{name}.gml",
            sha256=name * 64,
            title=text("建物", "Buildings"),
            licence="CC0",
            synthetic=False,
        )
        for name in "ab"
    )
    made = lc.stage(tmp_path / "s", "terrain", inputs=files)
    publish(tmp_path / "city", [made], lc.run_info(RUN))
    said = item(tmp_path / "city", "terrain")
    found = [(one["href"], one["sha256"]) for one in said["properties"]["citytwin:inputs"]]
    assert found == [("udx/a.gml", "a" * 64), ("udx/b.gml", "b" * 64)]
    assert said["properties"]["citytwin:inputs"][0]["title"] == "建物 / Buildings"
    listed = json.loads((tmp_path / "city" / "terrain" / RUN / "inputs.json").read_text("utf-8"))
    assert [one["href"] for one in listed] == ["udx/a.gml", "udx/b.gml"]


def test_the_vertical_datum_is_that_of_the_layer(tmp_path: Path) -> None:
    """What stands in the layer is what the item says."""
    made = lc.stage(tmp_path / "s", "terrain", vertical_datum=text("基準", "Other datum"))
    publish(tmp_path / "city", [made], lc.run_info(RUN))
    said = item(tmp_path / "city", "terrain")["properties"]
    assert said["citytwin:vertical_datum"] == {"ja": "基準", "en": "Other datum"}

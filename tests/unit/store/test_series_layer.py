"""Layers over time: a file per moment, one virtual raster of all, and times everywhere."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
from PIL import Image
from rio_cogeo import cog_validate

from citytwin.errors import StoreError
from citytwin.model import fields as f
from citytwin.model.layer import Latest
from citytwin.store.layer_writer import folder_checksum, write_layer
from citytwin.store.publish import publish
from citytwin.store.series_layer import FieldSeries
from citytwin.twin import open_twin
from tests.unit.store import little_city as lc

RUN = "20261123T210000Z"
NAMES = ["shadow_20260701T030000Z", "shadow_20260701T043000Z"]
"""Noon and half past one in Tokyo."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published city with a layer over time and one without."""
    folder = tmp_path_factory.mktemp("city")
    names = ("terrain", "shadow")
    publish(folder, [lc.stage(folder / ".work", name) for name in names], lc.run_info(RUN))
    return folder


def folder_of(city: Path, layer: str = "shadow") -> Path:
    """Folder of the run of a layer."""
    return city / layer / RUN


def expected(number: int) -> np.ndarray:
    """Values of a moment, as the little city has them."""
    return np.roll(lc.field_array(f.SHADOW), 7 * number, axis=1)


def test_a_geotiff_per_moment(city: Path) -> None:
    """Each is a valid COG with its own time, its classes and their colours."""
    for number, name in enumerate(NAMES):
        path = folder_of(city) / f"{name}.tif"
        assert cog_validate(path, strict=True, quiet=True) == (True, [], [])
        with rasterio.open(path) as file:
            assert np.array_equal(file.read(1), expected(number))
            assert file.colormap(1)[1][3] == 255
            time = file.tags()["TIFFTAG_DATETIME"]
        assert time == ("2026:07:01 03:00:00", "2026:07:01 04:30:00")[number]
    assert not (folder_of(city) / "shadow.tif").exists()


def test_all_moments_are_bands_of_one_virtual_raster(city: Path) -> None:
    """GDAL opens it from anywhere: bands in the order of time, described by it, on the grid."""
    with rasterio.open(folder_of(city) / "shadow.vrt") as file:
        assert file.count == 2
        assert file.crs.to_epsg() == 6677
        assert file.transform == lc.GRID.transform
        assert file.descriptions == (
            "shadow 2026-07-01T03:00:00Z",
            "shadow 2026-07-01T04:30:00Z",
        )
        assert file.nodatavals == (255, 255)
        assert file.tags(2)["time"] == "2026-07-01T04:30:00Z"
        for number in range(2):
            assert np.array_equal(file.read(number + 1), expected(number))


def test_the_document_lists_the_moments(city: Path) -> None:
    """With what holds at each, its picture and its values; the layer opens on the middle one."""
    document = json.loads((folder_of(city) / "layer.json").read_text(encoding="utf-8"))
    frames = document["frames"]
    assert [frame["time"] for frame in frames] == ["2026-07-01T03:00:00Z", "2026-07-01T04:30:00Z"]
    assert [frame["said"]["en"] for frame in frames] == ["moment 0", "moment 1"]
    assert document["opening"] == 1
    assert document["image"] == frames[1]["image"]
    assert document["values"] == frames[1]["values"]
    for frame in frames:
        values = frame["values"]
        packed = (folder_of(city) / values["href"]).read_bytes()
        raw = np.frombuffer(gzip.decompress(packed), "<u2")
        raw = raw.reshape(values["height"], values["width"])
        with Image.open(folder_of(city) / frame["image"]["href"]) as picture:
            assert picture.mode == "P", "classes are small pictures"
            alpha = np.asarray(picture.convert("RGBA"))[..., 3]
        assert np.array_equal(alpha > 0, (raw == 1) | (raw == 2))
    plain = json.loads((folder_of(city, "terrain") / "layer.json").read_text(encoding="utf-8"))
    assert plain["frames"] == []


def test_a_notebook_has_a_time_axis(city: Path) -> None:
    """Lazy, in UTC, no data masked; a moment is chosen by its time."""
    array = open_twin(city)["shadow"].to_xarray()
    assert array.dims == ("time", "y", "x")
    assert array.chunks is not None
    noon = array.sel(time="2026-07-01T03:00:00")
    wanted = expected(0).astype(float)
    wanted[wanted == 255] = np.nan
    np.testing.assert_array_equal(noon.values, wanted)
    assert array.rio.crs.to_epsg() == 6677
    assert array.attrs["units"] == "1"
    assert open_twin(city)["terrain"].to_xarray().dims == ("y", "x")


def test_the_catalogue_knows_when(city: Path) -> None:
    """The item spans the moments, and each file of a moment says which."""
    item = json.loads((folder_of(city) / "item.json").read_text(encoding="utf-8"))
    assert item["properties"]["start_datetime"] == "2026-07-01T03:00:00Z"
    assert item["properties"]["end_datetime"] == "2026-07-01T04:30:00Z"
    times = {asset["href"]: asset.get("datetime") for asset in item["assets"].values()}
    assert times[f"./{NAMES[1]}.tif"] == "2026-07-01T04:30:00Z"
    assert times[f"./{NAMES[1]}.png"] == "2026-07-01T04:30:00Z"
    assert times["./shadow.vrt"] is None
    assert times["./layer.json"] is None
    roles = {asset["href"]: asset["roles"] for asset in item["assets"].values()}
    assert roles[f"./{NAMES[0]}.tif"] == roles["./shadow.vrt"] == ["data"]
    collection = json.loads((city / "shadow" / "collection.json").read_text(encoding="utf-8"))
    assert collection["extent"]["temporal"]["interval"] == [
        ["2026-07-01T03:00:00Z", "2026-07-01T04:30:00Z"]
    ]


def test_qgis_steps_through_the_bands(city: Path) -> None:
    """Each band holds from its moment to the next; the controller opens on all of them."""
    project = ET.parse(city / "little.qgs").getroot()
    maps = {element.findtext("id"): element for element in project.iter("maplayer")}
    layer = maps["shadow_layer"]
    assert (layer.findtext("datasource") or "").endswith("shadow.vrt")
    temporal = layer.find("temporal")
    assert temporal is not None
    assert (temporal.get("enabled"), temporal.get("mode")) == ("1", "3")
    assert [dict(one.attrib) for one in temporal.iter("range")] == [
        {"band": "1", "begin": "2026-07-01T03:00:00Z", "end": "2026-07-01T04:30:00Z",
         "includeBeginning": "1", "includeEnd": "0"},
        {"band": "2", "begin": "2026-07-01T04:30:00Z", "end": "2026-07-01T06:00:00Z",
         "includeBeginning": "1", "includeEnd": "0"},
    ]  # fmt: skip
    assert layer.find("pipe/rasterrenderer").get("band") == "2"
    assert maps["terrain_layer"].find("temporal") is None
    settings = project.find("ProjectTimeSettings")
    assert (settings.get("timeStep"), settings.get("timeStepUnit")) == ("90", "min")
    assert settings.findtext("TemporalRange/start") == "2026-07-01T03:00:00Z"
    assert settings.findtext("TemporalRange/end") == "2026-07-01T04:30:00Z"
    assert project.findtext("properties/TemporalControllerWidget/NavigationMode") == "1"
    style = ET.parse(folder_of(city) / "shadow.qml").getroot()
    assert style.get("styleCategories") == "Symbology|Temporal"
    assert len(list(style.iter("range"))) == 2


def test_one_moment_needs_no_controller(tmp_path: Path) -> None:
    """A layer of one moment is shown as it is, whatever the controller does."""
    whole = lc.content("shadow").array
    assert isinstance(whole, FieldSeries)
    alone = FieldSeries(whole.along[:1], whole.read)
    staged = lc.stage(tmp_path / ".work", "shadow", array=alone)
    publish(tmp_path, [staged], lc.run_info(RUN))
    project = ET.parse(tmp_path / "little.qgs").getroot()
    assert project.find(".//temporal") is None
    assert project.find("ProjectTimeSettings") is None
    assert project.find("properties/TemporalControllerWidget") is None


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    """Writing again changes nothing; another time does."""
    sums = []
    later = lc.content("shadow").array
    assert isinstance(later, FieldSeries)
    moved = tuple(type(one)(one.time.replace(year=2027), one.said) for one in later.along)
    for name, series in (("a", later), ("b", later), ("c", FieldSeries(moved, later.read))):
        (tmp_path / name).mkdir()
        write_layer(lc.content("shadow", array=series), tmp_path / name)
        sums.append(folder_checksum(tmp_path / name))
    assert sums[0] == sums[1] != sums[2]


def test_nothing_at_any_moment_is_refused(tmp_path: Path) -> None:
    """A day of no data is no map; one moment without any is."""
    whole = lc.content("shadow").array
    assert isinstance(whole, FieldSeries)
    empty = np.full(lc.GRID.shape, 255, np.uint8)
    half = FieldSeries(whole.along, lambda k: whole.read(k) if k else empty)
    (tmp_path / "half").mkdir()
    assert len(write_layer(lc.content("shadow", array=half), tmp_path / "half").frames) == 2
    with pytest.raises(StoreError, match="no data anywhere"):
        write_layer(lc.content("shadow", array=FieldSeries(whole.along, lambda _: empty)), tmp_path)


def test_a_missing_moment_is_a_damaged_layer(city: Path) -> None:
    """The files of every moment are named by the document, and counted by the publication."""
    latest = Latest.model_validate_json((city / "latest.json").read_bytes())
    document = json.loads((folder_of(city) / "layer.json").read_text(encoding="utf-8"))
    named = {frame["data"] for frame in document["frames"]}
    assert named == {f"{name}.tif" for name in NAMES}
    assert latest.layers[1].checksum == folder_checksum(folder_of(city))
    assert datetime.fromisoformat(document["valid_time"]) == lc.VALID

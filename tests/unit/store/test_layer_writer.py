"""Folders of layers: complete, described, the same bytes for the same content."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from PIL import Image

from citytwin.errors import StoreError
from citytwin.model.layer import LayerDocument, Style
from citytwin.model.notes import Note
from citytwin.store.latest import ITEM
from citytwin.store.layer_writer import folder_checksum, write_layer
from tests.unit.store import little_city as lc
from tests.unit.store import little_tables as lt

RASTER_FILES = {
    "layer.json",
    "inputs.json",
    "styles/flood_depth_max.json",
    "styles/flood_depth_max.sld",
    "styles/flood_depth_max.clr",
    "legend_ja.png",
    "legend_en.png",
    "legend.json",
    "thumbnail.png",
    "flood_depth_max.tif",
    "flood_depth_max.qml",
    "flood_depth_max.png",
    "flood_depth_max.values.gz",
    "flood_depth_max_classes.pmtiles",
}
VECTOR_FILES = {
    "layer.json",
    "inputs.json",
    "styles/buildings.json",
    "styles/buildings.sld",
    "styles/buildings.maplibre.json",
    "legend_ja.png",
    "legend_en.png",
    "legend.json",
    "thumbnail.png",
    "buildings.parquet",
    "buildings.gpkg",
    "buildings.pmtiles",
}


def names(folder: Path) -> set[str]:
    """Return the names of all files in a folder."""
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_raster_folder(tmp_path: Path) -> None:
    """All files of the contract and no other, and the document describes them."""
    document = write_layer(lc.content("flood_depth_max"), tmp_path)
    assert names(tmp_path) == RASTER_FILES
    read = json.loads((tmp_path / "layer.json").read_bytes())
    assert read["schema"] == "citytwin-layer/1"
    assert (read["kind"], read["unit"], read["precision"]) == ("raster", "m", 0.001)
    assert "pmtiles" not in read
    assert read["valid_time"] == "2026-07-01T03:00:00Z"
    assert read["disclaimer"]["en"] == "Simulation, not an official hazard map"
    assert read["notes"][0]["severity"] == "synthetic"
    assert (read["moment"], read["blank"]["en"]) == ("begin", "building")
    assert read["outlines"] == "flood_depth_max_classes.pmtiles"
    rim = np.array(read["extent"]["outline"])
    assert (rim[0] == rim[-1]).all()
    west, south, east, north = read["extent"]["bounds"]
    assert np.allclose(rim.min(axis=0), (west, south), atol=1e-4)
    assert np.allclose(rim.max(axis=0), (east, north), atol=1e-4)
    assert {file["href"] for file in read["files"]} <= RASTER_FILES
    assert LayerDocument.model_validate(read) == document
    with rasterio.open(tmp_path / "flood_depth_max.tif") as file:
        tags = file.tags()
    assert "Synthetic data, not measured: rain" in tags["TIFFTAG_IMAGEDESCRIPTION"]
    assert "not an official hazard map" in tags["TIFFTAG_IMAGEDESCRIPTION"]
    with Image.open(tmp_path / "thumbnail.png") as image:
        assert image.size == (512, 512)


def test_vector_folder(tmp_path: Path) -> None:
    """All files of the contract and no other, and the document describes them."""
    document = write_layer(lc.content("buildings"), tmp_path)
    assert names(tmp_path) == VECTOR_FILES
    read = json.loads((tmp_path / "layer.json").read_bytes())
    assert "image" not in read
    assert (read["geometry"], read["style_column"]) == ("polygon", "height_m")
    assert read["extrude"] == {"height": "height_m", "base": None}
    assert read["columns"][0] == {
        "name": "height_m",
        "label": {"ja": "高さ", "en": "Height"},
        "unit": "m",
        "precision": 0.1,
        "values": None,
        "missing": None,
    }
    assert read["columns"][2]["unit"] == ""
    assert LayerDocument.model_validate(read) == document


def test_values_are_rounded_as_the_layer_says(tmp_path: Path) -> None:
    """Attributes stand rounded in every file; other columns are left as they are."""
    write_layer(lc.content("buildings"), tmp_path)
    rows = gpd.read_parquet(tmp_path / "buildings.parquet").set_index("building_id")
    given = lt.buildings().set_index("building_id").reindex(rows.index)
    assert np.allclose(rows["height_m"], given["height_m"].round(1), equal_nan=True, atol=1e-12)
    assert (rows["ground_z_m"] == 3.12).all()
    assert (rows["roof_z_m"] == given["roof_z_m"]).all()
    package = pyogrio.read_dataframe(tmp_path / "buildings.gpkg", layer="buildings")
    assert package["building_id"].tolist() == rows.index.tolist()


def test_tiles_hold_only_what_the_page_shows(tmp_path: Path) -> None:
    """Internal columns stay out of the vector tiles."""
    write_layer(lc.content("buildings"), tmp_path)
    tiles = pyogrio.read_dataframe(tmp_path / "buildings.pmtiles", read_geometry=False)
    assert set(tiles.columns) - {"mvt_id"} == {
        "building_id",
        "height_m",
        "measured_height_m",
        "storeys",
        "usage",
        "ground_z_m",
        "lod",
        "defects",
    }


def test_same_bytes_a_second_later(tmp_path: Path) -> None:
    """The same content gives the same checksum, whenever and wherever it is written."""
    sums: dict[str, list[str]] = {"flood_depth_max": [], "traffic": [], "roads": []}
    for folder in ("one", "two"):
        for name, found in sums.items():
            (tmp_path / folder / name).mkdir(parents=True)
            write_layer(lc.content(name), tmp_path / folder / name)
            found.append(folder_checksum(tmp_path / folder / name))
        time.sleep(1.1 if folder == "one" else 0)
    for first, second in sums.values():
        assert first == second
        assert first.startswith("sha256:")
        assert len(first) == 71


def test_checksum_sees_everything_but_the_item(tmp_path: Path) -> None:
    """A changed byte, a renamed and an added file change it; the STAC item does not."""
    (tmp_path / "styles").mkdir()
    (tmp_path / "a.txt").write_text("1")
    (tmp_path / "styles" / "b.txt").write_text("2")
    before = folder_checksum(tmp_path)
    (tmp_path / ITEM).write_text("run 1")
    assert folder_checksum(tmp_path) == before
    (tmp_path / "a.txt").write_text("9")
    changed = folder_checksum(tmp_path)
    (tmp_path / "a.txt").write_text("1")
    (tmp_path / "a.txt").rename(tmp_path / "c.txt")
    renamed = folder_checksum(tmp_path)
    (tmp_path / "styles" / ITEM).write_text("not the item of the layer")
    assert len({before, changed, renamed, folder_checksum(tmp_path)}) == 4


def test_picture_values_and_tif_agree(tmp_path: Path) -> None:
    """Where the page shows a colour, the value it shows on a click lies in that class."""
    document = write_layer(lc.content("sunlit_hours"), tmp_path)
    assert document.values is not None
    style = Style.model_validate_json((tmp_path / document.style).read_bytes())
    raw = np.frombuffer(
        gzip.decompress((tmp_path / document.values.href).read_bytes()), dtype="<u2"
    ).reshape(document.values.height, document.values.width)
    values = raw * document.values.scale + document.values.offset
    with Image.open(tmp_path / "sunlit_hours.png") as picture:
        image = np.asarray(picture.convert("RGBA"))
    drawn = image[..., 3] > 0
    assert np.array_equal(drawn, raw != 65535)
    for item in style.items:
        inside = drawn & (values >= (item.min or 0) - 1e-9)
        inside &= values < (item.max if item.max is not None else 99) - 1e-9
        assert (image[inside][:, :3] == item.rgb).all()


def test_layer_without_features(tmp_path: Path) -> None:
    """No features is a layer that says so, not a failure."""
    document = write_layer(lc.content("roads", frame=lt.road_exposure().iloc[:0]), tmp_path)
    assert [note.en for note in document.notes][-1] == "There is no such feature in this area"
    assert document.geometry == "polygon"


def test_large_range_is_told_on_the_layer(tmp_path: Path) -> None:
    """What the page shows coarser than the file becomes a note of the document."""
    heights = np.linspace(-100, 3000, lc.GRID.ny * lc.GRID.nx, dtype=np.float32)
    document = write_layer(lc.content("terrain", array=heights.reshape(lc.GRID.shape)), tmp_path)
    assert any("rounded to 0.1 m" in note.en for note in document.notes)


def test_refusals_name_the_layer(tmp_path: Path) -> None:
    """Missing content, a naive time, no data and lacking columns are told with the layer's id."""
    with pytest.raises(StoreError, match="flood_depth_max shows field"):
        write_layer(lc.content("flood_depth_max", array=None), tmp_path)
    with pytest.raises(StoreError, match="buildings shows table"):
        write_layer(lc.content("buildings", frame=None), tmp_path)
    with pytest.raises(StoreError, match="no time zone"):
        write_layer(lc.content("buildings", valid_time=datetime(2026, 1, 1)), tmp_path)  # noqa: DTZ001
    nothing = np.full(lc.GRID.shape, np.nan, np.float32)
    with pytest.raises(StoreError, match="terrain has no data anywhere"):
        write_layer(lc.content("terrain", array=nothing), tmp_path)
    frame = lt.buildings().drop(columns="height_m")
    with pytest.raises(StoreError, match="lack columns height_m"):
        write_layer(lc.content("buildings", frame=frame), tmp_path)
    mixed = lt.buildings()
    mixed.loc[3, "geometry"] = mixed.geometry[3].centroid
    with pytest.raises(StoreError, match="Point, Polygon"):
        write_layer(lc.content("buildings", frame=mixed), tmp_path)


def test_inputs_are_left_alone(tmp_path: Path) -> None:
    """Writing changes neither the array nor the rows that it is given."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    array, frame = lc.content("flood_depth_max").array, lt.traffic()
    assert array is not None
    copy, rows = array.copy(), frame.copy()
    write_layer(lc.content("flood_depth_max", array=array), tmp_path / "a")
    write_layer(lc.content("traffic", frame=frame), tmp_path / "b")
    assert np.array_equal(array, copy, equal_nan=True)
    assert frame.equals(rows)


def test_time_zone_of_the_data_is_utc(tmp_path: Path) -> None:
    """A valid time in another zone is written as the same instant in UTC."""
    local = datetime.fromisoformat("2026-07-01T12:00:00+09:00")
    document = write_layer(lc.content("terrain", valid_time=local), tmp_path)
    assert document.valid_time == "2026-07-01T03:00:00Z"
    assert local == datetime(2026, 7, 1, 3, tzinfo=UTC)


def test_info_notes_are_kept(tmp_path: Path) -> None:
    """Notes of the simulation reach the document in their order."""
    notes = (lc.SYNTHETIC, Note(severity="info", ja="雨 60 mm", en="Rain of 60 mm"))
    document = write_layer(lc.content("flood_depth_max", notes=notes), tmp_path)
    assert document.notes[:2] == notes

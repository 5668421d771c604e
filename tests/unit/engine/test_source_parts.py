"""A source read in parts: the same as in one piece, each part on its own, ids settled."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from distributed import Client

from citytwin.config import load
from citytwin.engine import reading as reading_of_sources
from citytwin.engine import source_parts
from citytwin.engine.bind import bind
from citytwin.engine.city_store import CityStore
from citytwin.engine.open_sources import OpenSource, WantedSource
from citytwin.engine.reading import Reading, read_sources
from citytwin.engine.report import RunReport, Silent
from citytwin.model import tables as t
from citytwin.store.manifest import Manifest
from tests.unit.formats import gml_documents as gml

CONFIG = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:25832
vertical_datum: {ja: NHN, en: NHN}
time_zone: Europe/Berlin
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
sources:
  - {name: town, use: citygml, path: udx/bldg, classification: public, title: A, licence: CC0}
"""
Town = Callable[[dict[str, list[str]]], tuple[Reading, RunReport, CityStore]]


@pytest.fixture
def read(tmp_path: Path, client: Client) -> Town:
    """Writes files of buildings, and reads them into the store of a city."""
    (tmp_path / "city.yaml").write_text(CONFIG, encoding="utf-8")

    def reader(files: dict[str, list[str]]) -> tuple[Reading, RunReport, CityStore]:
        for name, members in files.items():
            text = members[0] if members[0].startswith("no") else gml.city_model(*members)
            gml.write(tmp_path, text, f"{name}_bldg_1.gml")
        city = bind(load(tmp_path / "city.yaml"))
        store = CityStore(tmp_path / "work", "EPSG:25832", "Europe/Berlin", 16)
        manifest = Manifest(tmp_path / "work" / "manifest.sqlite")
        report = RunReport("town")
        try:
            found = read_sources(city, store, manifest, client, Silent(), report, verify=False)
        finally:
            manifest.close()
        return found, report, store

    return reader


def house(name: str, place: int, top: float = 116.0, body: str = "") -> str:
    """A box of 10 m x 6 m, the n-th of a row."""
    x = gml.X0 + 20 * place
    return gml.building(gml.lod1(gml.box(x, gml.Y0, x + 10, gml.Y0 + 6, 112.0, top)) + body, name)


def heights(store: CityStore) -> dict[str, float]:
    """Highest point of each building, in the order of the table."""
    buildings = store.read_table(t.BUILDINGS, "town")
    return dict(zip(buildings["building_id"], buildings["roof_z_m"], strict=True))


def test_files_are_parts_and_stand_on_their_own(read: Town) -> None:
    """One of three is written anew: the others are not read again, and one that goes is gone."""
    files = {name: [house(name, n)] for n, name in enumerate("abc")}
    _, report, store = read(files)
    assert (report.rows[0].parts, report.rows[0].standing) == (3, 0)
    assert heights(store) == {"a": 116.0, "b": 116.0, "c": 116.0}
    _, report, store = read({"b": [house("b", 1, 120.0)]})
    assert (report.rows[0].parts, report.rows[0].standing) == (3, 2)
    assert heights(store) == {"a": 116.0, "b": 120.0, "c": 116.0}
    (store.root.parent / "udx" / "bldg" / "a_bldg_1.gml").unlink()
    reading, report, store = read({})
    assert (report.rows[0].parts, report.rows[0].standing) == (2, 2)
    assert list(heights(store)) == ["b", "c"]
    assert list(reading.decoded["town"].files) == ["udx/bldg/b_bldg_1.gml", "udx/bldg/c_bldg_1.gml"]
    assert len(list((store.root / "tables" / "town" / "buildings").iterdir())) == 2


def test_a_building_in_two_files_is_kept_once_and_another_of_its_id_too(read: Town) -> None:
    """In the order of the files, whoever was faster; surfaces follow their buildings."""
    reading, report, store = read(
        {
            "a": [house("x", 0), house("y", 1)],
            "b": [house("x", 0), house("y", 2, 119.0), house("y#2", 3)],
            "c": [house("z", 4), house("y", 2, 119.0)],
        }
    )
    assert heights(store) == {"x": 116.0, "y": 116.0, "y#3": 119.0, "y#2": 116.0, "z": 116.0}
    surfaces = store.read_table(t.SURFACES, "town")
    assert surfaces["building_id"].value_counts().to_dict() == dict.fromkeys(heights(store), 6)
    assert surfaces["surface_id"].is_unique
    buildings = store.read_table(t.BUILDINGS, "town").set_index("building_id")
    assert buildings["defects"].to_dict() == {
        "x": "", "y": "", "y#3": "duplicate-id", "y#2": "", "z": "",
    }  # fmt: skip
    assert report.losses == [
        "source town: b_bldg_1.gml: x: same building again",
        "source town: b_bldg_1.gml: y: another building has this id; both are kept",
        "source town: c_bldg_1.gml: y: same building again",
    ]
    assert reading.decoded["town"].rows == {"buildings": 5, "surfaces": 30, "defects": 3}
    defects = store.read_table(t.DEFECTS, "town")
    assert sorted(zip(defects["feature_id"], defects["code"], strict=True)) == [
        ("x", "duplicate"), ("y", "duplicate"), ("y#3", "duplicate-id"),
    ]  # fmt: skip
    assert defects["geometry"].notna().tolist() == [
        code == "duplicate-id" for code in defects["code"]
    ]


def test_an_id_that_a_file_gave_away_itself(read: Town) -> None:
    """It clashes with that very id in another file; what the file told is not told again."""
    reading, report, store = read(
        {"a": [house("y#2", 0)], "b": [house("y", 1), house("y", 2, 119.0)], "c": [house("z", 3)]}
    )
    assert heights(store) == {"y#2": 116.0, "y": 116.0, "y#3": 119.0, "z": 116.0}
    buildings = store.read_table(t.BUILDINGS, "town")
    assert buildings["defects"].tolist() == ["", "", "duplicate-id", ""]
    assert report.losses == [
        "source town: b_bldg_1.gml: y: another building has this id; both are kept"
    ]
    defects = store.read_table(t.DEFECTS, "town")
    assert list(zip(defects["feature_id"], defects["code"], strict=True)) == [
        ("y#3", "duplicate-id")
    ]
    assert reading.decoded["town"].rows == {"buildings": 4, "surfaces": 24, "defects": 1}


def test_counts_are_added_up(read: Town) -> None:
    """Three buildings without geometry in two files are one remark about three."""
    empty = [gml.building("", name) for name in ("p", "q", "r")]
    reading, _, _ = read({"a": [house("a", 0), *empty[:2]], "b": [house("b", 1), empty[2]]})
    said = [note.en for note in reading.decoded["town"].notes]
    assert said == [
        "3 features have no usable geometry and are missing",
        "3 records of source town were set aside or repaired",
    ]


def test_a_broken_file_is_lost_alone(read: Town) -> None:
    """It is named, and tried again; without any sound file the source is lost."""
    files = {"a": ["no document"], "b": [house("b", 1)]}
    reading, report, store = read(files)
    assert list(heights(store)) == ["b"]
    (said,) = report.losses
    assert said.startswith("source town: a_bldg_1.gml: ")
    notes = [note.en for note in reading.decoded["town"].notes]
    assert notes[0] == "1 files of source town could not be read and were left out"
    assert store.read_table(t.DEFECTS, "town")["code"].tolist() == ["file-refused"]
    _, report, _ = read({"a": [house("a", 0)]})
    assert (report.rows[0].parts, report.rows[0].standing) == (2, 1)
    assert report.losses == []
    reading, report, _ = read({"a": ["no document"], "b": ["no document either"]})
    assert reading.lost == ["town"]
    assert "a_bldg_1.gml" in report.losses[0]


def test_ranges_of_a_file_give_what_the_file_gives(
    read: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, ids and notes; three of forty buildings share an id with another."""
    members = [house(f"h{n % 37}", n, 116.0 + n) for n in range(40)]
    reading, _, store = read({"a": members})
    whole = [store.read_table(table, "town") for table in (t.BUILDINGS, t.SURFACES)]
    monkeypatch.setattr(source_parts, "RANGE_BYTES", 20_000)
    cut, report, store = read({})
    assert report.rows[0].parts > 3
    assert report.rows[0].standing == 0
    for table, before in zip((t.BUILDINGS, t.SURFACES), whole, strict=True):
        pd.testing.assert_frame_equal(store.read_table(table, "town"), before)
    assert cut.decoded == reading.decoded


def test_a_link_between_ranges_makes_them_one(read: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is read as a whole, and is so from the start the next time."""
    faces = gml.box(gml.X0, gml.Y0 + 50, gml.X0 + 9, gml.Y0 + 55, 112.0, 119.0)
    shell = gml.building(gml.lod2(faces, "far"), "first")
    links = [f"#far{n}" for n in range(6)]
    borrowed = gml.building(f"<bldg:lod2Solid>{gml.solid(*links)}</bldg:lod2Solid>", "last")
    members = [shell, *(house(f"h{n}", n) for n in range(30)), borrowed]
    reading, _, store = read({"a": members})
    whole = store.read_table(t.SURFACES, "town")
    monkeypatch.setattr(source_parts, "RANGE_BYTES", 20_000)
    (store.root / "manifest.sqlite").unlink()
    cut, report, store = read({})
    pd.testing.assert_frame_equal(store.read_table(t.SURFACES, "town"), whole)
    assert cut.decoded == reading.decoded
    assert "last" in heights(store)
    _, report, _ = read({})
    assert (report.rows[0].parts, report.rows[0].standing) == (1, 1)


def test_ranges_of_a_file_that_changed_meanwhile_do_not_stand(
    read: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when the file that was hashed comes back: it is not the one that was read."""
    members = [house(f"h{n}", n) for n in range(30)]
    higher = [house(f"h{n}", n, 120.0) for n in range(30)]
    monkeypatch.setattr(source_parts, "RANGE_BYTES", 20_000)
    hashed = reading_of_sources.open_source

    def changing(wanted: WantedSource, manifest: Manifest, *, verify: bool) -> OpenSource:
        opened = hashed(wanted, manifest, verify=verify)
        (file,) = opened.whole.dataset.files
        stamp = file.stat()
        file.write_text(gml.city_model(*higher), encoding="utf-8")
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 10**9))
        return opened

    monkeypatch.setattr(reading_of_sources, "open_source", changing)
    reading, _, _ = read({"a": members})
    assert reading.lost == ["town"]
    monkeypatch.setattr(reading_of_sources, "open_source", hashed)
    _, report, store = read({"a": members})
    assert report.rows[0].parts > 1
    assert set(heights(store).values()) == {116.0}


def test_rows_of_a_vector_file_are_read_in_ranges(
    read: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where files tell each other usual heights, as long as there is one file only."""
    config = CONFIG.replace("use: citygml, path: udx/bldg", "use: footprints, path: a.gpkg")
    (tmp_path / "city.yaml").write_text(
        config.replace("title: A,", "title: A, params: {id_column: bid},")
    )
    shapes = [
        shapely.box(gml.X0 + 20 * n, gml.Y0, gml.X0 + 20 * n + 10, gml.Y0 + 6) for n in range(99)
    ]
    names = [f"b{n}" for n in range(99)]
    gpd.GeoDataFrame({"bid": names}, geometry=shapes, crs=25832).to_file(tmp_path / "a.gpkg")
    monkeypatch.setattr(source_parts, "RANGE_BYTES", 8 * (tmp_path / "a.gpkg").stat().st_size // 3)
    reading, report, store = read({})
    assert report.rows[0].parts == 3
    assert store.read_table(t.BUILDINGS, "town")["building_id"].tolist() == names
    said = [note.en for note in reading.decoded["town"].notes]
    assert "99 buildings have no known height and count as flat" in said

"""A city whose files come, go and change: after each run the store is what a fresh one would be."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import Client

from citytwin.config import load
from citytwin.engine.bind import bind
from citytwin.engine.city_store import MERGED, CityStore
from citytwin.engine.corrected import Corrections
from citytwin.engine.joining import join_tables
from citytwin.engine.reading import Reading, read_sources
from citytwin.engine.report import RunReport, Silent
from citytwin.model import tables as t
from citytwin.model.tables import Table
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
  - {name: old, use: citygml, path: old/udx/bldg, classification: public, title: A, licence: CC0}
  - {name: new, use: citygml, path: new/udx/bldg, classification: public, title: B, licence: CC0}
"""
NAMES = ("p", "q", "r", "q#2", "old:p")
TILES = ("1", "2", "3", "4")


def house(name: str, kind: int) -> str:
    """One of four houses: sound, higher, of two parts, or without its roof."""
    x = gml.X0 + 20 * NAMES.index(name)
    faces = gml.box(x, gml.Y0, x + 10, gml.Y0 + 6, 112.0, 120.0 if kind == 1 else 116.0)
    if kind == 2:
        return gml.building(gml.part(gml.lod1(faces), f"{name}-part"), name)
    return gml.building(gml.lod1(faces[:1] + faces[2:] if kind == 3 else faces), name)


def edit(city: Path, rng: np.random.Generator) -> None:
    """Write one to three tiles anew, or remove them; sometimes one is broken."""
    for _ in range(rng.integers(1, 4)):
        file = (
            city / rng.choice(["old", "new"]) / "udx" / "bldg" / f"{rng.choice(TILES)}_bldg_1.gml"
        )
        others = [path for path in file.parent.glob("*.gml") if path != file]
        if others and rng.random() < 0.25:
            file.unlink(missing_ok=True)
            continue
        houses = [house(str(rng.choice(NAMES)), int(rng.integers(4))) for _ in range(3)]
        text = gml.city_model(*houses)
        cut = rng.random() < 0.1
        gml.write(file.parents[2], text[:-200] if cut else text, file.name)


def read(city: Path, work: Path, client: Client) -> tuple[Reading, RunReport, CityStore]:
    """Read both sources, and join them."""
    store = CityStore(work, "EPSG:25832", "Europe/Berlin", 16)
    report = RunReport("town")
    with closing(Manifest(work / "manifest.sqlite")) as manifest:
        bound = bind(load(city / "city.yaml"))
        reading = read_sources(bound, store, manifest, client, Silent(), report, verify=True)
    join_tables(list(reading.decoded), reading, store, Corrections())
    return reading, report, store


def files_of(store: CityStore) -> dict[str, bytes]:
    """All files of tables that lie in the store."""
    folder = store.root / "tables"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.glob("*/*/*.parquet")}


def table(store: CityStore, which: Table) -> pd.DataFrame:
    """A joined table."""
    return store.read_table(which, MERGED)


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 5])
def test_whatever_was_before(tmp_path: Path, client: Client, seed: int) -> None:
    """Tables, files on the disk, records set aside and what is told do not depend on history."""
    rng = np.random.default_rng(seed)
    (tmp_path / "city.yaml").write_text(CONFIG, encoding="utf-8")
    for folder in ("old", "new"):
        for tile in TILES[:2]:
            gml.write(tmp_path / folder, gml.city_model(house("p", 0)), f"{tile}_bldg_1.gml")
    for run in range(4):
        edit(tmp_path, rng)
        reading, report, store = read(tmp_path, tmp_path / "work", client)
        afresh, said, fresh = read(tmp_path, tmp_path / f"fresh{run}", client)
        assert reading.decoded == afresh.decoded
        assert reading.lost == afresh.lost
        # Lines that name the quarantine name the folder of their store.
        assert len(report.losses) == len(said.losses)
        assert files_of(store) == files_of(fresh)
        require_sound(store)


def test_a_source_that_is_gone_leaves_nothing(tmp_path: Path, client: Client) -> None:
    """Neither files nor records; one that cannot be read now keeps both, and an assessment its."""
    configuration = tmp_path / "city.yaml"
    configuration.write_text(CONFIG, encoding="utf-8")
    for folder in ("old", "new"):
        gml.write(tmp_path / folder, gml.city_model(house("p", 0)), "1_bldg_1.gml")
    store = read(tmp_path, tmp_path / "work", client)[-1]
    assessed = store.part_path("old", t.TRAFFIC, "whole")
    assessed.parent.mkdir(parents=True)
    assessed.write_bytes(b"assessed")
    (tmp_path / "new").rename(tmp_path / "away")
    reading, _, _ = read(tmp_path, tmp_path / "work", client)
    assert reading.lost == ["new"]
    (tmp_path / "away").rename(tmp_path / "new")
    _, report, _ = read(tmp_path, tmp_path / "work", client)
    assert (report.rows[0].parts, report.rows[0].standing) == (2, 2)
    configuration.write_text("\n".join(CONFIG.splitlines()[:-2] + CONFIG.splitlines()[-1:]))
    read(tmp_path, tmp_path / "work", client)
    with closing(Manifest.reading(tmp_path / "work" / "manifest.sqlite")) as manifest:
        assert manifest.steps("source:") == ["source:new"]
    assert list((store.root / "tables" / "old").glob("*/*.parquet")) == [assessed]


def test_a_defect_follows_its_building_out_of_any_part(tmp_path: Path, client: Client) -> None:
    """Of a building renamed in its source and again between sources, and of one beside others."""
    (tmp_path / "city.yaml").write_text(CONFIG, encoding="utf-8")
    lost = gml.building("", "lost")
    tiles = {
        "old/1": [house("q", 2), house("q#2", 1), house("r", 1)],
        "new/1": [house("q", 0), lost],
        "new/2": [house("q", 1), lost, house("r", 3)],
        "new/3": [lost, house("p", 3)],
    }
    for place, members in tiles.items():
        folder, tile = place.split("/")
        gml.write(tmp_path / folder, gml.city_model(*members), f"{tile}_bldg_1.gml")
    _, _, store = read(tmp_path, tmp_path / "work", client)
    require_sound(store)
    defects = table(store, t.DEFECTS)
    assert sorted(zip(defects["feature_id"], defects["code"], strict=True)) == [
        ("lost", "no-geometry"),
        ("lost", "no-geometry"),
        ("lost", "no-geometry"),
        ("new:q#2", "duplicate-id"),
        ("new:r", "302"),
        ("p", "302"),
    ]


def require_sound(store: CityStore) -> None:
    """Every id is there once, and what follows buildings names one that is there."""
    buildings, surfaces, defects = (
        table(store, which) for which in (t.BUILDINGS, t.SURFACES, t.DEFECTS)
    )
    assert buildings["building_id"].is_unique
    assert surfaces["surface_id"].is_unique
    assert defects["defect_id"].is_unique
    there = set(buildings["building_id"])
    assert set(surfaces["building_id"]) <= there
    marked = buildings.set_index("building_id")["defects"]
    of_buildings = defects[defects["theme"] == "buildings"]
    told = set(zip(of_buildings["feature_id"], of_buildings["code"], strict=True))
    said = {(name, code) for name, codes in marked.items() for code in codes.split(",") if code}
    assert said <= told

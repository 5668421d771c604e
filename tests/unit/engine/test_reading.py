"""What a source is made from: its files, and those that are read beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from citytwin import registry
from citytwin.config import LoadedConfig, load
from citytwin.engine import code_hash, request, source_parts
from citytwin.engine.bind import bind
from citytwin.engine.city_store import CityStore
from citytwin.engine.request import request_key
from citytwin.engine.source_hashes import hash_files
from citytwin.engine.source_parts import parts_of_source, source_task
from citytwin.engine.versions import library_versions
from citytwin.model.steps import Format
from citytwin.rules import sun
from citytwin.store.manifest import Manifest

CONFIG = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
sources:
  - {name: town, use: citygml, path: data/udx/bldg, classification: public, title: A, licence: CC0}
  - {name: bus, use: gtfs_rt, path: feed/now.pb, root: feed, params: {stops: static/stops.txt},
     classification: public, title: B, licence: CC0}
"""
FILES = (
    "data/udx/bldg/5_bldg_1.gml", "data/codelists/Building_usage.xml", "feed/now.pb",
    "feed/static/stops.txt",
)  # fmt: skip
OWNERS = ("town", "town", "bus", "bus")


WILD = CONFIG.replace("data/udx/bldg", "wards/*/udx/bldg").replace("feed/now.pb", "feed/n*.pb")


@pytest.fixture
def wild(tmp_path: Path) -> LoadedConfig:
    """Two data sets found by a pattern with the wildcard in the middle, each with code lists."""
    for ward in ("wards/a", "wards/b"):
        for name in ("udx/bldg/5_bldg_1.gml", "codelists/Building_usage.xml"):
            (tmp_path / ward / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / ward / name).write_text("old")
    for name in FILES[2:]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    file = tmp_path / "city.yaml"
    file.write_text(WILD, encoding="utf-8")
    return load(file)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("wards/a/udx/bldg/5_bldg_1.gml", "town"),
        ("wards/a/codelists/Building_usage.xml", "town"),
        ("wards/b/codelists/Building_usage.xml", "town"),
        ("feed/static/stops.txt", "bus"),
    ],
)
def test_what_lies_beside_the_files_that_a_pattern_finds_counts(
    wild: LoadedConfig, file: str, source: str
) -> None:
    """The folders are those of the files, wherever the wildcard stands."""
    before, key = fingerprints(wild), request_key(wild)
    (wild.file.parent / file).write_text("something else")
    after = fingerprints(wild)
    assert {name for name in before if before[name] != after[name]} == {source}
    assert request_key(wild) != key


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedConfig:
    """A configuration and its files, which nobody reads here."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    file = tmp_path / "city.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    return load(file)


def fingerprints(loaded: LoadedConfig) -> dict[str, str]:
    """Fingerprint of each source."""
    city = bind(loaded)
    work = loaded.file.parent
    store = CityStore(work, "EPSG:6677", "Asia/Tokyo", 16)
    manifest = Manifest(work / "manifest.sqlite")
    found = {}
    for source in city.sources:
        whole = source_task(city, source, store)
        whole = replace(whole, hashes=hash_files(manifest, whole, verify=False))
        parts = parts_of_source(source, whole, manifest)
        found[source.config.name] = "".join(part.order.fingerprint for part in parts)
    manifest.close()
    return found


@pytest.mark.parametrize(("file", "source"), list(zip(FILES, OWNERS, strict=True)))
def test_files_and_what_is_read_beside_them_count(
    loaded: LoadedConfig, file: str, source: str
) -> None:
    """A code list or a list of stops that changes is another request and another source."""
    before, key = fingerprints(loaded), request_key(loaded)
    (loaded.file.parent / file).write_text("something else")
    after = fingerprints(loaded)
    assert {name for name in before if before[name] != after[name]} == {source}
    assert request_key(loaded) != key


@pytest.mark.parametrize("folder", ["udx/bldg/lists", "udx/bldg", "codelists", "CodeLists"])
@pytest.mark.parametrize("deep", ["", "2026/lod2/new/"])
def test_a_code_list_counts_wherever_it_may_lie(tmp_path: Path, folder: str, deep: str) -> None:
    """A model may name any file of its data set; one that comes later counts as well."""
    file = tmp_path / "city.yaml"
    file.write_text(CONFIG.replace("udx/bldg,", f"udx/bldg/{deep[:-1]},").replace("/,", ","))
    for name in (f"data/udx/bldg/{deep}5_bldg_1.gml", *FILES[2:]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    place = tmp_path / "data" / folder / "Building_usage.xml"
    place.parent.mkdir(parents=True, exist_ok=True)
    seen = []
    for content in (None, "old", "new"):
        if content is not None:
            place.write_text(f"<gml:Dictionary>{content}</gml:Dictionary>")
        seen.append((fingerprints(load(file))["town"], request_key(load(file))))
    assert len({part for part, _ in seen}) == len({key for _, key in seen}) == 3


def test_files_of_xml_that_are_no_lists_do_not_count(loaded: LoadedConfig) -> None:
    """Those of feeds, and what programs leave beside a map, come and go every night."""
    before, key = fingerprints(loaded), request_key(loaded)
    for name in ("data/feeds/jam.xml", "data/out/map.tif.aux.xml"):
        file = loaded.file.parent / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("<d2LogicalModel/>")
    (loaded.file.parent / "data/gone.xml").symlink_to("nowhere")
    assert fingerprints(loaded) == before
    assert request_key(loaded) == key


def test_formats_that_look_up_code_lists_say_so() -> None:
    """Else a list that is edited would leave their tables as they are."""
    for found in registry.all_of(Format):
        looks_up = "citytwin.formats.gml.code_lists" in code_hash._closure(
            registry.module_of(found)
        )
        assert found.code_lists == looks_up, found.name


@pytest.mark.parametrize(("name", "beside"), [("houses.shp", "houses.DBF"),
                                              ("houses.gpkg", "houses.gpkg-wal")])  # fmt: skip
def test_all_that_a_file_consists_of_counts(tmp_path: Path, name: str, beside: str) -> None:
    """The heights of a Shapefile, and rows that a program which has the database open has written."""
    file = tmp_path / "city.yaml"
    text = CONFIG.replace("use: citygml, path: data/udx/bldg", f"use: footprints, path: {name}")
    file.write_text(text)
    for one in (name, *FILES[2:]):
        (tmp_path / one).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / one).write_text("old")
    seen = []
    for content in ("one", "another"):
        (tmp_path / beside).write_text(content)
        seen.append((fingerprints(load(file))["town"], request_key(load(file))))
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


def test_a_rule_that_an_assessment_names_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies beside the configuration, from wherever the city is run."""
    rules = """
assessments:
  - {use: open_space_sun, params: {rule: rules/ours.yaml}}
"""
    file = tmp_path / "city.yaml"
    file.write_text(CONFIG + rules, encoding="utf-8")
    rule = tmp_path / "rules" / "ours.yaml"
    rule.parent.mkdir()
    said = (Path(sun.__file__).parent / "bre_209.yaml").read_text("utf-8")
    monkeypatch.chdir(rule.parent)
    seen = []
    for content in (said, said.replace("hours: 2,", "hours: 7,")):
        rule.write_text(content, encoding="utf-8")
        (step,) = (one for one in bind(load(file)).steps if one.step.name == "open_space_sun")
        seen.append((step.params.model_dump_json(), request_key(load(file))))
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


def test_a_hydrograph_that_a_flood_names_counts(tmp_path: Path) -> None:
    """Edited, it is another request, whose flood has other parameters; so is one that goes."""
    flood = """
simulations:
  - use: flood
    params:
      duration_h: 1
      inflows: [{x: 1.0, y: 2.0, radius_m: 3.0, hydrograph: flows/q.csv}]
"""
    file = tmp_path / "city.yaml"
    file.write_text(CONFIG + flood, encoding="utf-8")
    table = tmp_path / "flows" / "q.csv"
    table.parent.mkdir()
    table.write_text("minutes,m3_s\n0,1\n60,2\n")
    keys = [request_key(load(file))]
    (flows,) = next(
        one.params for one in bind(load(file)).steps if one.step.name == "flood"
    ).inflows
    assert [point.m3_s for point in flows.hydrograph] == [1.0, 2.0]
    table.write_text("minutes,m3_s\n0,1\n60,25\n")
    keys.append(request_key(load(file)))
    table.unlink()
    keys.append(request_key(load(file)))
    assert len(set(keys)) == 3


def test_another_library_is_another_request(
    loaded: LoadedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results may differ with the version of numpy, PROJ or GDAL."""
    before, key = fingerprints(loaded), request_key(loaded)
    monkeypatch.setattr(source_parts, "library_versions", lambda: "other")
    monkeypatch.setattr(request, "package_versions", lambda: "other")
    after = fingerprints(loaded)
    assert {name for name in before if before[name] != after[name]} == {"town", "bus"}
    assert request_key(loaded) != key
    said = library_versions()
    assert all(f'"{name}"' in said for name in ("numpy", "numba", "gdal", "proj", "geos"))

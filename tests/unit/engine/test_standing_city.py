"""A published file that is gone or damaged: no request counts as done, no layer as standing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from citytwin.config import LoadedConfig, load
from citytwin.engine import run
from citytwin.engine.bind import BoundCity, bind
from citytwin.engine.delivery import standing_layer
from citytwin.engine.report import Silent
from citytwin.engine.request import MANIFEST, carried_out, request_key, work_dir
from citytwin.engine.results import LayerResult
from citytwin.model.layer import Latest
from citytwin.store.layer_writer import file_digests
from citytwin.store.manifest import FinishedRun, Manifest, Standing
from citytwin.store.publish import publish
from citytwin.viewer.export import export_viewer
from tests.unit.store import little_city as lc
from tests.unit.store.city_check import check_city

RUN, LATER = "20261123T210000Z", "20261124T210000Z"
NAMES = ("terrain", "buildings")
CONFIG = """
city: {id: little, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
sources:
  - {name: town, use: citygml, path: a.gml, classification: public, title: A, licence: CC0}
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city of two layers and the manifest of the run that made them."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "city.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "a.gml").write_text("x")
    loaded = load(folder / "city.yaml")
    staged = [lc.stage(folder / "staging", name) for name in NAMES]
    export_viewer(loaded.city_dir)
    latest = publish(loaded.city_dir, staged, lc.run_info(RUN))
    manifest = Manifest(work_dir(loaded) / MANIFEST)
    for layer, entry in zip(staged, latest.layers, strict=True):
        result = LayerResult(
            document=layer.document, digests=file_digests(loaded.city_dir / entry.path)
        )
        record = Standing("wanted", result.model_dump_json(by_alias=True), 1.0)
        manifest.record(f"layer:{entry.id}", "whole", record)
    manifest.close()
    return folder


@pytest.fixture
def city(published: Path, tmp_path: Path) -> LoadedConfig:
    """A copy of it that may be damaged; its request counts as carried out."""
    shutil.copytree(published, tmp_path / "copy")
    loaded = load(tmp_path / "copy" / "city.yaml")
    manifest = Manifest(work_dir(loaded) / MANIFEST)
    manifest.finish(request_key(loaded), FinishedRun(RUN, "[]"))
    manifest.close()
    return loaded


def latest_of(loaded: LoadedConfig) -> Latest:
    """What stands published."""
    return Latest.model_validate_json((loaded.city_dir / "latest.json").read_bytes())


def test_a_request_is_known_before_anything_is_read(
    city: LoadedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that changes once parameters have been read, such as a hydrograph, is asked for anew."""

    def read_then_edited(loaded: LoadedConfig) -> BoundCity:
        found = bind(loaded)
        (loaded.file.parent / "a.gml").write_text("edited")
        return found

    def no_more(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    asked: list[str] = []
    monkeypatch.setattr(run, "bind", read_then_edited)
    monkeypatch.setattr(run, "request_key", lambda loaded: asked.append(request_key(loaded)))
    monkeypatch.setattr(run, "plan", no_more)
    before = request_key(city)
    with pytest.raises(KeyboardInterrupt):
        run.run(city, run.RunOptions(), Silent())
    assert asked == [before]
    assert request_key(city) != before


def still_standing(loaded: LoadedConfig) -> set[str]:
    """Layers that a run would not make anew."""
    manifest = Manifest.reading(work_dir(loaded) / MANIFEST)
    found = {
        entry.id
        for entry in latest_of(loaded).layers
        if standing_layer(entry.id, "wanted", manifest, entry, loaded.city_dir, Path("none"))
    }
    manifest.close()
    return found


def files_of_layers() -> list[str]:
    """Every file of the two layers, below the city, as their items name them."""
    raster = ["terrain.tif", "terrain.png", "terrain.values.gz", "terrain.qml"]
    vector = ["buildings.parquet", "buildings.gpkg", "buildings.pmtiles"]
    both = ["layer.json", "item.json", "legend_ja.png", "legend_en.png", "legend.json"]
    both += ["thumbnail.png", "inputs.json"]
    found = [f"terrain/{RUN}/{name}" for name in (*raster, *both, "styles/terrain.json")]
    return found + [f"buildings/{RUN}/{name}" for name in (*vector, *both, "styles/buildings.json")]


def test_the_list_of_files_misses_none_but_styles(city: LoadedConfig) -> None:
    """Otherwise the tests below would look away."""
    found = {
        file.relative_to(city.city_dir).as_posix()
        for name in NAMES
        for file in (city.city_dir / name).glob("2*/**/*")
        if file.is_file() and "styles" not in file.parts
    }
    assert found <= set(files_of_layers())


def test_what_is_whole_stands(city: LoadedConfig) -> None:
    """Nothing to do, and no layer to make."""
    assert carried_out(city) == FinishedRun(RUN, "[]")
    assert still_standing(city) == set(NAMES)


@pytest.mark.parametrize("name", files_of_layers())
def test_a_file_that_is_gone_is_noticed(city: LoadedConfig, name: str) -> None:
    """By the request, and by the layer whose file it was; the other layer stands."""
    (city.city_dir / name).unlink()
    assert carried_out(city) is None
    assert still_standing(city) == set(NAMES) - {name.split("/", maxsplit=1)[0]}


@pytest.mark.parametrize("name", files_of_layers())
def test_a_flipped_byte_is_noticed(city: LoadedConfig, name: str) -> None:
    """By any run that is not spared, even where size and time stamp are those of before."""
    flip(city.city_dir / name)
    assert still_standing(city) == set(NAMES) - {name.split("/", maxsplit=1)[0]}


def flip(file: Path) -> None:
    """Damage the middle byte of a file."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    "name",
    ["index.html", "catalog.json", "terrain/collection.json", "little.qgs", "viewer/app/main.js"],
)
def test_documents_and_the_page_belong_to_it(city: LoadedConfig, name: str) -> None:
    """A city without its page, catalogue or project is not done."""
    (city.city_dir / name).unlink()
    assert carried_out(city) is None


def test_a_file_touched_after_publication_is_noticed(city: LoadedConfig) -> None:
    """Its size is the same, its time stamp is not."""
    flip(city.city_dir / f"terrain/{RUN}/terrain.tif")
    assert carried_out(city) is None


@pytest.mark.parametrize(
    "name", [f"terrain/{RUN}/item.json", "terrain/collection.json", "catalog.json"]
)
def test_damaged_documents_are_made_anew(city: LoadedConfig, tmp_path: Path, name: str) -> None:
    """The next publication is whole again, and keeps what stands."""
    (city.city_dir / name).write_text("{")
    staged = [lc.stage(tmp_path / "again", layer) for layer in NAMES]
    latest = publish(city.city_dir, staged, lc.run_info(LATER))
    assert check_city(city.city_dir) == latest
    moved = LATER if name.endswith("item.json") else RUN
    assert [layer.run_id for layer in latest.layers] == [moved, RUN]
    catalog = json.loads((city.city_dir / "catalog.json").read_bytes())
    assert len([link for link in catalog["links"] if link["rel"] == "child"]) == 2

"""Sources in object storage, on a real server: copied once, followed, and read as from a disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from distributed import LocalCluster
from filelock import FileLock

from citytwin.cli.check import command as check_command
from citytwin.cli.object_storage import fetch_and_tell
from citytwin.cli.run import command as run_command
from citytwin.config import LoadedConfig, PastNight, load
from citytwin.engine import fetching, locking
from citytwin.engine.fetching import Fetched, fetch_sources, to_be_fetched
from citytwin.engine.locking import holding
from citytwin.engine.request import work_dir
from citytwin.errors import BusyError, SourceError, StoreError, UnreachableError
from citytwin.transports.bucket_finding import objects_of
from citytwin.transports.buckets import Bucket
from tests.buckets.object_store import ObjectStore, fetched, use
from tests.buckets.relay import Relay
from tests.pipelines.small_city import published_files
from tests.unit.cli.test_main import CITY

FILES = {
    "codelists/Building_usage.xml": b"<codes/>",
    "udx/bldg/a.gml": b"<a/>",
    "udx/bldg/b.gml": b"<b/>" * 1000,
    "udx/bldg/deep/c.gml": b"<c/>",
    "udx/bldg/lod2/e.gml": b"<e/>",
    "udx/dem/d.gml": b"<d/>",
    "roads/roads.shp": b"shape",
    "roads/roads.dbf": b"table",
    "roads/roads.shp.xml": b"words",
    "roads/others.shp": b"shape",
    "city.zip": b"PK",
    "towns/east/udx/bldg/east.gml": b"<e/>",
    "towns/east/codelists/Building_usage.xml": b"<codes/>",
    "towns/west/udx/bldg/west.gml": b"<w/>",
    "towns/west/codelists/Building_usage.xml": b"<codes/>",
    "towns/none/codelists/Building_usage.xml": b"<codes/>",
}
BLDG = {f"udx/bldg/{name}.gml" for name in ("a", "b", "deep/c", "lod2/e")}
CODES = {"codelists/Building_usage.xml"}
TOWNS = {name for name in FILES if name.startswith(("towns/east/", "towns/west/"))}


@pytest.fixture
def base(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A folder of the bucket with a data set; the environment may only read it."""
    use(monkeypatch, object_store.owner)
    bucket = Bucket(object_store.folder(tmp_path.name))
    for name, content in FILES.items():
        bucket.put(name, content, {})
    use(monkeypatch, object_store.reader)
    return tmp_path.name


def configured(object_store: ObjectStore, folder: Path, path: str) -> LoadedConfig:
    """A city whose buildings lie in the bucket."""
    access = f"{{endpoint: '{object_store.endpoint}', authorities: {object_store.authority}}}"
    text = CITY.replace("path: a.gml", f"path: '{path}'")
    file = folder / "city.yaml"
    file.write_text(f"{text}buckets: {{maps: {access}}}\n")
    return load(file)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("udx/bldg", BLDG | CODES),
        ("udx/bldg/", BLDG | CODES),
        ("udx/bldg/a.gml", {"udx/bldg/a.gml"} | CODES),
        ("udx/bldg/lod2/e.gml", {"udx/bldg/lod2/e.gml"} | CODES),
        ("udx/bldg/*.gml", {"udx/bldg/a.gml", "udx/bldg/b.gml"} | CODES),
        ("udx/**/[bd].gml", {"udx/bldg/b.gml", "udx/dem/d.gml"} | CODES),
        ("u*/bldg", BLDG | CODES),
        ("roads/roads.shp", {"roads/roads.shp", "roads/roads.dbf", "roads/roads.shp.xml"} | CODES),
        ("city.zip/udx/bldg", {"city.zip"} | CODES),
        ("*.zip/udx/bldg", {"city.zip"} | CODES),
        ("towns/*/udx/bldg/*.gml", TOWNS | CODES),
        ("towns/*/udx", TOWNS | CODES),
        ("towns/**/east.gml", {name for name in TOWNS if name.startswith("towns/east/")} | CODES),
    ],
)
def test_what_an_address_means(
    object_store: ObjectStore, base: str, address: str, expected: set[str]
) -> None:
    """As a path on a disk, with what belongs to it."""
    bucket = Bucket(object_store.folder(""))
    found = objects_of(bucket, f"{base}/{address}", ("codelists",))
    assert {name.removeprefix(f"{base}/") for name in found} == expected


@pytest.mark.parametrize("address", ["udx/nothing", "udx/bldg/x.gml", "udx/bldg/*.json", "x.zip/a"])
def test_nothing_there(object_store: ObjectStore, base: str, address: str) -> None:
    """Said with the address and the server."""
    with pytest.raises(SourceError, match=f"^s3://maps/{base}/.*no such object") as refused:
        objects_of(Bucket(object_store.folder("")), f"{base}/{address}", ())
    assert object_store.endpoint in str(refused.value)


def copies_of(loaded: LoadedConfig, base: str) -> dict[str, bytes]:
    """Copies on the disk, by the names of their objects."""
    folder = loaded.copies / "maps" / base
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_copies_follow_the_bucket(
    object_store: ObjectStore, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is new, changed or touched is copied, nothing else; what is gone goes."""
    loaded = configured(object_store, tmp_path, f"s3://maps/{base}/udx/bldg")
    (source,) = loaded.remote_sources
    assert to_be_fetched(loaded, source) == (5, 5)
    assert not loaded.copies.exists()
    expected = {name: FILES[name] for name in BLDG | CODES}
    assert fetch_sources(loaded) == Fetched(5, sum(map(len, expected.values())))
    assert copies_of(loaded, base) == expected
    assert loaded.path(source.path) == loaded.copies / "maps" / base / "udx/bldg"
    assert to_be_fetched(loaded, source) == (5, 0)
    assert fetch_sources(loaded) == Fetched(0, 0)
    use(monkeypatch, object_store.owner)
    bucket = Bucket(object_store.folder(base))
    bucket.put("udx/bldg/a.gml", b"<z/>", {})  # of the same size
    bucket.delete(["udx/bldg/deep/c.gml"])
    touched = loaded.copies / "maps" / base / "udx/bldg/b.gml"
    touched.write_bytes(b"edited")
    assert fetch_sources(loaded) == Fetched(2, 4004)
    expected["udx/bldg/a.gml"] = b"<z/>"
    del expected["udx/bldg/deep/c.gml"]
    assert copies_of(loaded, base) == expected


def test_copies_stay_while_a_night_is_made_up_for(
    object_store: ObjectStore, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads them: what would change them waits for it, and what changes nothing goes on."""
    loaded = configured(object_store, tmp_path, f"s3://maps/{base}/udx/bldg")
    fetch_sources(loaded)
    before = copies_of(loaded, base)
    day = datetime(2024, 5, 29, tzinfo=UTC)
    past = PastNight(date=day.date(), begin=day, next_night=day + timedelta(days=1))
    night = loaded.model_copy(update={"past": past})
    use(monkeypatch, object_store.owner)
    bucket = Bucket(object_store.folder(base))
    with holding(night):
        assert fetch_sources(loaded) == Fetched(0, 0)
        monkeypatch.setattr(fetching, "PAST_PATIENCE_S", 0.0)
        bucket.delete(["udx/bldg/deep/c.gml"])
        with pytest.raises(BusyError, match="holds the copies of sources, for a past night of"):
            fetch_sources(loaded)
        bucket.put("udx/bldg/a.gml", b"<z/>", {})
        with pytest.raises(BusyError):
            fetch_sources(loaded)
        assert copies_of(loaded, base) == before
    other = FileLock(work_dir(night) / "lock", thread_local=False)
    other.acquire()
    monkeypatch.setattr(fetching, "PAST_PATIENCE_S", 60.0)
    monkeypatch.setattr(locking, "_TOLD_AFTER_S", 0.01)
    monkeypatch.setattr(locking.log, "warning", lambda *_: other.release())  # it is waited for
    assert fetch_sources(loaded) == Fetched(1, 4)
    assert not work_dir(night).exists()  # a lock alone is no store that a night could begin with
    assert "udx/bldg/deep/c.gml" not in copies_of(loaded, base)


def test_copies_of_no_source_go(object_store: ObjectStore, base: str, tmp_path: Path) -> None:
    """Those of a bucket that no source lies in any more; all where no source lies in any."""
    loaded = configured(object_store, tmp_path, f"s3://maps/{base}/udx/bldg")
    fetch_sources(loaded)
    (loaded.copies / "gone" / "udx").mkdir(parents=True)
    (loaded.copies / "gone" / "udx" / "a.gml").write_bytes(b"<a/>")
    (loaded.copies / "gone.objects.jsonl").write_text('"s3://gone"\n')
    assert fetch_sources(loaded) == Fetched(0, 0)
    assert {path.name for path in loaded.copies.iterdir()} == {"maps", "maps.objects.jsonl"}
    assert copies_of(loaded, base).keys() == BLDG | CODES
    local = tmp_path / "local.yaml"
    local.write_text(CITY)
    assert load(local).copies == loaded.copies
    fetch_and_tell(load(local))
    assert not loaded.copies.exists()


def test_servers_that_fail(
    object_store: ObjectStore, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies stay as they are; the next try goes on; nothing is there by half."""
    loaded = configured(object_store, tmp_path, f"s3://maps/{base}/udx/bldg")
    with Relay(object_store.port, 3000) as relay:
        cut = replace(object_store, port=relay.port)
        with pytest.raises(UnreachableError, match="does not answer"):
            fetch_sources(configured(cut, tmp_path, f"s3://maps/{base}/udx/bldg"))
    held = copies_of(loaded, base)
    assert {name: FILES[name] for name in held} == held
    fetch_sources(loaded)
    use(monkeypatch, (object_store.reader[0], "wrong"))
    with pytest.raises(StoreError, match="says SignatureDoesNotMatch"):
        fetch_sources(loaded)
    assert copies_of(loaded, base).keys() == BLDG | CODES


def test_check_asks_the_bucket(
    object_store: ObjectStore, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without copying anything; a bucket that refuses is told like a file that is missing."""
    loaded = configured(object_store, tmp_path, f"s3://maps/{base}/udx/bldg")
    said = CliRunner().invoke(check_command, [str(loaded.file)])
    path = f"s3://maps/{base}/udx/bldg"
    assert (
        f"remote   town             {path}: 5 object(s), of which a run fetches 5\n" in said.output
    )
    assert said.exit_code == 0
    assert not loaded.copies.exists()
    use(monkeypatch, (object_store.reader[0], "wrong"))
    said = CliRunner().invoke(check_command, [str(loaded.file)])
    assert "missing  town             s3://maps cannot be listed: " in said.output
    assert said.exit_code == 1


WEST, NORTH, CELL_M, NY, NX = -44000.0, -93000.0, 10.0, 30, 40
TOWN = f"""
city: {{id: town, title: {{ja: 町, en: Town}}}}
crs: EPSG:6677
vertical_datum: {{ja: T.P., en: T.P.}}
time_zone: Asia/Tokyo
data_date: 2026-06-01
out: out
grid: {{cell_m: {CELL_M}, bounds: [{WEST}, {NORTH - NY * CELL_M}, {WEST + NX * CELL_M}, {NORTH}]}}
sources:
  - {{name: homes, use: footprints, path: DATA/homes.gpkg, classification: public, synthetic: true,
     title: Homes, licence: none, params: {{height_column: tall_m, id_column: name}}}}
  - {{name: ground, use: geotiff_terrain, path: DATA/*.tif, classification: public,
     synthetic: true, title: Ground, licence: none}}
layers: [terrain, surface_height, buildings]
"""


def write_data(folder: Path) -> None:
    """Ground and one building."""
    folder.mkdir(parents=True)
    ground = np.full((NY, NX), 12.5, dtype=np.float32)
    with rasterio.open(
        folder / "ground.tif", "w", driver="GTiff", height=NY, width=NX, count=1, dtype="float32",
        crs="EPSG:6677", transform=rasterio.transform.from_origin(WEST, NORTH, CELL_M, CELL_M),
    ) as file:  # fmt: skip
        file.write(ground, 1)
    place = shapely.box(WEST + 100, NORTH - 200, WEST + 170, NORTH - 130)
    homes = gpd.GeoDataFrame({"name": ["h"], "tall_m": [9.0]}, geometry=[place], crs="EPSG:6677")
    homes.to_file(folder / "homes.gpkg", driver="GPKG")


@pytest.fixture
def scheduler() -> Iterator[str]:
    """Address of a scheduler with one worker, in this process."""
    with LocalCluster(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


def test_a_run_from_bucket_to_bucket(
    object_store: ObjectStore, scheduler: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same bytes as from disk to disk; the next run has nothing to do, and says so."""
    use(monkeypatch, object_store.owner)
    local, remote = tmp_path / "local", tmp_path / "remote"
    write_data(local / "data")
    (local / "city.yaml").write_text(TOWN.replace("DATA", "data"))
    data = Bucket(object_store.folder(f"{tmp_path.name}/data"))
    for file in sorted((local / "data").iterdir()):
        data.put(file.name, file, {})
    remote.mkdir()
    place = object_store.folder(f"{tmp_path.name}/map")
    access = f"{{endpoint: '{object_store.endpoint}', authorities: {object_store.authority}}}"
    text = TOWN.replace("DATA", f"s3://maps/{tmp_path.name}/data")
    (remote / "city.yaml").write_text(f"{text}publish_to: {place}\nbuckets: {{maps: {access}}}\n")

    def run(folder: Path) -> list[str]:
        words = [str(folder / "city.yaml"), "--scheduler", scheduler]
        done = CliRunner().invoke(run_command, words)
        assert done.exit_code == 0, done.output
        assert object_store.owner[1] not in done.output
        return done.stdout.splitlines()

    run(local)
    shutil.move(local / "data", tmp_path / "away")
    said = run(remote)
    assert said[0].startswith("fetched: 2 objects (")
    assert said[-1].startswith(f"uploaded: {place} shows run ")
    expected = published_files(local / "out" / "town")
    assert len(expected) > 20
    assert published_files(remote / "out" / "town") == expected
    fetched(place, tmp_path / "copy")
    assert published_files(tmp_path / "copy") == expected
    again = run(remote)
    assert again[0] == "fetched: nothing new"
    assert again[1].startswith("nothing to do: run ")
    assert again[-1].endswith("; nothing new")

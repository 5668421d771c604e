"""All that the store writes below ``.sealed`` is sealed, and reads back the same."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from numpy.testing import assert_array_equal
from rasterio.windows import Window
from shapely import box

from citytwin.engine.city_store import CityStore
from citytwin.errors import DamagedError, KeyAccessError, MissingKeyError, SealError, StoreError
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import Bounds, GridSpec, Tile
from citytwin.model.instants import Instant
from citytwin.model.raster import Raster
from citytwin.security import sealed_folders
from citytwin.security.decision import Subject
from citytwin.security.key_files import destroy_key, write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.policy import Policy, Rule
from citytwin.security.sealed_folders import KEYS_FILE, folder_key, sealed_root
from citytwin.security.sealed_streams import OPENED
from citytwin.security.sealing import MAGIC
from citytwin.store import memory_room
from citytwin.store.at_rest import files_below, open_file, read_bytes, size_of
from citytwin.store.atomic import replacing, write_text
from citytwin.store.checkpoints import read_checkpoint, write_checkpoint
from citytwin.store.drawing import Drawing, LayerBefore
from citytwin.store.latest import published_city
from citytwin.store.layer_writer import file_digests
from citytwin.store.manifest import FinishedRun, Manifest, Standing
from citytwin.store.publish import StagedLayer, prune, publish
from citytwin.store.sealed_keys import ensure_sealed, rewrap
from citytwin.store.sealed_keys import sealed_folders as folders_below
from citytwin.store.sealed_rasters import open_raster
from citytwin.store.staging import new_folder
from citytwin.store.standing_city import stands
from citytwin.store.tables import conform
from citytwin.twin import Twin
from tests.unit.store import little_city as lc
from tests.unit.store import little_tables as lt

GRID = GridSpec("EPSG:6677", x_min=0.0, y_max=7.0, cell_m=1.0, ny=7, nx=11)
MARK = "SecretPumpingStation"
VALUE = np.float32(1234.5678)
FIRST, SECOND = "20261123T210000Z", "20261124T210000Z"


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder ``out`` with a sealed working store and a sealed city, and two keys."""
    keys = tmp_path / "keys"
    for name in ("town-2026", "town-2027"):
        write_new_key(keys, name)
    monkeypatch.setenv("CITYTWIN_KEYS", str(keys))
    for root in (tmp_path / "out" / ".sealed" / "town", tmp_path / "out/.work/.sealed/town"):
        ensure_sealed(root, "town-2026", open_ring())
    sealed_folders.forget_keys()
    OPENED.clear()
    return tmp_path / "out"


def store_of(out: Path) -> CityStore:
    """The working store."""
    return CityStore(out / ".work/.sealed/town", "EPSG:6677", "Asia/Tokyo", 4, GRID)


def assert_sealed(out: Path) -> int:
    """Every file is sealed, or says nothing; return how many are sealed."""
    sealed = 0
    for path in (path for path in out.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert MARK.encode() not in content, path
        assert VALUE.tobytes() not in content, path
        if content.startswith(MAGIC):
            sealed += 1
        else:
            assert path.name in (KEYS_FILE, "manifest.sqlite", "lock"), path
    return sealed


def roads() -> gpd.GeoDataFrame:
    """Segments with a name that nobody shall read."""
    plain = gpd.GeoDataFrame(
        {
            "road_id": ["a", "b"],
            "name": [MARK, None],
            "function": [None, None],
            "width_m": [float(VALUE), 6.0],
            "level": [0, 1],
            "source": ["x", "x"],
        },
        geometry=[box(0, 0, 4, 2), box(90, 1, 93, 8)],
        crs="EPSG:6677",
    )
    return conform(t.ROADS, plain, "EPSG:6677")


def test_a_place_says_whether_it_is_sealed(out: Path) -> None:
    """Below ``.sealed/<name>`` all is, but the file of the keys."""
    root = out / ".sealed" / "town"
    assert sealed_root(root / "a" / "b") == root
    assert sealed_root(root / KEYS_FILE) is None
    assert sealed_root(root / "a" / KEYS_FILE) == root
    assert sealed_root(out / "town" / "a") is None


def test_nothing_is_written_without_the_keys_of_the_folder(tmp_path: Path) -> None:
    """A folder whose ``keys.json`` went away takes nothing in clear."""
    with pytest.raises(SealError, match=r"keys\.json is missing"):
        write_text(tmp_path / ".sealed" / "town" / "a.json", MARK)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_fields_tables_rasters_and_states(out: Path) -> None:
    """The working store keeps no byte of them in clear, and gives all of them back."""
    store = store_of(out)
    values = np.full((4, 4), VALUE)
    store.fields.create(f.TERRAIN)
    store.fields.write(f.TERRAIN, Tile(0, 4, 4, 8), values)
    assert store.fields.has(f.TERRAIN, Tile(0, 4, 4, 8))
    window = store.fields.read(f.TERRAIN, Tile(2, 6, 3, 8))
    assert_array_equal(window[:2, 1:], values[2:])
    assert np.isnan(window[2:]).all()

    instants = tuple(Instant(moment) for moment in lc.MOMENTS)
    store.fields.create(f.FLOOD_DEPTH, instants)
    over_time = np.stack([np.zeros((4, 4), np.float32), values])
    store.fields.write(f.FLOOD_DEPTH, Tile(0, 4, 0, 4), over_time)
    assert store.fields.coordinates(f.FLOOD_DEPTH) == instants
    assert_array_equal(store.fields.read_one(f.FLOOD_DEPTH, Tile(0, 4, 0, 4), 1), values)

    table = roads()
    file = store.write_part("x", t.ROADS, "whole", table)
    store.list_files("x", t.ROADS, [file])
    assert store.read_table(t.ROADS, "x")["name"].iloc[0] == MARK
    store.list_files("merged", t.ROADS, [file])
    near = store.read_rows(t.ROADS, Bounds(80.0, 0.0, 99.0, 9.0))
    assert list(near["road_id"]) == ["b"]

    raster = Raster(np.full((30, 40), VALUE), "EPSG:6677", 0.0, 30.0, 1.0, 1.0, MARK)
    store.write_raster("relief", "ground", raster)
    back = store.read_raster("relief", "ground")
    assert_array_equal(back.values, raster.values)
    assert (back.x_min, back.y_max, back.source) == (0.0, 30.0, MARK)

    write_checkpoint(store.checkpoint("simulate:flood"), "run", {"depth": values})
    kept = read_checkpoint(store.checkpoint("simulate:flood"), "run")
    assert kept is not None
    assert_array_equal(kept["depth"], values)
    assert assert_sealed(out) > 12


def test_damage_is_cleared_away_and_a_missing_key_is_not(out: Path) -> None:
    """What is damaged is made anew; what only lacks its key is as sound as it was."""
    store, tile = store_of(out), Tile(0, 4, 4, 8)
    store.fields.create(f.TERRAIN)
    store.fields.write(f.TERRAIN, tile, np.full((4, 4), VALUE))
    file = store.write_part("x", t.ROADS, "whole", roads())
    store.list_files("x", t.ROADS, [file])
    (chunk,) = (path for path in store.root.rglob("c/0/1"))
    sound = chunk.read_bytes()
    chunk.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    with pytest.raises(DamagedError, match="damaged at its chunk 0") as damage:
        store.fields.read(f.TERRAIN, tile)
    assert damage.value.files == (str(chunk),)
    chunk.write_bytes(sound)
    (out.parent / "keys" / "citytwin-key-town-2026").rename(out.parent / "elsewhere")
    sealed_folders.forget_keys()
    for read in (
        lambda: store.fields.read(f.TERRAIN, tile),
        lambda: store.read_table(t.ROADS, "x"),
    ):
        with pytest.raises(MissingKeyError, match="'town-2026' is needed"):
            read()


def test_digests_of_tables_do_not_depend_on_the_seal(out: Path, tmp_path: Path) -> None:
    """So fingerprints are those of a run in clear, and nothing is made again for the seal."""
    clear = CityStore(tmp_path / "clear", "EPSG:6677", "Asia/Tokyo", 4, GRID)
    table = roads()
    assert store_of(out).write_table("x", t.ROADS, table) == clear.write_table("x", t.ROADS, table)


def test_records_of_the_manifest(out: Path) -> None:
    """What a step said is sealed under the name of its record."""
    path = out / ".work/.sealed/town/manifest.sqlite"
    with closing(Manifest(path)) as manifest:
        manifest.record("simulate", "a", Standing("f", json.dumps({"note": MARK}), 1.0))
        manifest.finish("k", FinishedRun(FIRST, json.dumps([MARK])))
    with closing(Manifest.reading(path)) as manifest:
        standing, finished = manifest.standing("simulate", "a"), manifest.finished("k")
        assert standing is not None
        assert MARK in standing.payload
        assert finished is not None
        assert MARK in finished.summary
    assert_sealed(out)
    with closing(sqlite3.connect(path)) as swapped, swapped:
        swapped.execute("UPDATE results SET part = 'b'")
    with closing(Manifest.reading(path)) as manifest, pytest.raises(DamagedError, match="result"):
        manifest.standing("simulate", "b")


def test_windows_of_a_raster_are_those_of_the_plain_file(out: Path, tmp_path: Path) -> None:
    """GDAL reads ranges of the sealed file; what is beside it does not exist."""
    values = np.random.default_rng(3).normal(size=(600, 700)).astype(np.float32)
    profile = {"driver": "COG", "height": 600, "width": 700, "count": 1, "dtype": "float32"}
    place = {"crs": "EPSG:6677", "transform": rasterio.Affine(2, 0, 7, 0, -2, 9)}
    with rasterio.open(tmp_path / "x.tif", "w", **profile, **place, blocksize=128) as file:
        file.write(values, 1)
    sealed = out / ".sealed/town/x.tif"
    with replacing(sealed) as copy:
        shutil.copyfile(tmp_path / "x.tif", copy)
    assert size_of(sealed) == (tmp_path / "x.tif").stat().st_size
    with open_raster(sealed) as one, open_raster(sealed) as other:
        for window in (Window(0, 0, 10, 10), Window(255, 130, 400, 300), Window(699, 599, 1, 1)):
            row, col = int(window.row_off), int(window.col_off)
            wanted = values[row : row + int(window.height), col : col + int(window.width)]
            assert_array_equal(one.read(1, window=window), wanted)
            assert_array_equal(other.read(1, window=window), wanted)
        assert one.transform == place["transform"]
    damaged = bytearray(sealed.read_bytes())
    damaged[-1] ^= 1
    sealed.write_bytes(bytes(damaged))
    OPENED.clear()
    with pytest.raises(SealError, match="damaged at its chunk"):
        open_raster(sealed)


def staged(out: Path, name: str, **changes: object) -> StagedLayer:
    """Make a restricted layer as a worker does."""
    content = replace(lc.content(name, **changes), classification="restricted")
    folder = out / ".work/.sealed/town/staging" / name
    with new_folder(folder) as room:
        document = lc.write_layer(content, room)
    return StagedLayer(document, folder)


def test_files_of_the_run_before_are_taken_sealed_under_their_new_name(out: Path) -> None:
    """A sealed file knows its name, so it cannot have two: it is opened and sealed again."""
    folders = [out / ".sealed" / "town" / "terrain" / run for run in (FIRST, SECOND)]
    content = replace(lc.content("terrain"), classification="restricted")
    before = None
    for folder in folders:
        with new_folder(folder) as room:
            drawing = Drawing(room, "code", before)
            lc.write_layer(content, room, drawing)
        before = LayerBefore(folder, drawing.record, file_digests(folder))
    first, second = (files_below(folder) for folder in folders)
    assert [read_bytes(file) for file in first] == [read_bytes(file) for file in second]
    assert not any(a.read_bytes() == b.read_bytes() for a, b in zip(first, second, strict=True))


def served(run_id: str) -> lc.RunInfo:
    """A run that only known readers see."""
    return replace(lc.run_info(run_id), publication="served", classification="restricted")


def test_a_sealed_city_is_published_like_any_other(out: Path) -> None:
    """Layers that did not change keep their run, old runs go, nothing lies in clear."""
    city = out / ".sealed" / "town"
    both = [staged(out, "terrain"), staged(out, "water")]
    first = publish(city, both, served(FIRST))
    assert published_city(city) == first
    assert stands(city, first)
    deeper = lc.field_array(f.TERRAIN) + 0.5
    changed = [
        staged(out, "terrain", array=deeper, fingerprint="12" * 32),
        staged(out, "water"),
    ]
    second = publish(city, changed, served(SECOND))
    assert [layer.run_id for layer in second.layers] == [SECOND, FIRST]
    assert prune(city, 1) == (city / "terrain" / FIRST,)
    item = json.loads(read_bytes(city / "terrain" / SECOND / "item.json"))
    assert item["properties"]["citytwin:classification"] == "restricted"
    assert item["assets"]["data"]["bands"][0]["statistics"]["maximum"] > 20
    assert not list(city.glob("*.qgs"))
    assert assert_sealed(out) > 30


def test_the_same_layer_is_refused_in_clear(out: Path) -> None:
    """Only a sealed folder takes what is restricted, and only for known readers."""
    with pytest.raises(StoreError, match="in clear holds what is internal"):
        publish(out / "town", [staged(out, "terrain")], served(FIRST))
    with pytest.raises(StoreError, match="holds what is public"):
        publish(out / ".sealed/town", [staged(out, "terrain")], lc.run_info(FIRST))
    assert not (out / "town" / "latest.json").exists()


def test_a_notebook_sees_what_the_policy_and_the_key_allow(out: Path) -> None:
    """Without a rule the layer is not there; without the key nothing opens."""
    city = out / ".sealed" / "town"
    publish(city, [staged(out, "terrain"), staged(out, "water")], served(FIRST))
    assert list(Twin(city)) == []
    with pytest.raises(KeyError):
        Twin(city)["terrain"]
    rule = Rule(
        name="planners", effect="allow", actions=frozenset({"read"}), names=("terrain",),
        roles=frozenset({"planner"}), up_to="restricted",
    )  # fmt: skip
    known = Subject("ana", frozenset({"planner"}), expires=lc.VALID.replace(year=2100))
    twin = Twin(city, Policy(version=1, rules=(rule,)), known)
    assert list(twin) == ["terrain"]
    array = twin["terrain"].to_xarray()
    rounding = 0.5 * f.TERRAIN.precision + 1e-5
    np.testing.assert_allclose(array.compute(), lc.field_array(f.TERRAIN), rtol=0, atol=rounding)
    everything = rule.model_copy(update={"names": ("*",)})
    twin = Twin(city, Policy(version=1, rules=(everything,)), known)
    assert len(twin["water"].to_geopandas()) == len(lt.water_bodies())


def test_rotating_a_key_writes_one_file(out: Path) -> None:
    """No sealed file changes, all open with the new key, and none with the old one."""
    city = out / ".sealed" / "town"
    write_text(city / "a.txt", MARK)
    before = (city / "a.txt").read_bytes()
    assert [one.key for one in folders_below(out)] == ["town-2026", "town-2026"]
    assert rewrap(city, "town-2027", open_ring())
    assert not rewrap(city, "town-2027", open_ring())
    assert (city / "a.txt").read_bytes() == before
    destroy_key(out.parent / "keys", "town-2026")
    sealed_folders.forget_keys()
    with open_file(city / "a.txt") as file:
        assert file.read() == MARK.encode()
    with pytest.raises(MissingKeyError, match=r"'town-2026' is needed.*there: town-2027"):
        write_text(out / ".work/.sealed/town/a.txt", MARK)
    with pytest.raises(SealError, match="sealed with key 'town-2027', not 'town-2026'"):
        ensure_sealed(city, "town-2026", open_ring())


def test_lost_keys_of_a_folder_are_not_made_anew_over_what_they_sealed(out: Path) -> None:
    """A copy of them still opens it; an empty folder takes new ones."""
    city = out / ".sealed" / "town"
    write_text(city / "deep" / "a.txt", MARK)
    kept = (city / KEYS_FILE).read_bytes()
    (city / KEYS_FILE).unlink()
    with pytest.raises(KeyAccessError, match=r"keys.json is missing.*restore it"):
        ensure_sealed(city, "town-2026", open_ring())
    (city / KEYS_FILE).write_bytes(kept)
    ensure_sealed(city, "town-2026", open_ring())
    assert read_bytes(city / "deep" / "a.txt") == MARK.encode()


def test_no_key_is_kept_of_a_file_that_could_not_be_looked_at(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read of it then must not stand for it when it is gone."""
    city = out / ".sealed" / "town"

    def refuse(_path: Path) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", refuse)
        folder_key(city)
    (city / KEYS_FILE).unlink()
    with pytest.raises(KeyAccessError, match=r"keys.json is missing"):
        folder_key(city)


@pytest.mark.parametrize("name", ["../../etc/key", "--help", "", "a" * 65])
def test_a_folder_names_no_file_and_no_option_as_its_key(out: Path, name: str) -> None:
    """Whoever may write there says neither what is read nor what a program is told."""
    path = out / ".sealed" / "town" / KEYS_FILE
    path.write_text(path.read_text().replace("town-2026", name))
    with pytest.raises(KeyAccessError, match="is damaged"):
        write_text(path.with_name("a.txt"), MARK)


def test_memory_that_is_none_is_refused(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder on a disk named as memory takes nothing; the disk stays as it was."""
    monkeypatch.setenv("CITYTWIN_MEMORY_DIR", str(tmp_path))
    monkeypatch.setattr(memory_room, "_file_system", lambda _folder: "ext4")
    with pytest.raises(StoreError, match="of the file system ext4"):
        write_checkpoint(store_of(out).checkpoint("x"), "run", {"depth": np.full(9, VALUE)})
    assert_sealed(out)

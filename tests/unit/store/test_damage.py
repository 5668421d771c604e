"""Bytes of the working store that change are met when they are read, whichever they are."""

from __future__ import annotations

import errno
import random
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from citytwin.engine.city_store import CityStore
from citytwin.errors import DamagedError, StoreError
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.instants import Instant
from citytwin.model.raster import Raster
from citytwin.store.damage import clear_away, unreadable
from citytwin.store.fields import FieldStore
from citytwin.store.manifest import Manifest, Standing
from citytwin.store.placed import Places, is_intact, read_rows, write_placed
from citytwin.store.tables import conform
from citytwin.testing.small_town import small_town

GRID = GridSpec("EPSG:6677", -100.0, 60.0, 2.5, 40, 40)
DICE = random.Random(7)


def damaged(data: bytes) -> bytes:
    """One bit turned, the end lost, or other bytes altogether."""
    kind, place = DICE.randrange(4), DICE.randrange(len(data))
    if kind == 0:
        return data[:place]
    if kind == 1:
        return DICE.randbytes(len(data))
    turned = data[place] ^ (1 << DICE.randrange(8))
    return data[:place] + bytes([turned]) + data[place + 1 :]


@pytest.mark.parametrize("field", [f.TERRAIN, f.FLOOD_DEPTH])
def test_any_damage_to_a_tile_is_met_when_it_is_read(tmp_path: Path, field: f.Field) -> None:
    """It names the one file that must go; the tiles beside it can still be read."""
    store = FieldStore(tmp_path, GRID, 20)
    along = tuple(Instant(datetime(2026, 1, 1, hour, tzinfo=UTC)) for hour in range(3))
    store.create(field, along if field.axis else ())
    shape = (3, 20, 20) if field.axis else (20, 20)
    values = np.random.default_rng(0).random(shape, dtype=np.float32)
    tiles = list(GRID.tiles(20))
    for tile in tiles:
        store.write(field, tile, values)
    chunk = next(iter(store._chunks(field, Tile(20, 40, 0, 20))))
    whole = chunk.read_bytes()
    for _ in range(60):
        chunk.write_bytes(damaged(whole))
        with pytest.raises(DamagedError, match=f"field {field.name}") as met:
            store.read(field, GRID.whole)
        assert met.value.files == (str(chunk),)
        np.testing.assert_array_equal(store.read(field, tiles[0]), values)
    clear_away(met.value)
    assert not store.has(field, tiles[2])
    assert store.has(field, tiles[0])


def test_any_damage_to_a_table_is_met_when_it_is_read(tmp_path: Path) -> None:
    """Or else its rows are the same; hashing the whole file meets every change."""
    town = small_town(20, 24)
    frame = conform(t.BUILDINGS, town.tables[t.BUILDINGS], town.grid.crs)
    path = tmp_path / "buildings.parquet"
    file = write_placed(tmp_path, path, frame, Places.of(t.BUILDINGS, frame))
    whole, met = path.read_bytes(), 0
    wanted = read_rows(tmp_path, [file], t.BUILDINGS)
    assert is_intact(tmp_path, file)
    for _ in range(60):
        path.write_bytes(damaged(whole))
        assert not is_intact(tmp_path, file)
        try:
            found = read_rows(tmp_path, [file], t.BUILDINGS)
        except DamagedError as error:
            met += error.files == (str(path),)
        else:
            assert found.equals(wanted)
    assert met > 50


def test_damage_to_a_raster_is_met_when_it_is_opened(tmp_path: Path) -> None:
    """To its values and to what lies beside them."""
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    values = np.arange(600, dtype=np.float32).reshape(20, 30)
    raster = Raster(
        values=values,
        crs="EPSG:6677",
        x_min=0.0,
        y_max=40.0,
        cell_x_m=2.0,
        cell_y_m=2.0,
        source="a.tif",
    )
    store.write_raster("relief", "terrain", raster)
    np.testing.assert_array_equal(store.read_raster("relief", "terrain").values, values)
    for path in sorted((tmp_path / "rasters" / "relief").iterdir()):
        whole = path.read_bytes()
        path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
        with pytest.raises(DamagedError, match="raster"):
            store.read_raster("relief", "terrain")
        assert not store.is_intact("relief", (), ("terrain",))
        path.write_bytes(whole)


def test_a_manifest_that_is_no_database_any_more_is_damaged(tmp_path: Path) -> None:
    """In its head, and in a page of its middle; without it, all is made anew."""
    path = tmp_path / "manifest.sqlite"
    manifest = Manifest(path)
    for part in range(300):
        manifest.record("grid:terrain", str(part), Standing("f", "x" * 100, 1.0))
    manifest.close()
    whole = path.read_bytes()
    for begin in (0, len(whole) // 2 // 4096 * 4096):
        path.write_bytes(whole[:begin] + b"\xa5" * 4096 + whole[begin + 4096 :])
        with pytest.raises(DamagedError, match=r"manifest\.sqlite") as met:
            Manifest(path)
    clear_away(met.value)
    assert Manifest(path).standing("grid:terrain", "0") is None


def test_a_system_that_refuses_is_no_damage(tmp_path: Path) -> None:
    """A file without rights, or without memory to read it, may be sound: it stays."""
    file = tmp_path / "a"
    for error in (PermissionError(errno.EACCES, "no"), OSError(errno.EMFILE, "no"), MemoryError()):
        told = unreadable("table a", error, [file])
        assert isinstance(told, StoreError)
        assert not isinstance(told, DamagedError)
    assert isinstance(unreadable("table a", OSError(errno.EIO, "no"), [file]), DamagedError)

"""Fields over time in the working store: one file per tile, their moments beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from citytwin.errors import StoreError
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.instants import Instant, spans
from citytwin.model.text import text
from citytwin.store.fields import FieldStore

GRID = GridSpec("EPSG:6677", -100.0, 60.0, 2.5, 7, 11)
TILE = Tile(0, 4, 4, 8)
NOON = Instant(datetime(2026, 12, 22, 3, 0, tzinfo=UTC), text("正午", "noon"))
ONE = Instant(datetime(2026, 12, 22, 4, 0, tzinfo=UTC))
THREE = Instant(datetime(2026, 12, 22, 6, 0, tzinfo=UTC))


def stored(folder: Path) -> tuple[FieldStore, np.ndarray]:
    """A store in which one tile of three moments has been written."""
    store = FieldStore(folder, GRID, 4)
    assert store.create(f.SHADOW, (NOON, ONE, THREE))
    values = np.arange(48, dtype=np.uint8).reshape(3, 4, 4) % 3
    store.write(f.SHADOW, TILE, values)
    return store, values


def test_moments_are_read_alone_and_together(tmp_path: Path) -> None:
    """A window may cross tiles; what was not written has no data at any moment."""
    store, values = stored(tmp_path)
    np.testing.assert_array_equal(store.read(f.SHADOW, TILE), values)
    for number in range(3):
        np.testing.assert_array_equal(store.read_one(f.SHADOW, TILE, number), values[number])
    window = store.read(f.SHADOW, Tile(2, 6, 3, 8))
    np.testing.assert_array_equal(window[:, :2, 1:], values[:, 2:])
    assert (window[:, 2:] == 255).all()
    assert store.coordinates(f.SHADOW) == (NOON, ONE, THREE)
    assert store.coordinates(f.TERRAIN) == ()


def test_all_moments_of_a_tile_lie_in_one_file(tmp_path: Path) -> None:
    """Three moments cost no more files than one, and a tile that was not made is told apart."""
    store, _ = stored(tmp_path)
    root = tmp_path / store.key / "shadow"
    chunks = [path for path in (root / "values" / "c").rglob("*") if path.is_file()]
    assert chunks == [root / "values" / "c" / "0" / "0" / "1"]
    assert store.has(f.SHADOW, TILE)
    assert not store.has(f.SHADOW, GRID.whole)


def test_other_moments_are_another_field(tmp_path: Path) -> None:
    """The same moments leave what stands; others, or other words for them, begin anew."""
    store, _ = stored(tmp_path)
    assert not store.create(f.SHADOW, (NOON, ONE, THREE))
    assert store.has(f.SHADOW, TILE)
    assert store.create(f.SHADOW, (NOON, ONE))
    assert not store.has(f.SHADOW, TILE)
    assert store.read(f.SHADOW, TILE).shape == (2, 4, 4)
    assert store.create(f.SHADOW, (Instant(NOON.time), ONE))


def test_a_field_without_times_was_not_made_wholly(tmp_path: Path) -> None:
    """Times are written last, so that a kill in between leaves no field that looks whole."""
    store, _ = stored(tmp_path)
    (tmp_path / store.key / "shadow" / "time" / "zarr.json").unlink()
    with pytest.raises(StoreError, match="shadow is not in the working store"):
        store.coordinates(f.SHADOW)
    assert store.create(f.SHADOW, (NOON, ONE, THREE))
    assert not store.has(f.SHADOW, TILE)


def test_a_field_that_was_not_over_time_before(tmp_path: Path) -> None:
    """The store of an older version holds one map under the name: it makes room."""
    store = FieldStore(tmp_path, GRID, 4)
    (tmp_path / store.key).mkdir(parents=True)
    xr.DataArray(np.zeros((2, 2)), dims=("y", "x"), name="old").to_dataset().to_zarr(
        tmp_path / store.key / "shadow", consolidated=False
    )
    assert store.create(f.SHADOW, (NOON, ONE))
    assert [p.name for p in sorted((tmp_path / store.key / "shadow").iterdir())] == [
        "time", "values", "zarr.json"
    ]  # fmt: skip


def test_xarray_reads_the_times(tmp_path: Path) -> None:
    """The group is Zarr with a CF time coordinate, for whoever looks into the store."""
    store, values = stored(tmp_path)
    data = xr.open_zarr(tmp_path / store.key / "shadow", consolidated=False)
    assert data["values"].dims == ("time", "y", "x")
    at_three = data["values"].sel(time="2026-12-22T06:00:00")[:4, 4:8]
    np.testing.assert_array_equal(at_three, values[2])


def test_how_long_a_moment_stands_for_the_time() -> None:
    """Until the next one; the last as long as the one before it, an only one for an hour."""
    noon, one, three = NOON.time, ONE.time, THREE.time
    five = three.replace(hour=8)
    assert spans([noon, one, three]) == ((noon, one), (one, three), (three, five))
    assert spans([noon]) == ((noon, one),)

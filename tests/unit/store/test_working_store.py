"""Fields and tables of the working store."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from citytwin.engine.city_store import CityStore
from citytwin.errors import StoreError
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec, Tile
from citytwin.store.fields import FieldStore
from citytwin.store.placed import Places, write_placed
from citytwin.store.tables import (
    TableError,
    conform,
    row_boxes,
    row_digests,
)

GRID = GridSpec("EPSG:6677", -100.0, 60.0, 2.5, 7, 11)


def test_tiles_are_written_and_windows_read(tmp_path: Path) -> None:
    """What is not written yet is nodata; a window may cross tiles."""
    store = FieldStore(tmp_path, GRID, 4)
    store.create(f.TERRAIN)
    values = np.arange(16, dtype=np.float32).reshape(4, 4)
    store.write(f.TERRAIN, Tile(0, 4, 4, 8), values)
    window = store.read(f.TERRAIN, Tile(2, 6, 3, 8))
    np.testing.assert_array_equal(window[:2, 1:], values[2:])
    assert np.isnan(window[2:]).all()
    assert np.isnan(window[:, 0]).all()


def test_what_was_made_is_told_from_what_was_not(tmp_path: Path) -> None:
    """A tile without any data was made too; other layouts go when they are no longer read."""
    store = FieldStore(tmp_path, GRID, 4)
    store.create(f.TERRAIN)
    store.write(f.TERRAIN, Tile(0, 4, 4, 8), np.full((4, 4), np.nan, dtype=np.float32))
    assert store.has(f.TERRAIN, Tile(0, 4, 4, 8))
    assert not store.has(f.TERRAIN, Tile(4, 7, 8, 11))
    assert not store.has(f.TERRAIN, GRID.whole)
    other = FieldStore(tmp_path, GRID, 11)
    other.create(f.TERRAIN)
    other.write(f.TERRAIN, GRID.whole, np.zeros(GRID.shape, dtype=np.float32))
    assert other.has(f.TERRAIN, GRID.whole)
    other.remove_others()
    assert [folder.name for folder in tmp_path.iterdir()] == [other.key]


def test_chunks_reach_the_disk_before_write_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File and folders are synced, so that no record outlives its values in a power cut."""
    store = FieldStore(tmp_path, GRID, 4)
    store.create(f.TERRAIN)
    synced: list[int] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    store.write(f.TERRAIN, Tile(0, 4, 4, 8), np.zeros((4, 4), dtype=np.float32))
    field = tmp_path / store.key / "terrain"
    wanted = [field / "c" / "0" / "1", field / "c" / "0", field / "c", field]
    assert synced == [path.stat().st_ino for path in wanted]
    synced.clear()
    table = tmp_path / "roads.parquet"
    frame = conform(t.ROADS, roads(), "EPSG:6677")
    write_placed(tmp_path, table, frame, Places.of(t.ROADS, frame))
    assert synced == [table.stat().st_ino, tmp_path.stat().st_ino]


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    """Reading what nobody made is an error with the field's name."""
    with pytest.raises(StoreError, match="terrain"):
        FieldStore(tmp_path, GRID, 4).read(f.TERRAIN, GRID.whole)


def roads() -> gpd.GeoDataFrame:
    """Two segments, one on a bridge, with nulls."""
    return gpd.GeoDataFrame(
        {
            "road_id": ["a", "b"],
            "name": [None, "主要道"],
            "function": [None, None],
            "width_m": [None, 6.0],
            "level": [0, 1],
            "source": ["x", "x"],
        },
        geometry=[box(0, 0, 4, 2), box(-9, 1, -3, 8)],
        crs="EPSG:6677",
    )


def test_tables_come_back_as_declared(tmp_path: Path) -> None:
    """Types, order of columns, CRS and nulls survive."""
    frame = conform(t.ROADS, roads(), "EPSG:6677")
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    store.write_table("x", t.ROADS, frame)
    back = store.read_table(t.ROADS, "x")
    assert tuple(back.columns) == t.ROADS.column_names
    assert back["level"].dtype == "Int32"
    assert pd.isna(back["name"].iloc[0])
    np.testing.assert_array_equal(row_boxes(t.ROADS, back)[1], [-9, 1, -3, 8])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop(columns="level"), r"missing columns \['level'\]"),
        (lambda d: d.assign(more=1), r"unknown columns \['more'\]"),
        (lambda d: d.assign(level=["x", "y"]), "column level: not int32"),
        (lambda d: d.assign(road_id=[None, "b"]), "column road_id: row 0 is null"),
        (lambda d: d.set_crs("EPSG:6676", allow_override=True), "the city in EPSG:6677"),
    ],
)
def test_frames_that_break_the_schema_are_refused(change, message: str) -> None:
    """The message names table, column and row."""
    with pytest.raises(TableError, match=message):
        conform(t.ROADS, change(roads()), "EPSG:6677")


def test_row_digests_follow_the_content_of_their_row_only() -> None:
    """Changing one row changes one digest; swapping rows swaps digests."""
    frame = conform(t.ROADS, roads(), "EPSG:6677")
    before = row_digests(frame)
    changed = frame.copy()
    changed.loc[1, "width_m"] = 7.0
    after = row_digests(changed)
    assert before[0] == after[0]
    assert before[1] != after[1]
    swapped = row_digests(frame.iloc[::-1])
    np.testing.assert_array_equal(swapped, before[::-1])

"""Rows near an area: those, all of those, in their order, without reading the others."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from citytwin.model import tables as t
from citytwin.model.grid import Bounds
from citytwin.store import row_index
from citytwin.store.placed import Places, TableFile, read_rows, write_placed
from citytwin.store.row_index import RowIndex, rows_near
from citytwin.store.tables import conform, row_boxes

CRS = "EPSG:6677"


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of three rows, so that few rows are many groups."""
    monkeypatch.setattr(row_index, "GROUP_ROWS", 3)
    monkeypatch.setattr("citytwin.store.placed.GROUP_ROWS", 3)


def some_boxes(count: int, seed: int) -> np.ndarray:
    """Boxes of all sizes, some everywhere, some nowhere, some points."""
    rng = np.random.default_rng(seed)
    low = rng.uniform(-500, 500, (count, 2))
    boxes = np.concatenate([low, low + rng.choice([0.0, 1.0, 80.0], (count, 1))], axis=1)
    kind = rng.integers(0, 8, count)
    boxes[kind == 0] = [-np.inf, -np.inf, np.inf, np.inf]
    boxes[kind == 1] = np.nan
    return boxes


edges = st.floats(-700, 700)


@settings(max_examples=60, deadline=None)
@given(count=st.integers(0, 40), seed=st.integers(0, 99), x=edges, y=edges, size=st.floats(0, 900))
def test_it_finds_what_looking_at_all_rows_finds(
    count: int, seed: int, x: float, y: float, size: float
) -> None:
    """Whatever the rows and the area."""
    boxes, area = some_boxes(count, seed), Bounds(x, y, x + size, y + size)
    index = RowIndex(boxes)
    np.testing.assert_array_equal(index.near(area), rows_near(boxes, area))
    assert sorted(index.order) == list(range(count))


def buildings(count: int) -> pd.DataFrame:
    """Roads in no order at all."""
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 1000, (2, count))
    frame = gpd.GeoDataFrame(
        {
            "road_id": [f"r{i}" for i in range(count)],
            "name": [None if i % 2 else "道" for i in range(count)],
            "function": None,
            "width_m": 4.0,
            "level": 0,
            "source": "x",
        },
        geometry=box(x, y, x + 20, y + 5),
        crs=CRS,
    )
    return conform(t.ROADS, frame, CRS)


def surfaces(count: int) -> pd.DataFrame:
    """Walls, as lists of coordinates."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "surface_id": [f"s{i}" for i in range(count)],
            "building_id": "b",
            "lod": "2",
            "semantic": "wall",
            "xyz": [rng.uniform(0, 1000) + np.arange(9.0) for _ in range(count)],
            "ring_sizes": [[3]] * count,
        }
    )
    return conform(t.SURFACES, frame, CRS)


def placed(folder: Path, table: t.Table, frame: pd.DataFrame, name: str = "p") -> TableFile:
    """Write a table."""
    return write_placed(folder, folder / f"{name}.parquet", frame, Places.of(table, frame))


@pytest.mark.parametrize(("table", "frame"), [(t.ROADS, buildings(50)), (t.SURFACES, surfaces(50))])
def test_rows_come_in_order_with_their_numbers(
    tmp_path: Path, table: t.Table, frame: pd.DataFrame
) -> None:
    """As if the whole table had been read and cut; types, CRS and nulls survive."""
    boxes = row_boxes(table, frame)
    files = [placed(tmp_path, table, frame)]
    area = Bounds(100.0, 100.0, 420.0, 700.0)
    near = rows_near(boxes, area)
    assert 0 < len(near) < len(frame)
    pd.testing.assert_frame_equal(read_rows(tmp_path, files, table, area), frame.iloc[near])
    pd.testing.assert_frame_equal(read_rows(tmp_path, files, table), frame)
    nowhere = read_rows(tmp_path, files, table, Bounds(5000.0, 5000.0, 6000.0, 6000.0))
    pd.testing.assert_frame_equal(nowhere, frame.iloc[:0])


def test_groups_hold_neighbours(tmp_path: Path) -> None:
    """So that a tile reads few of them: their boxes are small beside the city."""
    frame = buildings(300)
    placed(tmp_path, t.ROADS, frame)
    metadata = pq.read_metadata(tmp_path / "p.parquet")
    assert metadata.num_row_groups == 100
    names = [metadata.schema.column(i).name for i in range(metadata.num_columns)]
    spans = []
    for group in range(metadata.num_row_groups):
        low = metadata.row_group(group).column(names.index("_x_min")).statistics
        spans.append(low.max - low.min)
    assert np.median(spans) < 150


def test_rows_that_lie_nowhere_belong_to_every_tile(tmp_path: Path) -> None:
    """Observations have no place; each tile gets them all."""
    frame = pd.DataFrame({"a": range(7)})
    file = placed(tmp_path, t.OBSERVATIONS, frame)
    assert file.box is None
    found = read_rows(tmp_path, [file], t.OBSERVATIONS, Bounds(0, 0, 1, 1))
    assert found["a"].tolist() == list(range(7))


def test_a_table_in_several_files_reads_like_one(tmp_path: Path) -> None:
    """Rows keep their numbers; a file that lies elsewhere is not opened."""
    whole = buildings(60)
    east = whole.set_geometry(whole.geometry.translate(xoff=5000.0))
    files = [placed(tmp_path, t.ROADS, whole, "w"), placed(tmp_path, t.ROADS, east, "e")]
    files[1] = files[1].model_copy(update={"first_row": 60})
    both = pd.concat([whole, east], ignore_index=True)
    pd.testing.assert_frame_equal(read_rows(tmp_path, files, t.ROADS), both)
    area = Bounds(5000.0, 0.0, 5500.0, 1000.0)
    near = rows_near(row_boxes(t.ROADS, both), area)
    assert near.min() >= 60
    (tmp_path / "w.parquet").unlink()
    pd.testing.assert_frame_equal(read_rows(tmp_path, files, t.ROADS, area), both.iloc[near])

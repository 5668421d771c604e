"""GeoParquet deliveries, read back with geopandas and pyarrow."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from citytwin.errors import StoreError
from citytwin.store.geoparquet import along_hilbert_curve, write_geoparquet


def squares(count: int = 300, crs: str = "EPSG:6677") -> gpd.GeoDataFrame:
    """Squares of 8 m at random places, some heights unknown."""
    rng = np.random.default_rng(7)
    x, y = rng.uniform(-4000, -2000, count), rng.uniform(-9000, -6000, count)
    height = np.where(rng.random(count) < 0.2, np.nan, rng.uniform(3, 60, count))
    return gpd.GeoDataFrame(
        {
            "building_id": pd.array([f"b{i:04d}" for i in range(count)], dtype="string"),
            "height_m": height,
            "storeys": pd.array([None if i % 5 == 0 else i % 9 for i in range(count)], "Int32"),
            "name": pd.array([f"建物 {i}" for i in range(count)], dtype="string"),
        },
        geometry=shapely.box(x, y, x + 8, y + 8),
        crs=crs,
    )


def test_round_trip(tmp_path: Path) -> None:
    """Every row, type and vertex comes back, with the CRS."""
    frame = along_hilbert_curve(squares(), "building_id")
    write_geoparquet(tmp_path / "a.parquet", frame)
    back = gpd.read_parquet(tmp_path / "a.parquet")
    assert back.crs.to_epsg() == 6677
    assert list(back.columns) == [*frame.columns, "bbox"][: len(back.columns)]
    assert back.geometry.geom_equals_exact(frame.geometry, 0).all()
    assert back["building_id"].tolist() == frame["building_id"].tolist()
    assert back["storeys"].isna().sum() == 60
    assert np.array_equal(back["height_m"], frame["height_m"], equal_nan=True)


def test_what_the_file_says(tmp_path: Path) -> None:
    """Version 1.1.0, WKB, zstd, PROJJSON with the code, a covering box and small row groups."""
    write_geoparquet(tmp_path / "a.parquet", squares())
    meta = pq.read_metadata(tmp_path / "a.parquet")
    geo = json.loads(meta.metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert geo["version"] == "1.1.0"
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["Polygon"]
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 6677}
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    assert all(g.num_rows <= 50_000 for g in groups)
    assert groups[0].column(0).compression == "ZSTD"


def test_order_along_the_curve(tmp_path: Path) -> None:
    """Neighbours in the file are near in space, whatever the order of the rows given."""
    frame = squares()
    shuffled = frame.sample(frac=1.0, random_state=3)
    a, b = (along_hilbert_curve(x, "building_id") for x in (frame, shuffled))
    assert a["building_id"].tolist() == b["building_id"].tolist()

    def step(rows: gpd.GeoDataFrame) -> float:
        centre = rows.geometry.centroid
        return float(np.hypot(np.diff(centre.x), np.diff(centre.y)).mean())

    assert step(a) < 0.25 * step(frame)


def test_same_bytes_for_the_same_rows(tmp_path: Path) -> None:
    """Writing again gives the same bytes."""
    for name in ("a", "b"):
        write_geoparquet(tmp_path / name, squares())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_rows(tmp_path: Path) -> None:
    """A layer without features is a file without rows."""
    frame = along_hilbert_curve(squares().iloc[:0], "building_id")
    write_geoparquet(tmp_path / "a.parquet", frame)
    assert len(gpd.read_parquet(tmp_path / "a.parquet")) == 0


def test_refuses_rows_without_geometry_or_code(tmp_path: Path) -> None:
    """A row that lies nowhere is named; a CRS without a code is refused."""
    frame = squares(3)
    frame.loc[1, "geometry"] = None
    with pytest.raises(StoreError, match="b0001"):
        along_hilbert_curve(frame, "building_id")
    with pytest.raises(StoreError, match="no EPSG code"):
        write_geoparquet(tmp_path / "a.parquet", squares(3).set_crs(None, allow_override=True))

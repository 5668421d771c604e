"""Rasters of the working store come back as they went in, and what is missing is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from citytwin.engine.city_store import CityStore
from citytwin.errors import StoreError
from citytwin.model.raster import Raster
from citytwin.store.placed import TableFile


def test_a_raster_comes_back_with_its_place(tmp_path: Path) -> None:
    """Values, gaps, place and name of the file; another place is another digest."""
    values = np.array([[1.5, np.nan, -3.0], [0.0, 2.0, 9.0]], dtype=np.float32)
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    raster = Raster(values, "EPSG:2451", -250.0, 80.0, 5.0, 2.5, "dem.tif")
    digest = store.write_raster("dem", "terrain_raster", raster)
    found = store.read_raster("dem", "terrain_raster")
    np.testing.assert_array_equal(found.values, values)
    assert (found.crs, found.x_min, found.y_max) == ("EPSG:2451", -250.0, 80.0)
    assert (found.cell_x_m, found.cell_y_m, found.source) == (5.0, 2.5, "dem.tif")
    moved = Raster(values, "EPSG:2451", -245.0, 80.0, 5.0, 2.5, "dem.tif")
    assert store.write_raster("dem", "terrain_raster", moved) != digest


def test_a_raster_that_is_gone_is_named(tmp_path: Path) -> None:
    """The message names the file and says what to do."""
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    with pytest.raises(StoreError, match=r"dem.*terrain_raster.*run again"):
        store.read_raster("dem", "terrain_raster")


def test_a_source_stands_while_its_files_do(tmp_path: Path) -> None:
    """A table or a half of a raster that is gone is read from the source again."""
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    values = np.zeros((2, 3), dtype=np.float32)
    raster = Raster(values, "EPSG:2451", -250.0, 80.0, 5.0, 2.5, "dem.tif")
    store.write_raster("dem", "terrain_raster", raster)
    assert store.has_part("dem", [], ["terrain_raster"])
    file = TableFile(path="tables/dem/gone.parquet", rows=1, digest="", box=None)
    assert not store.has_part("dem", [file], ["terrain_raster"])
    assert not list(tmp_path.rglob(".tmp-*"))
    (gone,) = tmp_path.rglob("*.json")
    gone.unlink()
    assert not store.has_part("dem", [], ["terrain_raster"])

"""A layer without any value, where that is an answer: water that arrives nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio

from citytwin.errors import StoreError
from citytwin.layers import flood_arrival, terrain
from citytwin.model.grid import GridSpec
from citytwin.model.steps import LayerRecipe
from citytwin.store.layer_writer import LayerContent, write_layer

GRID = GridSpec("EPSG:6677", -44500.0, -93700.0, 2.5, 30, 40)


def empty(recipe: LayerRecipe) -> LayerContent:
    """Content of a raster layer with no value anywhere."""
    return LayerContent(
        recipe=recipe,
        grid=GRID,
        array=np.full(GRID.shape, np.nan, dtype=np.float32),
        frame=None,
        notes=(),
        facts=(),
        classification="public",
        valid_time=datetime(2026, 6, 30, tzinfo=UTC),
        licence="Apache-2.0",
        sources=(),
        fingerprint="f",
    )


def test_water_that_arrives_nowhere_is_a_map(tmp_path: Path) -> None:
    """All files are written, and every cell is nodata."""
    document = write_layer(empty(flood_arrival.LAYER), tmp_path)
    assert all((tmp_path / file.href).is_file() for file in document.files)
    with rasterio.open(tmp_path / "flood_arrival.tif") as file:
        assert file.read(1, masked=True).mask.all()


def test_ground_that_is_nowhere_is_an_error(tmp_path: Path) -> None:
    """A city without any ground level is a mistake, not an answer."""
    with pytest.raises(StoreError, match="no data anywhere"):
        write_layer(empty(terrain.LAYER), tmp_path)

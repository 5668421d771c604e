"""Coarser ground, and how coarse it must be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from citytwin.errors import StoreError
from citytwin.live.nowcast_ground import Effort, coarser, ground
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.store.fields import FieldStore

GRID = GridSpec("EPSG:6677", -100.0, 50.0, 2.0, 5, 7)


def test_larger_cells_from_the_same_corner() -> None:
    """Five by seven become three by four; nothing is cut off."""
    wide = coarser(GRID, 2)
    assert (wide.ny, wide.nx, wide.cell_m) == (3, 4, 4.0)
    assert (wide.x_min, wide.y_max) == (GRID.x_min, GRID.y_max)


def test_heights_are_means_and_buildings_majorities(tmp_path: Path) -> None:
    """By hand, with a hole and an edge that is cut."""
    store = FieldStore(tmp_path / "fields", GRID, 512)
    height = np.arange(35, dtype=np.float32).reshape(5, 7)
    height[0, 0] = np.nan
    mask = np.zeros((5, 7), np.uint8)
    mask[0, 2:4] = 1  # half of a block
    mask[2, 0] = 1  # a quarter of one
    for field, values in ((f.TERRAIN, height), (f.BUILDING_MASK, mask)):
        store.create(field)
        store.write(field, GRID.whole, values)
    found = ground(tmp_path, GRID, 512, 2)
    terrain = found["terrain"].values
    assert terrain[0, 0] == pytest.approx((1 + 7 + 8) / 3)
    assert terrain[2, 3] == 34.0
    assert found["building_mask"].values.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert "roughness_length" not in found
    assert found["terrain"].rio.crs.to_epsg() == 6677
    assert found["terrain"].y.values[0] == 48.0


def test_a_store_without_terrain_is_named(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(StoreError, match="holds no terrain"):
        ground(tmp_path, GRID, 512, 1)


def test_cells_twice_as_large_take_an_eighth() -> None:
    """A quarter of the cells, half of the steps; what was measured is learned."""
    city = GridSpec("EPSG:6677", 0.0, 0.0, 2.0, 1000, 1000)
    effort = Effort(1e-7)
    assert effort.seconds(city, 3600.0) == pytest.approx(180.0)
    assert effort.seconds(coarser(city, 2), 3600.0) == pytest.approx(180.0 / 8)
    assert effort.learned(city, 3600.0, 90.0).seconds(city, 3600.0) == pytest.approx(90.0)


@pytest.mark.parametrize(
    ("budget_s", "factor"), [(361.0, 1), (359.0, 2), (45.1, 2), (44.9, 3), (0.001, None)]
)
def test_as_coarse_as_the_budget_asks_for(budget_s: float, factor: int | None) -> None:
    """Half of the budget is planned for: 180 s, 22.5 s, 6.7 s; beyond 50 m there is none."""
    city = GridSpec("EPSG:6677", 0.0, 0.0, 2.0, 1000, 1000)
    assert Effort(1e-7).factor(city, 3600.0, budget_s) == factor

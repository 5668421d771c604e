"""Roughness: what covers the ground, roads above all, bridges not at all."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pydantic import ValidationError

from citytwin.grids.roughness import GRIDDER, RoughnessParams
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import GridTask

GRID = GridSpec("EPSG:28992", -300.0, -120.0, 2.5, 12, 20)


def strip(col0: int, col1: int) -> shapely.Polygon:
    """Columns of the grid from edge to edge."""
    box = GRID.bounds
    return shapely.box(box.x_min + col0 * 2.5, box.y_min, box.x_min + col1 * 2.5, box.y_max)


def run(parcels: list, roads: list, params: RoughnessParams | None = None) -> np.ndarray:
    """Roughness from (use, polygon) and (level, polygon)."""
    tables = {}
    if parcels:
        shapes = [parcel[1] for parcel in parcels]
        uses = {"use": [parcel[0] for parcel in parcels]}
        tables[t.LAND_USE] = gpd.GeoDataFrame(uses, geometry=shapes, crs=GRID.crs)
    if roads:
        levels = {"level": [road[0] for road in roads]}
        shapes = [road[1] for road in roads]
        tables[t.ROADS] = gpd.GeoDataFrame(levels, geometry=shapes, crs=GRID.crs)
    terrain = {f.TERRAIN: np.zeros(GRID.shape, dtype=np.float32)}
    task = GridTask(GRID, GRID.whole, tables, {}, terrain)
    return GRIDDER.run(task, params or RoughnessParams()).fields[f.ROUGHNESS]


def test_each_use_has_its_value() -> None:
    """Values as declared; uses without one of their own are other ground."""
    uses = ["paddy", "field", "green", "water", "building", "bare", "other", "road"]
    made = run([(use, strip(2 * n, 2 * n + 2)) for n, use in enumerate(uses)], [])
    expected = [0.06, 0.06, 0.05, 0.03, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]
    np.testing.assert_array_equal(made, np.tile(np.repeat(np.float32(expected), 2), (12, 1)))


def test_later_covers_hide_earlier_ones() -> None:
    """Water over green over farmland, roads over all, whatever the order of the rows."""
    parcels = [("water", strip(6, 8)), ("paddy", strip(0, 12)), ("green", strip(4, 8))]
    made = run(parcels, [(0, strip(7, 15))], RoughnessParams(green=0.08, other=0.1))
    expected = [0.06] * 4 + [0.08] * 2 + [0.03] + [0.047] * 8 + [0.1] * 5
    np.testing.assert_array_equal(made, np.tile(np.float32(expected), (12, 1)))


def test_bridges_leave_the_ground_below_as_it_is() -> None:
    """Only roads on the ground are painted."""
    made = run(
        [("water", strip(0, 20))], [(1, strip(3, 6)), (0, strip(10, 11)), (2, strip(15, 17))]
    )
    assert set(np.unique(made[:, 10])) == {np.float32(0.047)}
    assert set(np.unique(np.delete(made, 10, axis=1))) == {np.float32(0.03)}


def test_without_tables_all_ground_is_other() -> None:
    """A city with neither land use nor roads still gets a field."""
    assert (run([], []) == np.float32(0.05)).all()


def test_holes_and_halves_of_cells() -> None:
    """A cell belongs to a parcel when its centre does; holes stay other ground."""
    pond = strip(2, 10).difference(strip(5, 7))
    shifted = shapely.affinity.translate(strip(12, 14), xoff=1.3)
    made = run([("water", pond), ("paddy", shifted)], [])[0]
    water = [2, 3, 4, 7, 8, 9]
    assert (made[water] == np.float32(0.03)).all()
    assert (made[[13, 14]] == np.float32(0.06)).all()
    assert (np.delete(made, [*water, 13, 14]) == np.float32(0.05)).all()


def test_values_that_no_ground_has_are_refused() -> None:
    """Zero would divide by nothing."""
    with pytest.raises(ValidationError, match="greater than 0"):
        RoughnessParams(road=0.0)


def test_the_cover_itself_by_name() -> None:
    """Each land use has its number; roads hide them all."""
    uses = ["other", "building", "road", "water", "green", "paddy", "field", "bare"]
    shapes = [strip(2 * n, 2 * n + 2) for n in range(len(uses))]
    tables = {
        t.LAND_USE: gpd.GeoDataFrame({"use": uses}, geometry=shapes, crs=GRID.crs),
        t.ROADS: gpd.GeoDataFrame({"level": [0]}, geometry=[strip(18, 20)], crs=GRID.crs),
    }
    terrain = {f.TERRAIN: np.zeros(GRID.shape, dtype=np.float32)}
    task = GridTask(GRID, GRID.whole, tables, {}, terrain)
    made = GRIDDER.run(task, RoughnessParams()).fields[f.GROUND_COVER]
    # Land recorded as road is no road surface on the ground: that comes from the roads.
    expected = [0, 1, 0, 3, 4, 5, 6, 7, 0, 2]
    np.testing.assert_array_equal(made, np.tile(np.repeat(np.uint8(expected), 2), (12, 1)))

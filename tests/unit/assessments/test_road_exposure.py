"""Exposure of roads: the share that closes a segment, bridges, segments off the grid."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError

from citytwin.assessments.road_exposure import ASSESSMENT, RoadExposureParams
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import CityState
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:28992", -600.0, -400.0, 2.5, 14, 30)


def strip(row0: float, row1: float, col0: float = 0, col1: float = 30) -> shapely.Polygon:
    """Rectangle in rows and columns of the grid."""
    west, north = GRID.x_min, GRID.y_max
    return shapely.box(west + col0 * 2.5, north - row1 * 2.5, west + col1 * 2.5, north - row0 * 2.5)


def run(
    *roads: tuple[shapely.Geometry, int],
    depth: np.ndarray | None = None,
    minutes: np.ndarray | None = None,
    built: np.ndarray | None = None,
    share: float = 0.05,
) -> pd.DataFrame:
    """The table of (geometry, level), checked against its schema."""
    frame = gpd.GeoDataFrame(
        {
            "road_id": [f"r{n}" for n in range(len(roads))],
            "name": pd.array([None] * len(roads), dtype="string"),
            "function": pd.array([None] * len(roads), dtype="string"),
            "level": pd.array([road[1] for road in roads], dtype="Int32"),
        },
        geometry=[road[0] for road in roads],
        crs=GRID.crs,
    )
    unknown = np.full(GRID.shape, np.nan, dtype=np.float32)
    fields = {
        f.FLOOD_DEPTH_MAX: unknown if depth is None else np.float32(depth),
        f.FLOOD_IMPASSABLE: unknown if minutes is None else np.float32(minutes),
        f.BUILDING_MASK: np.uint8(np.zeros(GRID.shape) if built is None else built),
    }
    city = CityState(GRID, fields, {t.ROADS: frame})
    assessed = ASSESSMENT.run(city, RoadExposureParams(blocked_share=share))
    return conform(t.ROAD_EXPOSURE, assessed.frame, GRID.crs)


@pytest.mark.parametrize(
    ("share", "closed_cells", "expected"),
    [
        (0.05, 2, None),
        (0.05, 3, 30.0),
        (0.05, 60, 30.0),
        (0.5, 29, None),
        (0.5, 30, 300.0),
        (1.0, 60, 600.0),
        (1.0, 59, None),
        (0.001, 1, 10.0),
    ],
)
def test_a_segment_closes_with_a_share_of_its_cells(
    share: float, closed_cells: int, expected: float | None
) -> None:
    """Sixty cells that close one by one, ten minutes apart: 5 % of them are three."""
    minutes = np.full(GRID.shape, np.nan)
    order = np.random.default_rng(5).permutation(60)[:closed_cells]
    minutes[4 + order // 30, order % 30] = 10.0 * (1 + np.arange(closed_cells))
    made = run((strip(4, 6), 0), depth=np.zeros(GRID.shape), minutes=minutes, share=share)
    closed = made.loc[0, "impassable_after_min"]
    assert pd.isna(closed) if expected is None else closed == expected


def test_a_share_that_binary_fractions_miss() -> None:
    """7 % of a hundred cells are seven, though 0.07 x 100 is a little more than seven."""
    minutes = np.full(GRID.shape, np.nan)
    minutes[2, 3:10] = 25.0
    made = run((strip(2, 12, 3, 13), 0), depth=np.zeros(GRID.shape), minutes=minutes, share=0.07)
    assert made.loc[0, "impassable_after_min"] == 25.0


def test_the_depth_is_the_highest_of_the_segment() -> None:
    """Unknown cells do not count, nor cells beside it."""
    depth = np.random.default_rng(2).random(GRID.shape)
    depth[5, 7], depth[5, 8], depth[3, 9] = 2.25, np.nan, 50.0
    made = run((strip(4, 6), 0), (strip(8, 10), 0), depth=depth)
    assert made["flood_depth_max_m"].tolist() == [2.25, float(np.float32(depth)[8:10].max())]
    assert made["impassable_after_min"].isna().all()


def test_bridges_are_not_assessed() -> None:
    """Water below a bridge says nothing of it."""
    flooded = np.full(GRID.shape, 3.0)
    made = run((strip(4, 6), 1), (strip(4, 6), 0), depth=flooded, minutes=flooded)
    assert made.loc[0, ["flood_depth_max_m", "impassable_after_min"]].isna().all()
    assert made.loc[1, ["flood_depth_max_m", "impassable_after_min"]].tolist() == [3.0, 3.0]


def test_segments_off_the_grid() -> None:
    """One that leaves it counts as far as it lies on it; one beyond is not assessed."""
    depth = np.zeros(GRID.shape)
    depth[:, 0], depth[:, 29] = 0.4, 0.6
    made = run(
        (strip(4, 6, -50, 5), 0),
        (strip(4, 6, 25, 900), 0),
        (strip(-20, -10), 0),
        (strip(4, 6, 31, 40), 0),
        (strip(-5, 40, -5, 50), 0),
        depth=depth,
    )
    expected = [0.4, 0.6, np.nan, np.nan, 0.6]
    np.testing.assert_allclose(made["flood_depth_max_m"], expected, rtol=1e-6)


def test_cells_under_buildings_do_not_count() -> None:
    """A passage through a building has the water of its open ends only."""
    built, depth = np.zeros(GRID.shape), np.zeros(GRID.shape)
    built[:, 10:20] = 1
    depth[5, 15], depth[5, 22] = 9.0, 0.8
    made = run((strip(5, 6), 0), (strip(5, 6, 11, 19), 0), depth=depth, built=built)
    np.testing.assert_allclose(made["flood_depth_max_m"], [0.8, np.nan], rtol=1e-6)


def test_a_lane_narrower_than_a_cell_is_assessed_all_the_same() -> None:
    """A path of 1 m between the centres of two rows has the water of the cells it runs through."""
    depth, minutes = np.zeros(GRID.shape), np.full(GRID.shape, np.nan)
    depth[6], minutes[6] = 0.9, 12.0
    lane = strip(6.05, 6.4)
    made = run((lane, 0), depth=depth, minutes=minutes)
    assert made.loc[0, "flood_depth_max_m"] == pytest.approx(0.9)
    assert made.loc[0, "impassable_after_min"] == 12.0


def test_segments_of_several_parts_with_holes() -> None:
    """A roundabout: its island does not count, all its parts do."""
    ring = strip(2, 9, 2, 9).difference(strip(4, 7, 4, 7))
    arm = strip(5, 6, 20, 24)
    depth = np.zeros(GRID.shape)
    depth[5, 5], depth[5, 22] = 9.0, 0.3
    made = run((shapely.MultiPolygon([ring, arm]), 0), depth=depth)
    assert made.loc[0, "flood_depth_max_m"] == pytest.approx(0.3)


def test_an_empty_segment_is_not_assessed() -> None:
    """It keeps its row."""
    made = run((shapely.Polygon(), 0), depth=np.ones(GRID.shape))
    assert made.loc[0, ["flood_depth_max_m", "impassable_after_min"]].isna().all()


@pytest.mark.parametrize("share", [0.0, 1.2])
def test_a_share_is_a_share(share: float) -> None:
    """More than nothing, at most all."""
    with pytest.raises(ValidationError):
        RoadExposureParams(blocked_share=share)

"""Exposure of roads: water across a segment, puddles, bridges, tunnels, segments off the grid."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.assessments.road_exposure import ASSESSMENT
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import CityState, NoParams
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
    until: np.ndarray | None = None,
    built: np.ndarray | None = None,
    classes: list[str | None] | None = None,
) -> pd.DataFrame:
    """The table of (geometry, level), checked against its schema."""
    frame = gpd.GeoDataFrame(
        {
            "road_id": [f"r{n}" for n in range(len(roads))],
            "name": pd.array([None] * len(roads), dtype="string"),
            "function": pd.array(classes or [None] * len(roads), dtype="string"),
            "level": pd.array([road[1] for road in roads], dtype="Int32"),
        },
        geometry=[road[0] for road in roads],
        crs=GRID.crs,
    )
    unknown = np.full(GRID.shape, np.nan, dtype=np.float32)
    fields = {
        f.FLOOD_DEPTH_MAX: unknown if depth is None else np.float32(depth),
        f.FLOOD_IMPASSABLE: unknown if minutes is None else np.float32(minutes),
        **({} if until is None else {f.FLOOD_IMPASSABLE_UNTIL: np.float32(until)}),
        f.BUILDING_MASK: np.uint8(np.zeros(GRID.shape) if built is None else built),
    }
    city = CityState(GRID, fields, {t.ROADS: frame})
    assessed = ASSESSMENT.run(city, NoParams())
    return conform(t.ROAD_EXPOSURE, assessed.frame, GRID.crs)


def pool(row0: int, row1: int, col0: int, col1: int, after_min: float = 30.0) -> np.ndarray:
    """Minutes until the cells of a box are too deep; all others stay passable."""
    minutes = np.full(GRID.shape, np.nan)
    minutes[row0:row1, col0:col1] = after_min
    return minutes


def closing(
    *roads: shapely.Geometry, minutes: np.ndarray, **given: list[str | None]
) -> list[float]:
    """Closing times of roads on the ground, NaN for those that stay passable."""
    made = run(*((road, 0) for road in roads), depth=np.zeros(GRID.shape), minutes=minutes, **given)
    return made["impassable_after_min"].to_numpy(dtype=float, na_value=np.nan).tolist()


@pytest.mark.parametrize("length", [30, 20, 10])
def test_water_across_the_whole_road_closes_it_however_long_it_is(length: int) -> None:
    """Two cells of thirty, a fifteenth of the road, and no car gets through."""
    road = strip(4, 7, 0, length)
    assert closing(road, minutes=pool(4, 7, 5, 7)) == [30.0]
    assert closing(road, minutes=pool(2, 9, 5, 7)) == [30.0]


def test_a_puddle_at_the_kerb_leaves_the_road_passable() -> None:
    """However long it is, one row of cells beside it stays open; across, it would close."""
    road = strip(4, 7)
    assert np.isnan(closing(road, minutes=pool(4, 6, 3, 27))).all()
    assert np.isnan(closing(road, minutes=pool(5, 7, 0, 30))).all()
    assert closing(road, minutes=pool(4, 7, 3, 27)) == [30.0]


def test_the_road_closes_when_its_last_way_round_does() -> None:
    """The pool spreads from one kerb to the other; a row that never closes keeps it open."""
    minutes = np.full(GRID.shape, np.nan)
    minutes[4:7, 12:16] = np.array([[10.0], [45.0], [25.0]])
    assert closing(strip(4, 7), minutes=minutes) == [45.0]
    assert np.isnan(closing(strip(4, 8), minutes=minutes)).all()


def test_a_road_wholly_under_water() -> None:
    """It is parted when the first cross-section is: the ends are open until then."""
    minutes = np.full(GRID.shape, 90.0)
    minutes[:, 20:] = 60.0
    assert closing(strip(4, 7), minutes=minutes) == [60.0]


@pytest.mark.parametrize("where", [(0, 3), (27, 30)])
def test_a_pool_at_the_end_closes_the_road(where: tuple[int, int]) -> None:
    """Nobody gets out at that end."""
    assert closing(strip(4, 7), minutes=pool(4, 7, *where)) == [30.0]


def test_a_puddle_in_the_corner_of_the_end_does_not() -> None:
    """One row past it stays open."""
    assert np.isnan(closing(strip(4, 7), minutes=pool(4, 6, 26, 30))).all()


@pytest.mark.parametrize("cut", [6, 10, 11, 12, 15, 21])
def test_the_source_may_cut_the_road_anywhere(cut: int) -> None:
    """The piece that the pool lies in is closed, both where it lies across their joint."""
    road = strip(4, 7), strip(4, 7, 0, cut), strip(4, 7, cut, 30)
    whole, first, second = closing(*road[:1], minutes=pool(4, 7, 9, 13)) + closing(
        *road[1:], minutes=pool(4, 7, 9, 13)
    )
    assert whole == 30.0
    assert (first == 30.0, second == 30.0) == (cut > 9, cut < 13)


def test_the_joint_lies_in_the_pool() -> None:
    """A pool of two cells, one in each of two segments: both lose their common end."""
    assert closing(strip(4, 7, 0, 15), strip(4, 7, 15, 30), minutes=pool(4, 7, 14, 16)) == [
        30.0,
        30.0,
    ]


def test_a_pavement_alongside_is_no_end() -> None:
    """The carriageway is closed though people can walk round; of one class or of two."""
    lanes = strip(4, 7), strip(7, 9)
    for classes in (["road", "pavement"], [None, None]):
        carriageway, pavement = closing(*lanes, minutes=pool(4, 7, 12, 15), classes=classes)
        assert carriageway == 30.0
        assert np.isnan(pavement)


def test_a_bend_and_a_branch() -> None:
    """An L is cut at either arm; a T loses its third arm as much as the others."""
    corner = strip(1, 4, 0, 24).union(strip(1, 13, 21, 24))
    assert closing(corner, minutes=pool(0, 5, 6, 8)) == [30.0]
    assert closing(corner, minutes=pool(8, 10, 20, 25)) == [30.0]
    assert np.isnan(closing(corner, minutes=pool(0, 3, 6, 8))).all()
    branched = strip(1, 4).union(strip(1, 13, 13, 16))
    assert closing(branched, minutes=pool(8, 10, 12, 17)) == [30.0]
    assert closing(branched, minutes=pool(0, 5, 22, 24)) == [30.0]
    assert np.isnan(closing(branched, minutes=pool(0, 3, 22, 24))).all()


def test_a_slanting_road() -> None:
    """Its cells are stairs; a pool across closes it, a puddle on one side does not."""
    west, north = GRID.x_min, GRID.y_max
    axis = shapely.LineString([(west + 4, north - 4), (west + 70, north - 30)])
    road = axis.buffer(4.5, cap_style="flat")
    across = closing(road, minutes=pool(0, 14, 13, 16))
    assert across == [30.0]
    minutes = pool(0, 14, 13, 16)
    minutes[:6] = np.nan  # the axis runs through row 6 there, the northern half stays dry
    assert np.isnan(closing(road, minutes=minutes)).all()


def test_a_single_deep_cell_closes_nothing() -> None:
    """More often an error of the terrain; two side by side are a pool."""
    lane = strip(5, 6)
    assert np.isnan(closing(lane, minutes=pool(5, 6, 12, 13))).all()
    assert closing(lane, minutes=pool(5, 6, 12, 14)) == [30.0]


def test_cells_without_a_flood_result_are_neither_open_nor_closed() -> None:
    """They part nothing by themselves, and are no way round the water."""
    depth = np.zeros(GRID.shape)
    depth[:, 10:12] = np.nan
    made = run((strip(4, 7), 0), depth=depth)
    assert made.loc[0, "flood_depth_max_m"] == 0.0
    assert pd.isna(made.loc[0, "impassable_after_min"])
    depth = np.zeros(GRID.shape)
    depth[4, 9:15] = np.nan
    made = run((strip(4, 7), 0), depth=depth, minutes=pool(5, 7, 11, 13))
    assert made.loc[0, "impassable_after_min"] == 30.0


def test_the_depth_is_the_highest_of_the_segment() -> None:
    """Unknown cells do not count, nor cells beside it."""
    depth = np.random.default_rng(2).random(GRID.shape)
    depth[5, 7], depth[5, 8], depth[3, 9] = 2.25, np.nan, 50.0
    made = run((strip(4, 6), 0), (strip(8, 10), 0), depth=depth)
    assert made["flood_depth_max_m"].tolist() == [2.25, float(np.float32(depth)[8:10].max())]
    assert made["impassable_after_min"].isna().all()


@pytest.mark.parametrize("level", [1, 2, -1])
def test_bridges_and_tunnels_are_not_assessed(level: int) -> None:
    """Water on the ground says nothing of the bridge above it or the tunnel below."""
    flooded = np.full(GRID.shape, 3.0)
    made = run((strip(4, 6), level), (strip(4, 6), 0), depth=flooded, minutes=flooded)
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


def times(minutes: np.ndarray, until: np.ndarray) -> list[float | None]:
    """When a road of five rows closes, and when it is passable again."""
    wet = np.where(np.isnan(minutes), 0.0, 0.5)
    row = run((strip(4, 9), 0), depth=wet, minutes=minutes, until=until).iloc[0]
    found = (row["impassable_after_min"], row["passable_again_min"])
    return [None if pd.isna(value) else float(value) for value in found]


def test_a_road_is_passable_again_when_the_first_way_through_is() -> None:
    """Two pools side by side across the road: it opens when the earlier one has gone."""
    left, right = pool(4, 7, 10, 14, 20.0), pool(7, 9, 10, 14, 40.0)
    minutes = np.fmin(left, right)
    until = np.fmin(pool(4, 7, 10, 14, 90.0), pool(7, 9, 10, 14, 70.0))
    assert times(minutes, until) == [40.0, 70.0]


def test_two_pools_after_another_hold_it_until_the_later_has_gone() -> None:
    """Each lies across the whole road."""
    minutes = np.fmin(pool(3, 10, 5, 8, 20.0), pool(3, 10, 20, 23, 40.0))
    until = np.fmin(pool(3, 10, 5, 8, 60.0), pool(3, 10, 20, 23, 95.0))
    assert times(minutes, until) == [20.0, 95.0]


def test_a_road_that_is_closed_to_the_end_has_no_time() -> None:
    """Water that has not gone, and a road that was never closed."""
    minutes = pool(3, 10, 10, 14, 20.0)
    assert times(minutes, pool(3, 10, 10, 14, f.STILL_MIN)) == [20.0, None]
    kerb = pool(4, 5, 10, 14, 20.0)
    assert times(kerb, pool(4, 5, 10, 14, 50.0)) == [None, None]

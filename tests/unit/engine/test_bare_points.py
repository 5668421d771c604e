"""Sun at points of windows: hours and times of day, between boxes done by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pvlib
import pytest
import shapely

import citytwin
from citytwin.errors import ConfigError, StepError
from citytwin.model import crs
from tests.unit.engine.test_bare_assess import X0, Y0, houses, raster

DAY: dict[str, Any] = {"date": "2026-12-22", "step_minutes": 10}
X, Y = X0 + 86.0, Y0 - 80.0
"""Middle of the south wall of the north house, which is 15 m high; 20 m before it the other, 24 m."""
LEAN = crs.convergence_deg(X0 + 110, Y0 - 90, "EPSG:6677")


def windows(heights: list[float], azimuth: list[float | None]) -> gpd.GeoDataFrame:
    """Windows in the middle of that wall, heights above the ground at 4 m."""
    return gpd.GeoDataFrame(
        {"azimuth_deg": azimuth},
        geometry=[shapely.Point(X, Y, 4.0 + z) for z in heights],
        crs="EPSG:6677",
    )


def looked(points: gpd.GeoDataFrame, **params: Any) -> gpd.GeoDataFrame:
    """What the points see of the winter day."""
    return citytwin.sun_at_points(
        points,
        {"terrain": raster()},
        {"buildings": houses(height_m=[15.0, 24.0])},
        DAY | params,
        time_zone="Asia/Tokyo",
    )


def expected(heights: list[float]) -> tuple[list[float], list[str]]:
    """Hours and times by the shadow of a wall of 40 m, 20 m before the window, by hand."""
    begin = datetime(2026, 12, 21, 15, 5, tzinfo=UTC)
    times = pd.DatetimeIndex([begin + timedelta(minutes=10 * k) for k in range(144)])
    longitude, latitude = crs.lonlat(X0 + 110, Y0 - 90, "EPSG:6677")
    sun = pvlib.solarposition.get_solarposition(times, latitude, longitude, 0.0)
    altitude = sun["apparent_elevation"].to_numpy()
    off = np.radians(sun["azimuth"].to_numpy() - LEAN - 180.0)
    up = (altitude >= 3.0) & (np.cos(off) > 0)
    beside = 19.95 * np.tan(off)
    blocked = (beside < 20.0) & (beside > -20.0)
    # The east and west sides of the block, 10 m deep, are met as well.
    for side in (-20.0, 20.0):
        d = side / np.tan(off)
        blocked |= (d > 19.95) & (d < 29.95)
    shadow = 24.0 - 19.95 / np.cos(off) * np.tan(np.radians(altitude))
    hours, told = [], []
    for z in heights:
        lit = up & ~(blocked & (shadow > z))
        hours.append(lit.sum() / 6.0)
        local = list(times[lit].tz_convert("Asia/Tokyo"))
        runs: list[list[Any]] = []
        for t in local:
            if runs and t - runs[-1][1] == timedelta(minutes=10):
                runs[-1][1] = t
            else:
                runs.append([t, t])
        half = timedelta(minutes=5)
        told.append(", ".join(f"{a - half:%H:%M}-{b + half:%H:%M}" for a, b in runs))
    return hours, told


def test_windows_opposite_a_block() -> None:
    """The low ones are lit in the morning and the evening, beside the block."""
    heights = [1.5, 8.0, 14.0]
    found = looked(windows(heights, [180.0 + LEAN] * 3))
    hours, told = expected(heights)
    np.testing.assert_allclose(found["sunlit_hours"], hours, atol=1e-9)
    assert found["sunlit_spells"].tolist() == told
    assert ", " in told[0]
    assert hours[0] < hours[2]
    assert not found["under_roof"].any()


def test_height_above_ground_and_true_bearings() -> None:
    """A column may say what z says; a window to the north sees nothing, a point all the sky."""
    points = windows([0.0, 0.0, 0.0], [180.0 + LEAN, LEAN, None])
    points["above_ground_m"] = [8.0, 8.0, 25.0]
    found = looked(points)
    assert found["sunlit_hours"].iloc[0] == pytest.approx(expected([8.0])[0][0])
    assert found["sunlit_hours"].iloc[1] == 0.0
    assert found["sunlit_spells"].iloc[1] == ""
    assert found["sunlit_hours"].iloc[2] > found["sunlit_hours"].iloc[0]


def test_points_inside_a_building_get_no_sun() -> None:
    """And say why; what has no ground has no hours; a span of days has no times of day."""
    points = gpd.GeoDataFrame(
        {"above_ground_m": [5.0, 20.0, 5.0]},
        geometry=[shapely.Point(X, Y + 5), shapely.Point(X, Y + 5), shapely.Point(X - 999, Y)],
        crs="EPSG:6677",
    )
    found = looked(points, until="2026-12-24", max_days=2)
    assert found["under_roof"].tolist() == [True, False, False]
    assert found["sunlit_hours"].iloc[0] == 0.0
    assert 8.0 < found["sunlit_hours"].iloc[1] < 10.0
    assert np.isnan(found["sunlit_hours"].iloc[2])
    assert found["sunlit_spells"].isna().all()


@pytest.mark.parametrize(
    ("points", "error", "message"),
    [
        (windows([1.0], [0.0]).set_crs(None, allow_override=True), ConfigError, "have no CRS"),
        (houses(), ConfigError, "other geometries"),
        (windows([1.0], [0.0]).assign(geometry=[shapely.Point(X, Y)]), ConfigError, "no height"),
    ],
)
def test_unusable_points_are_refused(points: Any, error: type[Exception], message: str) -> None:
    """Places that nobody knows, what is no point, what has no height."""
    with pytest.raises(error, match=message):
        looked(points)


def test_a_day_is_asked_for() -> None:
    """Nothing is counted over no day."""
    with pytest.raises(StepError, match="neither a date"):
        citytwin.sun_at_points(
            windows([1.0], [0.0]), {"terrain": raster()}, {"buildings": houses()}, {}
        )

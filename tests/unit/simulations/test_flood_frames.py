"""Depth and speed from moment to moment: which moments, and whether they hold at each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from citytwin.engine.bare import simulate
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.step import SIMULATION

GRID = GridSpec("EPSG:6677", -44000.0, -94000.0, 2.0, 10, 15)
SITE = Site(139.3, 35.1, 0.0, "Asia/Tokyo")
BASIN: dict[str, Any] = {
    "start": "2026-06-30T18:30:00+09:00",
    "duration_h": 0.5,
    "frame_minutes": 10,
    "edges": "closed",
    "inflows": [
        {
            "x": -43985.0,
            "y": -94010.0,
            "radius_m": 3,
            "hydrograph": [{"minutes": 0, "m3_s": 0.5}, {"minutes": 30, "m3_s": 0.5}],
        }
    ],
}
"""A closed basin of 600 m2 that 0.5 m3/s run into: 0.5 m every 10 minutes."""


def terrain() -> np.ndarray:
    """Flat ground at 1 m."""
    return np.ones(GRID.shape, dtype=np.float32)


def test_the_water_adds_up_at_every_moment() -> None:
    """After 10, 20 and 30 minutes 300, 600 and 900 m3 stand in the basin."""
    params = FloodParams.model_validate(BASIN)
    block = Block({f.TERRAIN: terrain()}, {}, GRID, GRID.whole, SITE)
    made = SIMULATION.run(block, params).fields
    depth = made[f.FLOOD_DEPTH]
    assert depth.shape == (3, *GRID.shape)
    np.testing.assert_allclose(depth.sum(axis=(1, 2)) * 4.0, [300.0, 600.0, 900.0], rtol=1e-5)
    assert (depth.max(axis=0) <= made[f.FLOOD_DEPTH_MAX]).all()
    assert set(made) == set(SIMULATION.made(params))


def test_the_speed_is_that_of_the_moment() -> None:
    """Until 15 minutes 5 m3/s go down a street 10 m wide; then it runs dry and nothing moves.

    Slope 1:100, n 0.05: normal depth (q n / sqrt S)^(3/5) at q = 0.5 m2/s, speed q / h = 1.16 m/s.
    """
    x = GRID.x_centres(GRID.whole)
    street = np.broadcast_to((2.0 - 0.01 * (x - x[0])).astype(np.float32), GRID.shape).copy()
    blocked = np.ones(GRID.shape, dtype=np.uint8)
    blocked[1:6, 1:] = 0
    inflow: dict[str, Any] = {"x": x[1], "y": GRID.y_centres(GRID.whole)[3], "radius_m": 4.5}
    series = [(0, 5.0), (15, 5.0), (15.1, 0.0), (30, 0.0)]
    inflow["hydrograph"] = [{"minutes": at, "m3_s": flow} for at, flow in series]
    more = {"edges": "normal_depth", "inflows": [inflow], "arrival_depth_m": 0.05}
    params = FloodParams.model_validate(BASIN | more)
    held = {f.TERRAIN: street, f.BUILDING_MASK: blocked}
    made = SIMULATION.run(Block(held, {}, GRID, GRID.whole, SITE), params).fields
    speed = made[f.FLOOD_SPEED]
    normal = (0.5 * 0.05 / 0.1) ** 0.6
    np.testing.assert_allclose(speed[0, 1:6, 8:12], 0.5 / normal, rtol=0.05)
    assert np.isnan(speed[:, blocked == 1]).all()
    assert (made[f.FLOOD_DEPTH][2, 1:6, 1:] < 0.05).all()
    assert not speed[2, 1:6, 1:].any()
    street_max = made[f.FLOOD_SPEED_MAX][1:6, 1:]
    assert (speed[:, 1:6, 1:] <= street_max).all()


def test_the_moments_are_those_of_the_clock() -> None:
    """18:40, 18:50 and 19:00 in Tokyo, each with its distance from the start."""
    shown = SIMULATION.instants(FloodParams.model_validate(BASIN), SITE)
    assert [one.time for one in shown] == [
        datetime(2026, 6, 30, 9, minute, tzinfo=UTC) for minute in (40, 50)
    ] + [datetime(2026, 6, 30, 10, 0, tzinfo=UTC)]
    assert shown[1].said is not None
    assert shown[1].said.en == "20 min after the start"


def test_a_run_that_is_not_asked_makes_no_frames() -> None:
    """Depths over time cost memory: they are made on request only."""
    params = FloodParams.model_validate(BASIN | {"frame_minutes": None})
    assert not {f.FLOOD_DEPTH, f.FLOOD_SPEED} & set(SIMULATION.made(params))
    assert SIMULATION.instants(params, SITE) == ()


def test_bare_rasters_get_a_time_axis() -> None:
    """The notebook sees the depths by their times."""
    xr = pytest.importorskip("xarray")
    y, x = GRID.y_centres(GRID.whole), GRID.x_centres(GRID.whole)
    ground = xr.DataArray(terrain(), dims=("y", "x"), coords={"y": y, "x": x})
    data = simulate("flood", {"terrain": ground.rio.write_crs(GRID.crs)}, BASIN)
    assert data["flood_depth"].dims == ("time", "y", "x")
    late = data["flood_depth"].sel(time="2026-06-30T10:00:00")
    assert float(late.mean()) == pytest.approx(1.5, rel=1e-5)
    assert data["flood_depth_max"].dims == ("y", "x")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"start": None}, "needs a `start`"),
        ({"frame_minutes": 60}, "gives 0 moments"),
        ({"duration_h": 24, "frame_minutes": 5}, "gives 288 moments"),
    ],
)
def test_mistakes_are_named(wrong: dict[str, Any], said: str) -> None:
    """No clock without a start, at least one moment, and no more than memory bears."""
    with pytest.raises(ValidationError, match=said):
        FloodParams.model_validate(BASIN | wrong)

"""The wind step: lee and windward, true and grid north, weights, and the sensors that are named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from citytwin.kernels.sheltering import sheltering
from citytwin.kernels.wind_proxy import FETCH_M, speed_ratio
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model.grid import GridSpec
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome
from citytwin.simulations.wind import SIMULATION
from citytwin.simulations.wind_by_direction import SIMULATION as BY_DIRECTION

GRID = GridSpec("EPSG:6677", 0.0, 122.0, 2.0, 61, 61)
MIDDLE = 30


def record(observed: p.ObservedProperty, *values: float, **more: Any) -> Record:
    """Values at every ten minutes."""
    times = 600.0 * np.arange(len(values))
    said: dict[str, Any] = {"source": "wx", "thing": "urn:a", "station": "Harbour"} | more
    return Record(observed, times, times, np.array(values), **said)


def blown(
    records: Mapping[p.ObservedProperty, Record], convergence: float = 0.0, **params: Any
) -> Outcome:
    """A tower of one cell in the middle of open ground."""
    surface = np.zeros(GRID.shape, dtype=np.float32)
    surface[MIDDLE, MIDDLE] = 30.0
    site = Site(139.8, 36.0, convergence, "Asia/Tokyo")
    block = Block({f.SURFACE_HEIGHT: surface}, records, GRID, GRID.whole, site)
    return SIMULATION.run(block, SIMULATION.params.model_validate(params))


def wind(speed: tuple[float, ...], direction: tuple[float, ...]) -> dict[Any, Record]:
    """Records of one mast."""
    return {
        p.WIND_SPEED: record(p.WIND_SPEED, *speed),
        p.WIND_DIRECTION: record(p.WIND_DIRECTION, *direction),
    }


@pytest.mark.parametrize(
    ("from_deg", "to_row", "to_col"), [(0.0, 1, 0), (90.0, 0, -1), (180.0, -1, 0), (270.0, 0, 1)]
)
def test_the_lee_lies_downwind_of_the_tower(from_deg: float, to_row: int, to_col: int) -> None:
    """Wind from the north shelters the south of a tower most; the side is left alone."""
    ratio = blown(wind((3.0, 5.0), (from_deg, from_deg))).fields[f.WIND_SPEED_RATIO]
    lee = ratio[MIDDLE + 5 * to_row, MIDDLE + 5 * to_col]
    front = ratio[MIDDLE - 5 * to_row, MIDDLE - 5 * to_col]
    side = ratio[MIDDLE + 5 * to_col, MIDDLE + 5 * to_row]
    assert lee < front < side
    assert side == pytest.approx(1.0)


@pytest.mark.parametrize("convergence", [2.0, -2.0])
def test_recorded_directions_count_from_true_north(convergence: float) -> None:
    """Grid azimuth = true azimuth - convergence: a true 90 is a grid 88 at +2 degrees."""
    made = blown(wind((3.0,), (90.0,)), convergence, sectors=4).fields[f.WIND_SPEED_RATIO]
    by_hand = blown({}, convergence, winds=[{"from_deg": 90.0}]).fields[f.WIND_SPEED_RATIO]
    surface = np.zeros(GRID.shape, dtype=np.float32)
    surface[MIDDLE, MIDDLE] = 30.0
    on_grid = np.radians([90.0 - convergence])
    expected = speed_ratio(sheltering(surface, 2.0, on_grid, FETCH_M))[0]
    np.testing.assert_allclose(made, expected, rtol=1e-6)
    np.testing.assert_allclose(by_hand, expected, rtol=1e-6)


def test_directions_weigh_by_run_of_wind() -> None:
    """One time of 6 m/s from the north weighs like three of 2 m/s from the east."""
    both = blown(wind((6.0, 2.0, 2.0, 2.0), (0.0, 90.0, 90.0, 90.0))).fields[f.WIND_SPEED_RATIO]
    alone = [
        blown(wind((3.0,), (deg,))).fields[f.WIND_SPEED_RATIO].astype(float) for deg in (0.0, 90.0)
    ]
    np.testing.assert_allclose(both, 0.5 * alone[0] + 0.5 * alone[1], rtol=1e-5)


def test_the_sensors_of_the_wind_are_named() -> None:
    """One mast with its distance and height; two that were combined as a fallback."""
    mast = {"distance_m": 4210.0, "sensor_height_m": 35.3}
    speed = record(p.WIND_SPEED, 3.0, **mast)
    direction = record(p.WIND_DIRECTION, 10.0, **mast)
    note = blown({p.WIND_SPEED: speed, p.WIND_DIRECTION: direction}).notes[1]
    assert note.severity == "info"
    assert note.en == (
        "Wind measured at station Harbour, 4.2 km from the centre of the city, "
        "35.3 m above the ground"
    )
    assert "観測所「Harbour」、都市の中心から 4.2 km、地上 35.3 m" in note.ja
    other = record(p.WIND_DIRECTION, 10.0, thing="urn:b", station="Hill")
    note = blown({p.WIND_SPEED: speed, p.WIND_DIRECTION: other}).notes[1]
    assert note.severity == "fallback"
    assert "speed from station Harbour" in note.en
    assert "direction from station Hill" in note.en


def test_by_direction_each_wind_stands_alone() -> None:
    """The ratio of a direction is what the mean becomes when the wind comes from there alone."""
    surface = np.zeros(GRID.shape, dtype=np.float32)
    surface[MIDDLE, MIDDLE] = 30.0
    site = Site(139.8, 36.0, 1.5, "Asia/Tokyo")
    block = Block({f.SURFACE_HEIGHT: surface}, {}, GRID, GRID.whole, site)
    params = BY_DIRECTION.params.model_validate({"directions": 8})
    along = [one.from_deg for one in BY_DIRECTION.axes(params, site).directions]
    assert along == [0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0]
    by_direction = BY_DIRECTION.run(block, params).fields[f.WIND_SPEED_RATIO_BY_DIRECTION]
    assert by_direction.shape == (8, *GRID.shape)
    for number in (0, 3):
        alone = blown({}, 1.5, winds=[{"from_deg": along[number]}]).fields[f.WIND_SPEED_RATIO]
        np.testing.assert_allclose(by_direction[number], alone, rtol=1e-6)

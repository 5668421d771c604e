"""Irradiance of the moment: what was measured in the open, less behind walls, none at night."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model.grid import GridSpec
from citytwin.model.lag import Lag
from citytwin.model.properties import ObservedProperty
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome
from citytwin.simulations.irradiation.now import SIMULATION
from citytwin.simulations.irradiation.params import IrradianceNowParams

# pvlib 0.16 asks pandas for an attribute whose name is about to change.
pytestmark = pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear")

TOKYO = Site(139.69, 35.69, 0.0, "Asia/Tokyo")
NOON = datetime(2026, 6, 21, 2, 40, tzinfo=UTC)
"""11:40 in Tokyo: the sun stands in the south at 78 degrees."""


def record(observed: ObservedProperty, *rows: tuple[float, float, float]) -> Record:
    """Observations from and until so many minutes after noon."""
    start, end, result = np.array(rows, dtype=np.float64).T
    noon_s = NOON.timestamp()
    return Record(observed, noon_s + 60 * start, noon_s + 60 * end, result, "feed", "urn:s")


def light(observations: Record, height: np.ndarray | None = None, **params: object) -> Outcome:
    """Irradiance of a level plain, or of a surface."""
    surface = np.zeros((5, 7), dtype=np.float32) if height is None else height
    ny, nx = surface.shape
    grid = GridSpec("EPSG:6677", 0.0, ny * 2.0, 2.0, ny, nx)
    records = {observations.observed: observations}
    block = Block({f.SURFACE_HEIGHT: surface}, records, grid, grid.whole, TOKYO)
    given = {"directions": 256, "linke_turbidity": 3.0} | params
    return SIMULATION.run(block, IrradianceNowParams.model_validate(given))


def values(outcome: Outcome) -> np.ndarray:
    """W/m2 by cell."""
    return np.asarray(outcome.fields[f.IRRADIANCE_NOW])


@pytest.mark.parametrize("measured", [40.0, 333.0, 870.0])
def test_open_ground_gets_what_was_measured(measured: float) -> None:
    """Whatever the sky: its parts add up to the measurement on a level plane."""
    outcome = light(record(p.GLOBAL_RADIATION, (-10, 0, measured)))
    assert values(outcome) == pytest.approx(measured, rel=2e-3)
    assert outcome.valid_time == NOON
    assert f"{measured:.0f} W/m2 on open level ground" in outcome.notes[0].en


def test_of_a_forecast_all_to_come_the_first_hour_is_shown() -> None:
    """And said; an old record says how old it is at least."""
    rows = record(p.GLOBAL_RADIATION, (-10, 0, 400.0), (0, 10, 700.0))
    to_come = light(replace(rows, lag=Lag(0.0, ahead=True), kind="grid_point"))
    assert to_come.valid_time == NOON
    assert any(note.en.startswith("All of the record is later") for note in to_come.notes)
    assert "local time, by a weather model, per m2" in to_come.notes[0].en
    old = light(replace(rows, lag=Lag(86400.0)))
    assert any("11:50 local time, a day or more before the run" in note.en for note in old.notes)
    given = light(replace(rows, lag=None), moment=NOON)
    assert given.valid_time == NOON
    assert not any("the run" in note.en for note in given.notes)


def test_clouds_leave_a_quarter_of_the_clear_sky() -> None:
    """Kasten and Czeplak 1980: 1 - 0.75 under a closed sky, all of it under a free one."""
    free = values(light(record(p.CLOUD_COVER, (-10, 0, 0.0)), observed="clouds"))
    closed = values(light(record(p.CLOUD_COVER, (-10, 0, 100.0)), observed="clouds"))
    assert 850.0 < free[2, 3] < 1050.0
    assert closed == pytest.approx(0.25 * free, rel=3e-3)


def test_north_of_a_wall_only_light_of_the_sky_is_left() -> None:
    """A wall of 30 m in the south hides the sun at noon of winter, 31 degrees high, up to 50 m behind it."""
    plain = np.zeros((60, 41), dtype=np.float32)
    plain[40:44, :] = 30.0
    winter = datetime(2026, 12, 21, 2, 40, tzinfo=UTC).timestamp()
    seen = Record(
        p.GLOBAL_RADIATION,
        np.array([winter - 600]),
        np.array([winter]),
        np.array([500.0]),
        "f",
        "u",
    )
    got = values(light(seen, plain))
    behind, before = got[35, 20], got[2, 20]
    assert before == pytest.approx(500.0, rel=0.03)
    assert 10.0 < behind < 0.4 * before


def test_at_night_there_is_none() -> None:
    """And the layer says why; a pyranometer may read a little below or above nought."""
    outcome = light(record(p.GLOBAL_RADIATION, (710, 720, 0.4)))
    assert (values(outcome) == 0.0).all()
    assert "The sun is below the horizon" in {note.en for note in outcome.notes}


def test_the_last_observation_up_to_the_moment_counts() -> None:
    """Intervals that had ended by then; of instants the time since half way to the one before."""
    seen = record(p.GLOBAL_RADIATION, (-20, -10, 200.0), (-10, 0, 400.0), (0, 10, 800.0))
    assert values(light(seen))[0, 0] == pytest.approx(800.0, rel=2e-3)
    assert values(light(seen, moment="2026-06-21T11:45:00+09:00"))[0, 0] == pytest.approx(
        400.0, rel=2e-3
    )
    instants = record(p.GLOBAL_RADIATION, (-30, -30, 200.0), (0, 0, 400.0))
    outcome = light(instants)
    assert outcome.valid_time == NOON
    assert "11:25 to 11:40" in outcome.notes[0].en
    with pytest.raises(StepError, match=r"nothing good was observed of .* up to 2026-06-20"):
        light(seen, moment="2026-06-20T12:00:00+09:00")

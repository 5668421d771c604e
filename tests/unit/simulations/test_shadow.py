"""The shadow of a moment: direction, length, night; and spans of days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.local_days import midnight, sampled
from citytwin.model.steps import Block, Outcome, Site
from citytwin.simulations import sunlight
from citytwin.simulations.shadow import SIMULATION, ShadowParams
from citytwin.simulations.sunlight import SunlightParams

TOKYO = Site(139.69, 35.69, 0.0, "Asia/Tokyo")


def cast(site: Site = TOKYO, **params: Any) -> Outcome:
    """Shadow of a mast of 20 m, 1 m thick, in the middle of open ground."""
    grid = GridSpec("EPSG:6677", 0.0, 161.0, 1.0, 161, 161)
    surface = np.zeros(grid.shape, dtype=np.float32)
    surface[80, 80] = 20.0
    surface[3, 3] = np.nan
    block = Block({f.SURFACE_HEIGHT: surface}, {}, grid, grid.whole, site)
    return SIMULATION.run(block, ShadowParams.model_validate(params))


@pytest.mark.parametrize("method", ["fast", "exact"])
def test_noon_in_winter(method: str) -> None:
    """At true noon of the solstice the sun stands 30.9 degrees high: 20 / tan = 33.4 m north.

    True noon in Tokyo is 11:39 by the clock: 18.8 min early by longitude, 1.9 min by the
    equation of time.
    """
    made = cast(moment="2026-12-22T11:39:20+09:00", method=method)
    mask = made.fields[f.SHADOW]
    rows, cols = np.nonzero(mask == 1)
    assert rows.min() == pytest.approx(80 - 33, abs=1)
    assert rows.max() == 79
    assert set(cols) <= {79, 80, 81}
    assert mask[3, 3] == 255
    assert mask[80, 80] == 0
    assert made.valid_time == datetime(2026, 12, 22, 2, 39, 20, tzinfo=UTC)
    assert "11:39 (Asia/Tokyo)" in made.notes[0].en


def test_the_afternoon_shadow_points_east() -> None:
    """In the afternoon the sun stands in the west of south."""
    rows, cols = np.nonzero(cast(moment="2026-12-22T14:00:00+09:00").fields[f.SHADOW] == 1)
    assert (cols >= 80).all()
    assert (rows <= 80).all()
    assert cols.max() > 100


@pytest.mark.parametrize("clock", ["00:00", "04:30", "06:55", "18:00"])
def test_night_is_an_answer(clock: str) -> None:
    """Before sunrise, after sunset and under 3 degrees all is in shadow, and the map says so."""
    made = cast(moment=f"2026-12-22T{clock}:00+09:00")
    mask = made.fields[f.SHADOW]
    assert (mask == 1).sum() == 161**2 - 1
    assert mask[3, 3] == 255
    assert "counts as night" in made.notes[0].en


def test_a_time_without_an_offset_is_refused() -> None:
    """Nobody guesses the zone of a naive time."""
    with pytest.raises(ValidationError, match="timezone"):
        ShadowParams.model_validate({"moment": "2026-12-22T09:00:00"})


def test_days_of_a_span_are_spread_evenly() -> None:
    """Of 10 days two stand for five each: the third and the eighth, cut into intervals."""
    taken = sampled(date(2026, 3, 1), date(2026, 3, 10), 2, 720, "Asia/Tokyo")
    # Local midnight is 15:00 UTC of the day before; middles are 6 and 18 h later.
    assert [moment.strftime("%d %H") for moment in taken.middles] == [
        "02 21", "03 09", "07 21", "08 09",
    ]  # fmt: skip
    assert (taken.hours, taken.days, taken.span_days) == (12.0, 2, 10)
    assert midnight(date(2026, 7, 1), "Europe/Paris") == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_hours_of_a_span_are_the_mean_of_its_days() -> None:
    """Two days of a span: half the sum of both."""

    def hours(**params: Any) -> float:
        given = SunlightParams.model_validate({"step_minutes": 20} | params)
        return float(sunlight._suns(given, TOKYO).weight.sum())

    both = hours(date="2026-06-20", until="2026-06-21")
    each = [hours(date="2026-06-20"), hours(date="2026-06-21")]
    assert both == pytest.approx(np.mean(each))
    year = hours(date="2026-01-01", until="2026-12-31", max_days=73)
    assert 11.0 < year < 12.3  # half the day, less the hours under 3 degrees


def test_a_span_in_the_wrong_order_is_refused() -> None:
    """The last day does not come before the first, nor without one."""
    for wrong in ({"date": "2026-05-02", "until": "2026-05-01"}, {"until": "2026-05-01"}):
        with pytest.raises(ValidationError, match="needs a `date`"):
            SunlightParams.model_validate(wrong)

"""The shadow of a moment: direction, length, night."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Block, Outcome, Site
from citytwin.simulations.shadow import SIMULATION, ShadowParams

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

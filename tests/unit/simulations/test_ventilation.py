"""Ventilation corridors in a city: which wind is taken, and what is said of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model.axes import evenly
from citytwin.model.grid import GridSpec
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome
from citytwin.simulations.ventilation import SIMULATION

GRID = GridSpec("EPSG:6677", 0.0, 160.0, 2.0, 80, 80)
INDEX = f.FRONTAL_AREA_BY_DIRECTION


def crossed(records: dict[p.ObservedProperty, Record] | None = None, **params: Any) -> Outcome:
    """A city of walls with a street from north to south for all winds, one west to east for west."""
    index = np.full((4, *GRID.shape), 0.4, dtype=np.float32)
    index[:, :, 20:30] = 0.0
    index[3, 50:60, :] = 0.0
    site = Site(139.8333, 36.0, 0.0, "Asia/Tokyo")
    block = Block(
        {INDEX: index}, records or {}, GRID, GRID.whole, site, directions={INDEX: evenly(4)}
    )
    return SIMULATION.run(block, SIMULATION.params.model_validate({"coarse_cells": 10, **params}))


def test_the_street_along_the_wind() -> None:
    """North and south wind go through the one street, west wind through the other."""
    for from_deg, street in (
        (0.0, np.s_[:, 20:30]),
        (185.0, np.s_[:, 20:30]),
        (280.0, np.s_[50:60]),
    ):
        excess = crossed(from_deg=from_deg).fields[f.CORRIDOR_EXCESS]
        np.testing.assert_allclose(excess[street], 0.0, atol=1e-4)
        assert (excess > 50).any()


def test_the_wind_of_the_record() -> None:
    """Three times 5 m/s from the west outweigh five times 1 m/s from the north."""
    times = 600.0 * np.arange(8)
    speed, from_deg = np.array([5.0] * 3 + [1.0] * 5), np.array([268.0] * 3 + [2.0] * 5)
    records = {
        p.WIND_SPEED: Record(p.WIND_SPEED, times, times, speed, "wx", "urn:a"),
        p.WIND_DIRECTION: Record(p.WIND_DIRECTION, times, times, from_deg, "wx", "urn:a"),
    }
    outcome = crossed(records)
    np.testing.assert_allclose(outcome.fields[f.CORRIDOR_EXCESS][50:60], 0.0, atol=1e-4)
    assert "wind from W (270°)" in outcome.notes[0].en
    assert "station urn:a" in outcome.notes[1].en


def test_without_any_wind() -> None:
    """No record and no direction is a mistake; a record of calms only is a loss that is told."""
    with pytest.raises(StepError, match="there is no wind"):
        crossed()
    times = np.array([0.0])
    calm = {
        observed: Record(observed, times, times, np.array([0.1]), "wx", "urn:a")
        for observed in (p.WIND_SPEED, p.WIND_DIRECTION)
    }
    outcome = crossed(calm)
    assert np.isnan(outcome.fields[f.CORRIDOR_EXCESS]).all()
    assert outcome.notes[0].severity == "loss"

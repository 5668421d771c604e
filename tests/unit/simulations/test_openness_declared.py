"""Openness of a city: what is refused, and what is said."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block
from citytwin.simulations.openness import SIMULATION, OpennessParams, cost_of


def test_rays_of_less_than_two_cells_are_refused() -> None:
    """A tower of 100 m on cells of 30 m: with rays of 10 m it would be open ground."""
    grid = GridSpec("EPSG:6677", 0.0, 600.0, 30.0, 20, 20)
    surface = np.zeros(grid.shape, np.float32)
    surface[10, 10] = 100.0
    site = Site(139.8333, 36.0, 0.0, "Asia/Tokyo")
    place = Block({f.SURFACE_HEIGHT: surface}, {}, grid, grid.whole, site)
    with pytest.raises(StepError, match="fetch_m 10 m on cells of 30 m") as caught:
        SIMULATION.run(place, OpennessParams(fetch_m=10.0))
    assert "60 m or more" in caught.value.hint
    made = SIMULATION.run(place, OpennessParams(fetch_m=60.0, directions=4))
    assert made.fields[f.OPENNESS][10, 11] < 83.0
    assert "beyond the edge, or is unknown, counts as open" in made.notes[0].en


def test_time_grows_with_the_rays() -> None:
    """Twice as long, about twice the time."""
    short, long = (cost_of(OpennessParams(fetch_m=m), 1.0) for m in (300.0, 600.0))
    assert 1.8 < long.seconds_per_megacell / short.seconds_per_megacell < 2.0

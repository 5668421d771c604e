"""The computed flood beside a statutory map: classes, differences and figures, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block
from citytwin.simulations.statutory_agreement import SIMULATION

GRID = GridSpec("EPSG:6677", 0.0, 20.0, 10.0, 2, 4)
SITE = Site(139.8, 36.0, 0.0, "Asia/Tokyo")


def compared(computed, statutory, **params):
    """Outcome for two small maps."""
    fields = {f.FLOOD_DEPTH_MAX: computed, f.STATUTORY_DEPTH: statutory}
    arrays = {field: np.array(values, dtype=np.float32) for field, values in fields.items()}
    block = Block(arrays, {}, GRID, GRID.whole, SITE)
    return SIMULATION.run(block, SIMULATION.params(**params))


def test_each_cell_and_the_figures():
    """Two cells of 100 m2 in both, one in each alone; a building does not count."""
    outcome = compared(
        [[1.0, 0.25, 0.0, 0.5], [0.0, np.nan, 0.02, 0.0]],
        [[1.5, 0.75, 0.2, 0.0], [0.0, 2.0, 0.0, 0.0]],
    )
    assert outcome.fields[f.STATUTORY_AGREEMENT].tolist() == [[1, 1, 2, 3], [0, 255, 0, 0]]
    difference = outcome.fields[f.STATUTORY_DIFFERENCE]
    np.testing.assert_allclose(difference[0], [-0.5, -0.5, -0.2, 0.5], atol=1e-6)
    assert np.isnan(difference[1]).all()
    assert {fact.name: pytest.approx(fact.value, abs=1e-5) for fact in outcome.facts} == {
        "flooded_in_both": 0.02,
        "statutory_only": 0.01,
        "computed_only": 0.01,
        "hit_rate": 200 / 3,
        "false_alarm_ratio": 100 / 3,
        "critical_success_index": 50.0,
        "depth_bias": -0.5,
        "depth_rmse": 0.5,
        "same_rank": 50.0,
    }
    assert "statutory map (of the authority)" in outcome.notes[0].en


def test_scores_that_nothing_decides_are_left_out():
    """Where both are dry there are areas of zero and no rates."""
    outcome = compared(np.zeros(GRID.shape), np.zeros(GRID.shape))
    assert [fact.name for fact in outcome.facts] == [
        "flooded_in_both",
        "statutory_only",
        "computed_only",
    ]


def test_the_depth_that_counts_as_flooded():
    """With another limit both maps are judged by it."""
    computed, statutory = np.full(GRID.shape, 0.3), np.full(GRID.shape, 0.2)
    outcome = compared(computed, statutory, wet_depth_m=0.25)
    assert (outcome.fields[f.STATUTORY_AGREEMENT] == 3).all()

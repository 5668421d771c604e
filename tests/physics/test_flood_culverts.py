"""Culverts in the flow: level ponds by a closed formula, no drop made or lost, no donor overdrawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.errors import ConfigError
from citytwin.kernels.flood_culverts import Culverts
from citytwin.kernels.inundation import Forcing, Scheme, SolverOptions, simulate_inundation

CELL_M = 5.0
SHAPE = (6, 13)
WALL = 6


def culvert(**changes):
    """A box 1 m wide and high from column 4 to column 8, below the wall, on the bed."""
    given = {
        "rows": np.array([[3, 3]]),
        "cols": np.array([[4, 8]]),
        "level_m": np.zeros((1, 2)),
        "width_m": np.array([1.0]),
        "height_m": np.array([1.0]),
        "length_m": np.array([20.0]),
    }
    return Culverts(**{**given, **changes})


def ponds(west_m, east_m, duration_s, culverts, scheme=Scheme.INERTIAL, options=None):
    """Two ponds on level ground that a wall parts."""
    terrain = np.zeros(SHAPE, dtype=np.float32)
    blocked = np.zeros(SHAPE, dtype=bool)
    blocked[:, WALL] = True
    depth = np.full(SHAPE, west_m, dtype=np.float32)
    depth[:, WALL:] = east_m
    manning = np.full(SHAPE, 0.03, dtype=np.float32)
    forcing = Forcing(initial_depth_m=depth, culverts=culverts)
    options = options or SolverOptions(scheme=scheme, steps_kept=16)
    return simulate_inundation(terrain, blocked, manning, CELL_M, duration_s, forcing, options)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_ponds_level_out_as_the_formula_says(scheme):
    """A full barrel passes c sqrt(d): sqrt(d) falls evenly, by c / A a second of each pond's area."""
    small = culvert(width_m=np.array([0.4]), height_m=np.array([0.4]))
    flood = ponds(3.0, 2.0, 300.0, small, scheme)
    loss = 1.5 + 2 * 9.80665 * 0.013**2 * 20.0 / 0.1 ** (4 / 3)
    c = 0.16 * math.sqrt(2 * 9.80665 / loss)
    area = 36 * CELL_M**2
    # Both ponds change: d' = -2 c sqrt(d) / A.
    left = (1.0 - c * 300.0 / area) ** 2
    passed = area * (1.0 - left) / 2
    assert flood.ledger.culverts_m3 == pytest.approx(passed, rel=0.02)
    east = flood.final_depth_m[:, WALL + 1 :].sum(dtype=np.float64) * CELL_M**2
    assert east - 2.0 * area == pytest.approx(flood.ledger.culverts_m3, rel=1e-6)
    assert flood.ledger.relative_error <= 1e-7


def test_levels_meet_and_stay():
    """After a long time both ponds are level, and no water swings through the culvert any more."""
    flood = ponds(1.0, 0.0, 1800.0, culvert())
    assert np.abs(flood.final_depth_m[:, :WALL] - 0.5).max() < 0.01
    assert np.abs(flood.final_depth_m[:, WALL + 1 :] - 0.5).max() < 0.01
    area = 36 * CELL_M**2
    assert flood.ledger.culverts_m3 == pytest.approx(0.5 * area, rel=0.05)
    assert flood.ledger.relative_error <= 1e-7


def test_water_below_the_invert_stays():
    """An invert at 0.4 m lets no more pass once the pond has fallen to it."""
    flood = ponds(0.6, 0.0, 1200.0, culvert(level_m=np.full((1, 2), 0.4)))
    west = flood.final_depth_m[:, :WALL]
    assert west.min() > 0.39
    assert west.max() < 0.55
    assert flood.ledger.culverts_m3 == pytest.approx((0.6 - west.mean()) * 36 * 25, rel=1e-3)


def test_two_culverts_never_overdraw_the_cell_they_share():
    """Broad barrels from a film: no depth falls below zero, and all water is accounted for."""
    two = culvert(
        rows=np.array([[3, 3], [3, 2]]),
        cols=np.array([[4, 8], [4, 9]]),
        level_m=np.zeros((2, 2)),
        width_m=np.array([50.0, 50.0]),
        height_m=np.array([2.0, 2.0]),
        length_m=np.array([1.0, 1.0]),
    )
    flood = ponds(0.05, 0.0, 300.0, two)
    assert np.nanmin(flood.final_depth_m) >= 0.0
    assert flood.ledger.relative_error <= 1e-7
    assert flood.ledger.culverts_m3 > 10.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cols": np.array([[4, 4]])}, "both ends lie in one cell"),
        ({"cols": np.array([[4, WALL]])}, "is a building"),
        ({"cols": np.array([[4, 40]])}, "outside the grid"),
        ({"width_m": np.array([0.0])}, "not above 0"),
        ({"level_m": np.array([[0.0, np.nan]])}, "not a number"),
        ({"length_m": np.array([1.0, 2.0])}, "shapes"),
    ],
)
def test_bad_culverts_are_refused(changes, message):
    """With the reason."""
    with pytest.raises(ConfigError, match=message):
        ponds(1.0, 0.0, 1.0, culvert(**changes))

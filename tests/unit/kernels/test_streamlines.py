"""Evenly spaced streamlines: shapes of flows known by hand, distances, walls."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.errors import ConfigError
from citytwin.kernels.streamlines import ENDS_AT, evenly_spaced_streamlines


def drawn(u, v, spacing, *, still=0.01, shortest=2.0):
    """Points of each line."""
    lines = evenly_spaced_streamlines(
        np.asarray(u, np.float32), np.asarray(v, np.float32), spacing, still, shortest
    )
    return [lines.points[a:b] for a, b in zip(lines.start, lines.start[1:], strict=False)]


def test_uniform_flow_gives_parallel_lines_at_the_spacing():
    """On 40 rows lines stand 5 rows apart from the first seed, at half a row; all go east."""
    flow = np.ones((40, 60))
    lines = drawn(flow, np.zeros_like(flow), 5.0)
    assert sorted(float(line[0, 1]) for line in lines) == [0.5 + 5 * k for k in range(8)]
    for line in lines:
        assert np.ptp(line[:, 1]) == 0
        assert line[:, 0].tolist() == [0.5 * k for k in range(120)]


def test_lines_of_a_vortex_are_circles():
    """Solid rotation about the middle: the radius of a line stays, and the sense is that of the flow."""
    y, x = np.mgrid[:41, :41] + 0.5
    lines = drawn(-(y - 20.5), x - 20.5, 6.0)
    assert len(lines) >= 3
    for line in lines:
        side = line - 20.5
        radius = np.hypot(*side.T)
        # The midpoint rule leaves a circle by step^2 / (8 r^2) of the radius in each step.
        assert np.ptp(radius) < 0.1 + 0.25 / 8 * len(line) / radius.min() ** 2
        (x0, y0), (x1, y1) = side[:-1].T, side[1:].T
        assert (x0 * y1 > y0 * x1).all()


def test_lines_keep_their_distance_and_stay_in_the_air():
    """Flow past obstacles: two lines are never nearer than half the spacing, none enters a wall."""
    rng = np.random.default_rng(7)
    u = 1.0 + 0.3 * rng.standard_normal((40, 50)).cumsum(axis=1) / 7
    v = 0.3 * rng.standard_normal((40, 50)).cumsum(axis=0) / 7
    wall = np.zeros((40, 50), bool)
    wall[10:20, 15:24] = wall[26:31, 30:44] = True
    u[wall] = v[wall] = np.nan
    lines = drawn(u, v, 4.0)
    assert len(lines) > 8
    for line in lines:
        col, row = line.astype(int).T
        assert not wall[row, col].any()
    for one, other in ((a, b) for a in lines for b in lines if a is not b):
        gap = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
        assert gap.min() >= ENDS_AT * 4.0 - 1e-9


def test_still_air_and_walls_alone_give_no_lines():
    """Below the threshold air has no direction; where nothing is air, nothing is drawn."""
    slow = np.full((10, 10), 0.005)
    assert drawn(slow, np.zeros_like(slow), 3.0) == []
    nothing = np.full((10, 10), np.nan)
    assert drawn(nothing, nothing, 3.0) == []


def test_courtyards_get_lines_of_their_own():
    """A wall across the whole plane: both sides are drawn, though no line leads from one to the other."""
    u = np.ones((12, 40))
    u[:, 20] = np.nan
    lines = drawn(u, np.zeros_like(u), 4.0)
    assert {bool((line[:, 0] > 20).all()) for line in lines} == {True, False}


def test_lines_closer_than_a_cell_are_refused():
    """Between two cells the plane holds nothing that a line could show."""
    with pytest.raises(ConfigError, match=r"0\.5 cells apart"):
        drawn(np.ones((4, 4)), np.ones((4, 4)), 0.5)

"""Running maxima against whole-array formulas."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.face_discharge import StepNumbers
from citytwin.kernels.flood_maxima import MAXIMA_WORK_ROWS, Debris, FloodMaxima, track_maxima
from citytwin.kernels.inertial_state import FlowState, Ground

F = np.float32
G = 9.80665
NY, NX = 6, 9
NUMBERS = StepNumbers(*[F(0.1)] * 3, F(0.05), F(0.05), F(1e-4), F(np.sqrt(G)), F(0), F(0))


def empty_maxima(*thresholds: float) -> FloodMaxima:
    """Maxima before the first look."""
    fields = [np.zeros((NY, NX), dtype=F) for _ in range(4)]
    first = np.full((len(thresholds), NY, NX), np.nan, dtype=F)
    debris = Debris(F(0.25), F(0.5), F(1.0))
    return FloodMaxima(*fields, first, np.array(thresholds, dtype=F), debris)


def make_state(seed: int) -> tuple[FlowState, Ground]:
    """Random water on a random bed; the first row is dry."""
    rng = np.random.default_rng(seed)
    depth = rng.uniform(0, 1.5, (NY, NX)).astype(F)
    depth[0] = 0
    x = rng.uniform(-1, 1, (NY, NX + 1)).astype(F)
    y = rng.uniform(-1, 1, (NY + 1, NX)).astype(F)
    bed = np.random.default_rng(0).uniform(0, 0.5, (NY, NX)).astype(F)
    ones = np.ones((NY, NX), dtype=F)
    sides = [np.zeros(n, dtype=F) for n in (NX, NX, NY, NY)]
    state = FlowState(depth, 0 * depth, depth.max(axis=1), x, y)
    return state, Ground(bed, ones, ones, *sides)


def face_speed(discharge: np.ndarray, depth: np.ndarray, bed: np.ndarray) -> np.ndarray:
    """Speed through all x faces; the cell at the edge stands on both sides of its edge face."""
    h, z = np.pad(depth, ((0, 0), (1, 1)), "edge"), np.pad(bed, ((0, 0), (1, 1)), "edge")
    level = np.maximum(h[:, :-1] + z[:, :-1], h[:, 1:] + z[:, 1:])
    flow = level - np.maximum(z[:, :-1], z[:, 1:])
    wet = flow > 1e-4
    safe = np.where(wet, flow, 1)
    most = np.sqrt(G * safe)
    return np.where(wet, np.clip(discharge / safe, -most, most), 0)


def cell_speed(state: FlowState, ground: Ground) -> np.ndarray:
    """Length of the mean face velocity of every cell."""
    depth, bed = state.depth_m.astype(float), ground.bed_m.astype(float)
    u = face_speed(state.x_discharge.astype(float), depth, bed)
    v = face_speed(state.y_discharge.T.astype(float), depth.T, bed.T).T
    speed = 0.5 * np.hypot(u[:, :-1] + u[:, 1:], v[:-1] + v[1:])
    return np.where(depth > 1e-4, speed, 0)


def test_maxima_of_a_series_equal_whole_array_maxima() -> None:
    """Depth, speed and the product at one time, over five random states."""
    maxima = empty_maxima(0.5, 1.2)
    space = np.zeros((MAXIMA_WORK_ROWS, NX + 1), dtype=F)
    depths, speeds = [], []
    for seed in range(5):
        state, ground = make_state(seed)
        track_maxima(maxima, state, ground, space, NUMBERS, F(10 * seed + 1), 0, NY)
        depths.append(state.depth_m)
        speeds.append(cell_speed(state, ground))
    depth, speed = np.array(depths), np.array(speeds)
    np.testing.assert_array_equal(maxima.depth_m, depth.max(axis=0))
    np.testing.assert_allclose(maxima.speed_m_s, speed.max(axis=0), rtol=1e-4, atol=1e-6)
    product = (depth * speed).max(axis=0)
    np.testing.assert_allclose(maxima.depth_speed_m2_s, product, rtol=1e-4, atol=1e-6)
    assert (maxima.depth_speed_m2_s < maxima.depth_m * maxima.speed_m_s).any()
    factor = np.where(depth > F(0.25), 1.0, 0.5)
    rating = np.where(depth > F(1e-4), depth * (speed + 0.5) + factor, 0).max(axis=0)
    np.testing.assert_allclose(maxima.hazard_rating, rating, rtol=1e-4, atol=1e-6)
    for first, threshold in zip(maxima.first_time_s, (0.5, 1.2), strict=True):
        reached = depth >= F(threshold)
        expected = np.where(reached.any(axis=0), 10 * reached.argmax(axis=0) + 1, np.nan)
        np.testing.assert_array_equal(first, expected.astype(F))


def test_a_time_once_stamped_stays() -> None:
    """A second wetting does not move the first time."""
    maxima = empty_maxima(0.01)
    space = np.zeros((MAXIMA_WORK_ROWS, NX + 1), dtype=F)
    state, ground = make_state(1)
    for time in (7.0, 8.0):
        track_maxima(maxima, state, ground, space, NUMBERS, F(time), 0, NY)
    wet = state.depth_m >= F(0.01)
    assert (maxima.first_time_s[0][wet] == 7).all()
    assert np.isnan(maxima.first_time_s[0][~wet]).all()


def test_speed_stays_bounded_where_a_film_lies_below_a_step() -> None:
    """At no face is the speed above the Froude limit, however large the discharge."""
    state, ground = make_state(2)
    state.x_discharge[:] = 50
    maxima = empty_maxima(1.0)
    space = np.zeros((MAXIMA_WORK_ROWS, NX + 1), dtype=F)
    track_maxima(maxima, state, ground, space, NUMBERS, F(0), 0, NY)
    deepest = state.depth_m.max() + 0.5
    assert maxima.speed_m_s.max() <= np.sqrt(2 * G * deepest)
    assert maxima.speed_m_s.max() == pytest.approx(np.sqrt(G * deepest), rel=0.3)

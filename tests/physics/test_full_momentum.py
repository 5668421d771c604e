"""The full shallow-water equations against closed forms: shocks, dry fronts, smooth waves, bowls.

State and arithmetic are in single precision, the same that is used for cities and in benchmarks.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.physics.dam_breaks import ritter, stoker
from tests.physics.full_runs import G, l1, orders, run_full


def dam_break(right_m: float, order: int, n: int, *, along: int = 1) -> tuple[float, float]:
    """L1 error of depth after 42.5 s on 1000 m, and the fastest speed met."""
    cell = 1000 / n
    x = (np.arange(n) + 0.5) * cell - 500
    shape = (3, n) if along else (n, 3)
    start = np.broadcast_to(x if along else x[:, None], shape)
    depth = np.where(start < 0, 1.0, right_m)
    got = run_full(np.zeros(shape), depth, cell, 42.5, order=order)
    expected = stoker(x, 42.5, 1.0, right_m) if right_m else ritter(x, 42.5, 1.0)
    profile = got.depth if along else got.depth.T
    assert got.volume_error < 1e-7
    np.testing.assert_array_equal(profile[0], profile[2])
    # No depth above that behind the dam, no speed above that of the dry front.
    assert got.max_depth.max() <= 1.0
    assert np.abs(got.y_speed if along else got.x_speed).max() == 0
    return l1(profile[1], expected), float(got.max_speed.max())


@pytest.mark.parametrize(
    ("right_m", "order", "gate"),
    [(0.2, 1, 0.010), (0.2, 2, 0.004), (0.0, 1, 0.010), (0.0, 2, 0.004)],
)
@pytest.mark.parametrize("along", [0, 1])
def test_a_dam_break_makes_the_shock_or_the_dry_front(
    right_m: float, order: int, gate: float, along: int
) -> None:
    """Stoker and Ritter, 400 cells: L1 within 1 % in first, 0.4 % in second order."""
    error, fastest = dam_break(right_m, order, 400, along=along)
    assert error < gate
    assert fastest < 2 * np.sqrt(G)


@pytest.mark.parametrize("right_m", [0.2, 0.0])
def test_dam_breaks_converge(right_m: float) -> None:
    """About first order, which is what discontinuities allow."""
    errors = [dam_break(right_m, 2, n)[0] for n in (100, 200, 400)]
    assert min(orders(errors)) > 0.75


def simple_wave(x: np.ndarray, time_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Depth and velocity of a smooth wave to the east into still water of 1 m.

    u - 2 c is the same everywhere and u + c carries its value: x = x0 + (u + c)(x0) t, until the
    wave breaks.
    """
    still = np.sqrt(G)

    def at_start(x0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        depth = 1 + 0.1 * np.exp(-(((x0 - 40) / 10) ** 2))
        return depth, 2 * (np.sqrt(G * depth) - still)

    origin = x.copy()
    for _ in range(200):
        depth, speed = at_start(origin)
        origin = x - (speed + np.sqrt(G * depth)) * time_s
    return at_start(origin)


@pytest.mark.parametrize(("order", "least"), [(1, 0.85), (2, 1.65)])
@pytest.mark.parametrize("turned", [False, True])
def test_smooth_waves_converge_with_the_order_of_the_scheme(
    order: int, least: float, turned: bool
) -> None:
    """A simple wave over 100 m; the limiter cuts its crest, which costs a little of order 2."""
    errors = []
    for n in (100, 200, 400):
        cell = 100 / n
        x = (np.arange(n) + 0.5) * cell
        depth, speed = (np.repeat(row[None], 2, axis=0) for row in simple_wave(x, 0.0))
        velocity = (speed, np.zeros_like(speed))
        if turned:
            depth, velocity = depth.T, (velocity[1].T, velocity[0].T)
        got = run_full(np.zeros(depth.shape), depth, cell, 8.0, velocity=velocity, order=order)
        profile = got.depth.T[0] if turned else got.depth[0]
        errors.append(np.abs(profile - simple_wave(x, 8.0)[0]).sum() * cell)
    coarse, fine = orders(errors)
    assert coarse > least
    assert fine > least + 0.05


def test_water_rocks_in_a_bowl_for_five_periods() -> None:
    """Thacker (1981): a plane surface in a parabola, wet and dry, L1 within 1 %."""
    n, cell = 400, 0.01
    x = (np.arange(n) + 0.5) * cell - 2
    bed = 0.5 * (x**2 - 1)
    depth = np.maximum(-0.5 * ((x + 0.5) ** 2 - 1), 0)
    period = 2 * np.pi / np.sqrt(G)
    got = run_full(*(np.repeat(a[None], 3, axis=0) for a in (bed, depth)), cell, 5 * period)
    assert l1(got.depth[1], depth) < 0.01
    assert got.volume_error < 1e-7
    # The surface swings to the same level on the other side; nothing runs up higher.
    other = np.maximum(-0.5 * ((x - 0.5) ** 2 - 1), 0)
    reached = np.flatnonzero(got.max_depth[1] > 1e-3)
    assert abs(x[reached[-1]] - x[np.flatnonzero(other > 0)[-1]]) < 0.03
    assert got.max_speed[1][150:250].max() == pytest.approx(0.5 * np.sqrt(G), rel=0.02)


@pytest.mark.parametrize("case", ["planar", "radial"])
def test_water_turns_and_pulses_in_a_bowl_for_three_periods(case: str) -> None:
    """Thacker (1981) in two dimensions, 100 x 100 cells: L1 within 5 %."""
    n, cell, deep = 100, 0.04, 0.1
    x, y = np.meshgrid(*2 * [(np.arange(n) + 0.5) * cell - 2])
    bed = deep * (x**2 + y**2 - 1)
    still = np.zeros_like(bed)
    if case == "planar":
        turn = np.sqrt(2 * G * deep)
        depth = np.maximum(0.5 * deep * (2 * x - 0.5) - bed, 0)
        velocity = (still, np.where(depth > 0, 0.5 * turn, 0))
    else:
        turn = np.sqrt(8 * G * deep)
        a = (1 - 0.8**2) / (1 + 0.8**2)
        ratio = (1 + a) / (1 - a)
        depth = np.maximum(deep * (np.sqrt(ratio) - 1 - (x**2 + y**2) * (ratio - 1)) - bed, 0)
        velocity = (still, still)
    got = run_full(bed, depth, cell, 3 * 2 * np.pi / turn, velocity=velocity)
    assert l1(got.depth, depth) < 0.05
    assert got.volume_error < 1e-7
    if case == "radial":
        np.testing.assert_array_equal(got.depth, got.depth.T)
        np.testing.assert_array_equal(got.depth, got.depth[::-1])
        np.testing.assert_array_equal(got.max_speed, got.max_speed[:, ::-1])

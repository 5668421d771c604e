"""The full shallow-water equations against the cases of SWASHES (CITYTWIN_SAMPLES/flood).

Steady flows stand here on cells twice as long as those of the files; `tests/validation` has them all
on the cells of the files.
"""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.inundation import Forcing, Inflow
from tests.physics.full_runs import G, l1, orders, run_full
from tests.real.swashes_cases import (
    BUMP,
    CHANNEL_JUMP,
    JUMP,
    RAIN,
    SAMPLES,
    SHOOTING,
    Channel,
    F,
    profile,
    run,
    still,
)

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="CITYTWIN_SAMPLES does not name a folder with flood/analytic/"
)


@pytest.mark.parametrize(
    ("name", "right_m", "first", "second"),
    [("stoker_wet_L10_n400", 0.001, 0.01, 0.005), ("ritter_dry_L10_n400", 0.0, 0.01, 0.005)],
)
def test_dam_breaks(name: str, right_m: float, first: float, second: float) -> None:
    """L1 within 1 % in first order, 0.5 % in second; no depth above that behind the dam."""
    for order, gate in ((1, first), (2, second)):
        errors = []
        for every in (4, 2, 1):
            case = profile(name, every)
            start = np.where(case.x < 5, 0.005, right_m)
            result = run(0 * case.x, 0.0, case.cell_m, 6.0, still(start), order)
            errors.append(l1(result.final_depth_m[0], case.depth))
            assert result.max_depth_m.max() <= F(0.005)
            assert result.max_speed_m_s.max() <= 2 * np.sqrt(G * 0.005)
        assert errors[-1] < gate
        assert min(orders(errors)) > 0.55


def test_a_dam_break_with_friction() -> None:
    """Dressler's formula, away from the front, which it takes to be a plug: L1 within 2 %.

    Its friction is Chezy's with 40 m^(1/2)/s: Manning's n = h^(1/6) / 40, here of the depth at the
    end.
    """
    case = profile("dressler_L10_n400")
    wet = np.maximum(case.depth, case.depth[case.depth > 0].min())
    start = np.where(case.x < 1000, 6.0, 0.0)
    result = run(0 * case.x, wet ** (1 / 6) / 40, case.cell_m, 40.0, still(start), 2)
    away = case.x < 1000 + 0.75 * (case.x[case.depth > 0].max() - 1000)
    assert l1(result.final_depth_m[0][away], case.depth[away]) < 0.02
    front = result.final_depth_m[0] > 0.05
    assert abs(case.x[front].max() - case.x[case.depth > 0.05].max()) < 60


@pytest.mark.parametrize("order", [1, 2])
def test_a_lake_with_an_island_stays_at_rest(order: int) -> None:
    """Nothing moves but what the rounding of the beds to 7 digits gives."""
    case = profile("lake_at_rest_emerged_L25_n200")
    result = run(case.bed, 0.0, case.cell_m, 100.0, still(case.depth), order)
    assert result.max_depth_speed_m2_s.max() < 2e-8
    np.testing.assert_allclose(result.final_depth_m[0], case.depth, atol=2e-8)
    np.testing.assert_allclose(result.max_depth_m[0], case.depth, atol=2e-8)


@pytest.mark.parametrize(
    ("channel", "first", "second", "rmse_m"),
    [
        # What the whole cases allow, times two in first order and four in second, which falls back
        # to first at a jump; the bed of MacDonald's channels is itself a mean of two cells here.
        (JUMP, 0.016, 0.008, 0.020),
        (CHANNEL_JUMP, 0.020, 0.008, 0.020),
        (RAIN, 0.010, 0.006, 0.008),
    ],
    ids=lambda value: value.name if isinstance(value, Channel) else None,
)
def test_steady_flow(channel: Channel, first: float, second: float, rmse_m: float) -> None:
    """L1 of the depth in first and second order, RMSE in second, on cells of double length."""
    for order, gate in ((1, first), (2, second)):
        depth, case, _ = channel.settled(order, 2)
        assert l1(depth, case.depth) < gate
        if order == 2:
            assert np.sqrt(((depth - case.depth) ** 2).mean()) < rmse_m


@pytest.mark.parametrize(
    ("channel", "order", "least"),
    [(BUMP, 2, 1.7), (SHOOTING, 1, 0.9), (CHANNEL_JUMP, 1, 0.8)],
    ids=lambda value: value.name if isinstance(value, Channel) else None,
)
def test_steady_flow_converges(channel: Channel, order: int, least: float) -> None:
    """With its order, from cells four times as long as those of the files to half of that."""
    errors = []
    for every in (4, 2):
        depth, case, _ = channel.settled(order, every)
        errors.append(l1(depth, case.depth))
    assert orders(errors)[0] > least


def test_water_rocks_in_a_bowl() -> None:
    """Thacker in one dimension, wet and dry, after five periods: L1 within 1 %, volume exact."""
    case = profile("thacker1d_parabola_L4_n400")
    # After whole periods the water is where it was.
    bed = 0.5 * ((case.x - 2) ** 2 - 1)
    np.testing.assert_allclose(case.bed, bed, atol=1e-6)
    period = 2 * np.pi / np.sqrt(G)
    result = run(bed, 0.0, case.cell_m, 5 * period, still(case.depth), 2)
    assert l1(result.final_depth_m[0], case.depth) < 0.01
    reached = case.x[result.max_depth_m[0] > 1e-3]
    # Half a metre to either side of where the level is lowest, one metre of half width.
    assert abs(reached.max() - 3.5) < 0.03
    assert abs(reached.min() - 0.5) < 0.03


@pytest.mark.parametrize("name", ["planar", "radial"])
def test_water_turns_and_pulses_in_a_bowl(name: str) -> None:
    """Thacker in two dimensions, 100 x 100 cells, after three periods: L1 within 5 %."""
    columns = np.genfromtxt(SAMPLES / f"thacker2d_{name}_L4_n100.txt.gz")
    n, cell = 100, 0.04
    # x is the slow index of the file.
    depth, x_speed, y_speed, bed = (columns[:, k].reshape(n, n).T for k in (2, 3, 4, 6))
    turn = np.sqrt((2 if name == "planar" else 8) * G * 0.1)
    velocity = (np.nan_to_num(x_speed), np.nan_to_num(y_speed))
    got = run_full(bed, depth, cell, 3 * 2 * np.pi / turn, velocity=velocity)
    assert l1(got.depth, depth) < 0.05
    assert got.volume_error < 1e-7
    assert got.max_depth.max() <= 1.02 * {"planar": 0.1, "radial": 0.1 * 2.14}[name]


@pytest.mark.parametrize(("manning", "speed"), [(0.03, 1.0), (0.01, 0.4)])
def test_a_plane_wave_follows_hunter(manning: float, speed: float) -> None:
    """Profile over wet cells within 7 mm, which no scheme without advection reaches at n 0.03."""
    name = f"hunter2005_plane_n{manning}_u{speed}.csv"
    expected = np.genfromtxt(SAMPLES / name, delimiter=",", skip_header=1)
    cell, n = 25.0, 200
    time = np.linspace(0, 3600, 3601)
    at_inlet = (7 / 3 * manning**2 * speed**3 * time) ** (3 / 7)
    inflow = Inflow(np.arange(2), np.zeros(2, dtype=int), time, at_inlet * speed * cell * 2)
    for until in (600.0, 1800.0, 3600.0):
        result = run(np.zeros(n), manning, cell, until, Forcing(inflows=(inflow,)), 2)
        case = expected[expected[:, 0] == until]
        depth = result.final_depth_m[0][np.round(case[:, 1] / cell - 0.5).astype(int)]
        wet = case[:, 2] > 0
        assert np.sqrt(((depth - case[:, 2])[wet] ** 2).mean()) < 0.007
        assert abs(int((depth > 1e-3).sum()) - int(wet.sum())) <= 2

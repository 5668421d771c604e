"""Laws of infiltration against their integrals, an independent solver and hand computation."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.errors import ConfigError
from citytwin.kernels.infiltration import green_ampt_total, horton_time, horton_total, soak
from citytwin.kernels.inundation import Forcing, RainSeries, SolverOptions, simulate_inundation
from citytwin.kernels.soils import GroundSinks, Soil, SoilKind, soil_table
from citytwin.kernels.window import EVERYWHERE

MM_H = 1 / 3.6e6
SEALED = Soil(SoilKind.SEALED)
HORTON = Soil(SoilKind.HORTON, 80 * MM_H, 10 * MM_H, 4 / 3600)
# Silt loam: K 6.5 mm/h, suction head 166.8 mm, deficit 0.34 (Chow et al. 1988, example 4.3.1).
GREEN_AMPT = Soil(SoilKind.GREEN_AMPT, last_m_s=6.5 * MM_H, suction_m=0.1668 * 0.34)


def test_horton_by_hand() -> None:
    """After an hour 10 + 70 / 4 (1 - e^-4) = 27.1795 mm; the rate at first is 80 mm/h."""
    law = (HORTON.first_m_s, HORTON.last_m_s, HORTON.decay_per_s)
    assert horton_total(3600.0, *law) * 1000 == pytest.approx(27.17949, abs=1e-4)
    assert horton_total(1.0, *law) * 3.6e6 == pytest.approx(80.0, rel=1e-3)


@pytest.mark.parametrize("minutes", [0.1, 5.0, 60.0, 600.0])
def test_time_of_a_total_is_its_inverse(minutes: float) -> None:
    """Early, late, and long after the decay."""
    law = (HORTON.first_m_s, HORTON.last_m_s, HORTON.decay_per_s)
    total = horton_total(60 * minutes, *law)
    assert horton_time(total, *law) == pytest.approx(60 * minutes, rel=1e-9)


def test_green_ampt_of_the_textbook() -> None:
    """Chow, Maidment and Mays, example 4.3.1: silt loam, 1 h of ponding: F = 3.17 cm (K 0.65 cm/h,
    psi 16.7 cm, deficit 0.34).
    """
    total = green_ampt_total(0.0, 3600.0, 0.0065 / 3600, 0.167 * 0.340)
    assert total * 100 == pytest.approx(3.17, abs=0.01)


@pytest.mark.parametrize("before_mm", [0.0, 3.0, 200.0])
def test_green_ampt_solves_its_equation(before_mm: float) -> None:
    """The implicit equation holds; bisection finds the same."""
    conductivity, suction, dt = 6.5 * MM_H, 0.0567, 900.0
    before = before_mm / 1000
    low, high = before, before + 1.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        left = middle - before - suction * np.log((middle + suction) / (before + suction))
        low, high = (middle, high) if left < conductivity * dt else (low, middle)
    assert green_ampt_total(before, dt, conductivity, suction) == pytest.approx(low, rel=1e-10)


def test_green_ampt_is_the_same_in_one_step_or_many() -> None:
    """The memory is what has been taken, so steps add up."""
    law = (GREEN_AMPT.last_m_s, GREEN_AMPT.suction_m)
    whole = green_ampt_total(0.0, 3600.0, *law)
    parts = 0.0
    for _ in range(1800):
        parts = green_ampt_total(parts, 2.0, *law)
    assert parts == pytest.approx(whole, rel=1e-9)


def test_without_suction_gravity_alone() -> None:
    """K dt."""
    assert green_ampt_total(0.01, 100.0, 1e-6, 0.0) == pytest.approx(0.0101)
    assert green_ampt_total(0.01, 0.0, 1e-6, 0.1) == 0.01


def one_cell(soil: Soil, depth_m: float, dt_s: float, steps: int, drain: float = 0.0):
    """Sums of ground and drain, the depth left, and the memory."""
    depth = np.full((1, 1), depth_m, dtype=np.float32)
    residual, memory = np.zeros_like(depth), np.zeros((1, 1))
    sums = np.zeros(2, dtype=np.int64)
    for _ in range(steps):
        sums += soak(
            (depth, residual, depth.max(axis=1)),
            np.zeros((1, 1), dtype=np.uint8),
            soil_table((soil,)),
            memory,
            np.full((1, 1), drain, dtype=np.float32),
            dt_s,
            EVERYWHERE,
        )
    return sums / 2**46, float(depth[0, 0]) + float(residual[0, 0]), memory[0, 0]


@pytest.mark.parametrize(
    ("soil", "expected_mm"),
    [
        (Soil(SoilKind.CONSTANT, 36 * MM_H), 36.0),
        (HORTON, 27.17949),
        (SEALED, 0.0),
    ],
)
def test_an_hour_under_water(soil: Soil, expected_mm: float) -> None:
    """Half a metre stands all the time; what the ground took is what the cell has lost."""
    (soaked, drained), left, _ = one_cell(soil, 0.5, 2.0, 1800)
    assert soaked * 1000 == pytest.approx(expected_mm, abs=1e-4)
    assert drained == 0.0
    assert left == pytest.approx(0.5 - soaked, abs=1e-12)


def test_green_ampt_under_water() -> None:
    """As the implicit solution says."""
    (soaked, _), _, memory = one_cell(GREEN_AMPT, 0.5, 2.0, 1800)
    whole = green_ampt_total(0.0, 3600.0, GREEN_AMPT.last_m_s, GREEN_AMPT.suction_m)
    assert soaked == pytest.approx(whole, rel=1e-6)
    assert memory == pytest.approx(whole, rel=1e-6)


def test_a_cell_gives_no_more_than_it_has_and_horton_remembers() -> None:
    """3 mm of water: all but a trace is taken, and the time is that at which 3 mm are."""
    (soaked, _), left, memory = one_cell(HORTON, 0.003, 600.0, 1)
    assert soaked == pytest.approx(0.003, rel=2e-5)
    assert left >= 0.0
    law = (HORTON.first_m_s, HORTON.last_m_s, HORTON.decay_per_s)
    assert horton_total(memory, *law) == pytest.approx(soaked, rel=1e-6)
    assert memory < 600.0


def test_drains_after_the_ground() -> None:
    """36 mm/h each, for ten minutes."""
    soil = Soil(SoilKind.CONSTANT, 36 * MM_H)
    (soaked, drained), _, _ = one_cell(soil, 0.5, 2.0, 300, 36 * MM_H)
    assert soaked * 1000 == pytest.approx(6.0, abs=1e-4)
    assert drained * 1000 == pytest.approx(6.0, abs=1e-4)


def test_rain_on_ground_that_takes_part_of_it() -> None:
    """Left half sealed, right half 30 mm/h, behind a wall; 90 mm/h for 20 minutes."""
    terrain = np.zeros((6, 9), dtype=np.float32)
    blocked = np.zeros((6, 9), dtype=np.bool_)
    blocked[:, 4] = True
    soil = np.zeros((6, 9), dtype=np.uint8)
    soil[:, 5:] = 1
    soils = (SEALED, Soil(SoilKind.CONSTANT, 30 * MM_H))
    sinks = GroundSinks(soil, soils, np.zeros((6, 9), dtype=np.float32))
    rain = RainSeries(np.array([0.0]), np.array([1200.0]), np.array([90.0]))
    manning = np.full((6, 9), 0.03, dtype=np.float32)
    result = simulate_inundation(
        terrain, blocked, manning, 2.0, 1200.0, Forcing(rain, sinks=sinks), SolverOptions()
    )
    # The roofs drain to both sides alike: 4.5 cells of rain on 4 cells.
    fallen = 0.030 * 4.5 / 4
    np.testing.assert_allclose(result.final_depth_m[:, :4].mean(), fallen, atol=1e-5)
    np.testing.assert_allclose(result.final_depth_m[:, 5:].mean(), fallen - 0.010, atol=1e-4)
    infiltrated = result.ledger.exchanged.infiltrated_m3
    assert infiltrated == pytest.approx(0.010 * 24 * 4, rel=2e-3)
    assert result.ledger.relative_error < 1e-7


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Soil(SoilKind.HORTON, 1e-6, 2e-6, 1e-3),
        lambda: Soil(SoilKind.HORTON, 2e-6, 1e-6, 0.0),
        lambda: Soil(SoilKind.GREEN_AMPT, last_m_s=0.0),
        lambda: Soil(SoilKind.CONSTANT, -1e-6),
        lambda: Soil(SoilKind.CONSTANT, float("nan")),
        lambda: GroundSinks(
            np.ones((2, 2), np.uint8), (SEALED,), np.zeros((2, 2), dtype=np.float32)
        ),
        lambda: GroundSinks(
            np.zeros((2, 2), np.uint8), (SEALED,), np.zeros((2, 3), dtype=np.float32)
        ),
        lambda: GroundSinks(
            np.zeros((2, 2), np.uint8), (SEALED,), np.full((2, 2), -1, dtype=np.float32)
        ),
    ],
)
def test_soils_that_make_no_sense_are_refused(wrong: object) -> None:
    """With a message."""
    with pytest.raises(ConfigError):
        wrong()

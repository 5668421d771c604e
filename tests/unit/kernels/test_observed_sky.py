"""Formulas of clouds, sunshine and diffuse light against hand-computed values."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.observed_sky import (
    clearness_of_clouds,
    clearness_of_sunshine,
    observed_sky,
)


def test_clouds_of_kasten_and_czeplak() -> None:
    """Eighths 0, 4 and 8: 1, 1 - 0.75 / 2^3.4 = 0.928951 and 0.25."""
    made = clearness_of_clouds(np.array([0.0, 50.0, 100.0]))
    assert made == pytest.approx([1.0, 0.928951, 0.25], abs=1e-6)


def test_sunshine_of_angstrom() -> None:
    """Half the time sun: 0.25 + 0.375."""
    assert clearness_of_sunshine(np.array([0.0, 0.5, 1.0])).tolist() == [0.25, 0.625, 1.0]


def test_diffuse_light_of_erbs_by_hand() -> None:
    """Sun at 30 degrees, day 94 (Earth at its mean distance): outside 1366.1 W/m2 x 0.5 = 683.

    Global 341.5 is a share of 0.5: diffuse share 0.9511 - 0.0802 + 1.097 - 2.07975 + 0.771 =
    0.65915; global 100 is 0.1464 and its diffuse share 1 - 0.09 x 0.1464 = 0.98682.
    """
    level = np.array([341.5, 100.0])
    sky = observed_sky(level, np.full(2, 30.0), np.full(2, 94.0))
    diffuse = sky.even_w_m2 + sky.halo_w_m2 * 0.5
    assert diffuse / level == pytest.approx([0.65915, 0.98682], abs=0.002)
    assert sky.beam_w_m2 * 0.5 + diffuse == pytest.approx(level)
    # Around the sun comes the share that the beam has of the light outside (Hay and Davies).
    assert sky.halo_w_m2 * 0.5 == pytest.approx(diffuse * sky.beam_w_m2 / 1366.1, rel=0.003)


def test_nothing_shines_at_night_and_the_low_sun_has_no_beam() -> None:
    """What a sensor reports by night is not light; below 3 degrees all is diffuse."""
    sky = observed_sky(np.array([5.0, 20.0, -3.0]), np.array([-2.0, 2.0, 20.0]), np.full(3, 50.0))
    assert sky.beam_w_m2.tolist() == [0.0, 0.0, 0.0]
    assert sky.even_w_m2.tolist() == [0.0, 20.0, 0.0]
    assert (sky.halo_w_m2 == 0.0).all()

"""Gusts from mean wind and turbulence."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.wind_gusts import gust_ratio


def f32(*values: float) -> np.ndarray:
    """Single precision."""
    return np.array(values, dtype=np.float32)


def test_mean_and_deviations() -> None:
    """Mean 0.5 and k = 0.06 over the square of the wind: deviation 0.2; a wake without mean; still air."""
    speed = np.sqrt(f32(0.25 + 2 * 0.06, 0.12, 0.0))
    found = gust_ratio(speed, f32(0.3, 0, 0), f32(-0.4, 0, 0), 3.0)
    assert found == pytest.approx([0.5 + 3 * 0.2, 3 * 0.2, 0.0], rel=1e-6)
    assert found.dtype == np.float32


def test_rounding_makes_no_turbulence_below_none() -> None:
    """A mean above the scalar speed by rounding has no gusts; the unknown stays unknown."""
    found = gust_ratio(f32(0.9999999, np.nan), f32(1.0, 0.1), f32(0.0, 0.1))
    assert found[0] == pytest.approx(1.0)
    assert np.isnan(found[1])

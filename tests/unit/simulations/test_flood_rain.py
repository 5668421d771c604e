"""Rain of a flood: only what falls while it runs counts."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import citytwin
from citytwin.errors import ConfigError, StepError


def terrain() -> xr.DataArray:
    """A plane of 5 x 6 cells of 2 m that falls to the east."""
    x, y = -100.0 + 2.0 * np.arange(6), 50.0 - 2.0 * np.arange(5)
    values = np.broadcast_to(10.0 - 0.01 * x, (5, 6)).astype(np.float32)
    return xr.DataArray(values, {"y": y, "x": x}, ("y", "x")).rio.write_crs("EPSG:6677")


def rain(*intervals: tuple[float, float, float]) -> list[dict[str, float]]:
    """Intervals as a configuration gives them."""
    names = ("start_minutes", "end_minutes", "mm_per_h")
    return [dict(zip(names, interval, strict=True)) for interval in intervals]


def test_the_remark_counts_the_rain_until_the_end() -> None:
    """Of an hour of 12 mm/h, 6 minutes bring 1.2 mm, and a cloudburst afterwards none."""
    given = {"duration_h": 0.1, "rain": rain((0.0, 60.0, 12.0), (60.0, 70.0, 300.0))}
    made = citytwin.simulate("flood", {"terrain": terrain()}, given)
    assert "Rain of 1 mm (peak 12 mm/h) over 0.1 h" in made.attrs["comment"]
    assert made.attrs["rain_volume"] == pytest.approx(0.0012 * 30 * 4.0, rel=1e-6)


def test_rain_after_the_end_is_no_rain() -> None:
    """A run before the rain begins has no water, and says so."""
    given = {"duration_h": 0.1, "rain": rain((30.0, 60.0, 12.0))}
    with pytest.raises(StepError, match="no water enters"):
        citytwin.simulate("flood", {"terrain": terrain()}, given)


def test_the_largest_courant_number_allowed_runs() -> None:
    """What the parameters accept the solver accepts; 0.671 = sqrt(0.9 / 2) is its limit."""
    given = {"duration_h": 0.01, "rain": rain((0.0, 60.0, 60.0)), "courant": 0.67}
    citytwin.simulate("flood", {"terrain": terrain()}, given)
    with pytest.raises(ConfigError, match="courant"):
        citytwin.simulate("flood", {"terrain": terrain()}, {**given, "courant": 0.68})

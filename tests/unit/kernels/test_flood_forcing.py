"""Rain series, hydrographs and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.errors import ConfigError
from citytwin.kernels.flood_forcing import Forcing, Inflow, RainSeries, wettest_start_s


def rain() -> RainSeries:
    """36 mm/h for 100 s, a pause, 72 mm/h for 50 s; the first 20 s are before the run."""
    return RainSeries(np.array([-20.0, 200]), np.array([80.0, 250]), np.array([36.0, 72]))


def hydrograph() -> Inflow:
    """Rises from 0 to 4 m3/s in 10 s, stays 5 s, falls to 2 m3/s in 20 s, then ends."""
    return Inflow(
        np.array([0]),
        np.array([0]),
        np.array([10.0, 20, 25, 45]),
        np.array([0.0, 4, 4, 2]),
    )


@pytest.mark.parametrize(
    ("time", "millimetres"),
    [(0, 0), (40, 0.4), (80, 0.8), (150, 0.8), (200, 0.8), (225, 1.3), (250, 1.8), (9e9, 1.8)],
)
def test_rain_adds_up_by_hand(time: float, millimetres: float) -> None:
    """36 mm/h is 0.01 mm/s; what falls before the run is not counted."""
    assert rain().depth_until_m(time) == pytest.approx(millimetres / 1000, abs=1e-15)


@pytest.mark.parametrize(
    ("time", "volume"),
    [(0, 0), (10, 0), (15, 5), (20, 20), (25, 40), (35, 75), (45, 100), (100, 100)],
)
def test_a_hydrograph_is_integrated_exactly(time: float, volume: float) -> None:
    """Areas under the straight lines, zero outside the series."""
    assert hydrograph().volume_until_m3(time) == pytest.approx(volume, abs=1e-12)


def test_a_hydrograph_that_began_before_the_run_counts_from_zero() -> None:
    """Only what enters during the run is counted."""
    inflow = Inflow(np.array([0]), np.array([0]), np.array([-10.0, 10]), np.array([2.0, 2]))
    assert inflow.volume_until_m3(0) == 0
    assert inflow.volume_until_m3(4) == pytest.approx(8)


def test_no_rain_is_no_rain() -> None:
    """The default series is empty."""
    assert RainSeries().depth_until_m(1e6) == 0


@pytest.mark.parametrize(
    ("start", "end", "rate"),
    [
        ([0, 50], [60, 90], [1, 1]),
        ([0], [0], [1]),
        ([50, 0], [90, 40], [1, 1]),
        ([0], [10], [-1]),
        ([0], [10], [np.nan]),
        ([np.nan], [10], [1]),
        ([0], [np.inf], [1]),
        ([0, 1], [10], [1]),
    ],
)
def test_a_bad_rain_series_is_refused(
    start: list[float], end: list[float], rate: list[float]
) -> None:
    """Overlaps, empty or reversed intervals, negative or unknown rates, unequal lengths."""
    with pytest.raises(ConfigError, match="rain"):
        RainSeries(*(np.array(a, dtype=float) for a in (start, end, rate)))


@pytest.mark.parametrize(
    ("duration", "begin"),
    [
        (10, 130),  # within the strongest interval, as late as it can be
        (40, 100),  # 20 s of 60 mm/h after 20 s of 6, rather than before 20 s of nothing
        (70, 80),  # all of 100 to 140 s; the latest begin that the record allows
        (9999, 0),  # longer than the record: from its begin
    ],
)
def test_the_wettest_time_by_hand(duration: float, begin: float) -> None:
    """Rates of 12, 0, 6, 60 mm/h from 0, 10, 100, 120 s, then dry from 140 to 150 s."""
    bounds = np.array([0.0, 10.0, 100.0, 120.0, 140.0, 150.0])
    rain = RainSeries(bounds[:-1], bounds[1:], np.array([12.0, 0.0, 6.0, 60.0, 0.0]))
    assert wettest_start_s(rain, duration) == begin


@pytest.mark.parametrize(
    ("rows", "time", "flow"),
    [
        ([], [0, 1], [1, 1]),
        ([1, 2], [0, 1], [1, 1]),
        ([1], [0], [1]),
        ([1], [1, 1], [1, 1]),
        ([1], [0, 1], [1, -1]),
        ([1], [0, np.nan], [1, 1]),
        ([1], [0, 1, 2], [1, 1]),
    ],
)
def test_a_bad_inflow_is_refused(rows: list[int], time: list[float], flow: list[float]) -> None:
    """No cells, unequal lengths, times that do not ascend, negative discharge."""
    cols = np.zeros(min(len(rows), 1), dtype=np.int64)
    with pytest.raises(ConfigError, match="inflow"):
        Inflow(np.array(rows, dtype=np.int64), cols, np.array(time), np.array(flow))


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
def test_a_bad_drainage_rate_is_refused(rate: float) -> None:
    """Drains only take water, at a known rate."""
    with pytest.raises(ConfigError, match="drainage"):
        Forcing(drainage_mm_per_h=rate)

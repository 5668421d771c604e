"""Wind rose: sectors, calms, pairing; against a slow reference."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.wind_rose import PairedWinds, frequency_by_speed, wind_rose, wind_sectors


def rose(speeds, directions, **kwargs):
    """Rose of pairs that share their times."""
    times = np.arange(float(len(speeds))) * 600.0
    return wind_rose(times, np.array(speeds), times, np.array(directions), **kwargs)


def test_sectors_are_centred_on_north_and_half_open():
    """With 16 sectors north runs from 348.75 up to but not including 11.25 degrees."""
    directions = [348.75, 0.0, 360.0, 11.2499, 11.25, 33.7499, 348.7499]
    result = rose([2.0] * 7, directions)
    assert result.frequency[0] == pytest.approx(4 / 7)
    assert result.frequency[1] == pytest.approx(2 / 7)
    assert result.frequency[15] == pytest.approx(1 / 7)
    assert result.centre_deg[:3].tolist() == [0.0, 22.5, 45.0]


def test_mean_speeds_by_sector_and_nan_where_no_wind_came_from():
    """East 2 and 4 m/s give 3; west 7; the others have no mean."""
    result = rose([2.0, 4.0, 7.0], [90.0, 80.0, 270.0], sectors=4)
    assert result.mean_speed_m_s[[1, 3]].tolist() == [3.0, 7.0]
    assert np.isnan(result.mean_speed_m_s[[0, 2]]).all()
    assert result.frequency.tolist() == [0.0, pytest.approx(2 / 3), 0.0, pytest.approx(1 / 3)]


def test_calms_stand_apart_and_need_no_direction():
    """0.4 m/s is calm whether a direction is known or not; 0.5 m/s is wind."""
    result = rose([0.0, 0.4, 0.5, 3.0], [np.nan, 180.0, 90.0, 90.0], sectors=8)
    assert result.calm_frequency == 0.5
    assert result.frequency[2] == 0.5
    assert result.frequency.sum() + result.calm_frequency == pytest.approx(1.0)
    assert result.mean_speed_m_s[2] == pytest.approx(1.75)
    assert (result.times, result.without_direction) == (4, 0)


def test_only_equal_times_are_paired():
    """Wind without a direction of its own time is left out and counted."""
    result = wind_rose(
        np.array([0.0, 600.0, 1200.0, 1800.0]),
        np.array([5.0, 6.0, np.nan, 8.0]),
        np.array([1800.0, 600.0, 1200.0]),
        np.array([np.nan, 180.0, 10.0]),
        sectors=4,
    )
    assert result.frequency.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert result.mean_speed_m_s[2] == 6.0
    assert (result.times, result.without_direction) == (1, 2)


def test_nothing_to_count_gives_nan():
    """A rose of nothing is no rose of calms."""
    result = rose([], [])
    assert np.isnan(result.frequency).all()
    assert np.isnan(result.calm_frequency)
    assert result.times == 0


@pytest.mark.parametrize("sectors", [1, 8, 16, 36])
def test_against_a_slow_reference(sectors):
    """Nearest sector centre by angle, counted one by one."""
    dice = np.random.default_rng(7)
    speeds, directions = dice.gamma(2.0, 1.2, 700), dice.uniform(0.0, 360.0, 700)
    result = rose(speeds, directions, sectors=sectors)
    centres = np.arange(sectors) * 360.0 / sectors
    found: list[list[float]] = [[] for _ in range(sectors)]
    calms = 0
    for speed, direction in zip(speeds, directions, strict=True):
        if speed < 0.5:
            calms += 1
            continue
        apart = np.abs((direction - centres + 180.0) % 360.0 - 180.0)
        found[int(np.argmin(apart))].append(speed)
    assert result.calm_frequency == pytest.approx(calms / 700)
    np.testing.assert_allclose(result.frequency, [len(f) / 700 for f in found])
    means = [np.mean(f) if f else np.nan for f in found]
    np.testing.assert_allclose(result.mean_speed_m_s, means)


def test_inputs_are_checked():
    """Times must match the values and stand once; sectors must be sensible."""
    one, two = np.zeros(1), np.array([0.0, 0.0])
    with pytest.raises(ValueError, match="speed: a time stands twice"):
        wind_rose(two, two, one, one)
    with pytest.raises(ValueError, match="direction: times"):
        wind_rose(one, one, one, two)
    for sectors in (0, 361):
        with pytest.raises(ValueError, match=f"sectors is {sectors}"):
            wind_rose(one, one, one, one, sectors)


def test_sectors_weigh_by_run_of_wind_and_turn_to_grid_north():
    """1 x 6 m/s from the north, 3 x 2 m/s from the east: equal; the calm weighs nothing."""
    found = wind_sectors(rose([6.0, 2.0, 2.0, 2.0, 0.1], [0.0, 90.0, 90.0, 90.0, 180.0]), 2.0)
    assert np.degrees(found.from_rad).tolist() == pytest.approx([358.0, 88.0])
    assert found.share.tolist() == pytest.approx([0.5, 0.5])
    assert wind_sectors(rose([0.1], [180.0]), 0.0).share.size == 0


def test_frequencies_by_speed_are_shares_of_all_times():
    """Two calms and four winds, one of them on the edge of a class, counted by hand."""
    winds = PairedWinds(
        time_s=np.arange(4.0),
        speed_m_s=np.array([1.0, 2.0, 9.0, 30.0]),
        from_deg=np.array([359.0, 44.9, 90.0, 271.0]),
        calms=2,
        without_direction=0,
    )
    share = frequency_by_speed(winds, 4, np.array([0.5, 2.0, 8.0]))
    sixth = 1.0 / 6.0
    assert share.tolist() == [[sixth, sixth, 0.0], [0.0, 0.0, sixth], [0.0] * 3, [0.0, 0.0, sixth]]

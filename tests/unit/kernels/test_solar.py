"""Sun position by hour angle."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.solar import ephemeris, sun_position


def test_noon_altitude_is_ninety_minus_latitude_plus_declination():
    """At true solar noon the sun is due south, 90 - latitude + declination high."""
    azimuth, altitude = sun_position(*np.radians([35.69, -23.44]), np.zeros(1))
    assert np.degrees(azimuth[0]) == pytest.approx(180.0)
    assert np.degrees(altitude[0]) == pytest.approx(90 - 35.69 - 23.44)


def test_equinox_sun_rises_due_east_and_sets_due_west():
    """At declination 0 the sun stands on the horizon six hours from noon, due east and west."""
    azimuth, altitude = sun_position(np.radians(51.0), 0.0, np.radians([-90.0, 90.0]))
    np.testing.assert_allclose(np.degrees(azimuth), [90.0, 270.0])
    np.testing.assert_allclose(altitude, 0.0, atol=1e-12)


def test_afternoon_mirrors_the_morning():
    """Equal hours before and after noon give equal altitudes and mirrored azimuths."""
    hour = np.radians(np.linspace(5.0, 100.0, 9))
    east, up = sun_position(-0.6, 0.3, -hour)
    west, up_too = sun_position(-0.6, 0.3, hour)
    np.testing.assert_allclose(up, up_too)
    np.testing.assert_allclose(np.mod(-east, 2 * np.pi), west)


def test_southern_noon_sun_is_due_north():
    """South of the tropics the noon sun stands in the north."""
    azimuth, altitude = sun_position(np.radians(-33.9), np.radians(23.44), np.zeros(1))
    assert np.cos(azimuth[0]) == pytest.approx(1.0)
    assert np.degrees(altitude[0]) == pytest.approx(90 - 33.9 - 23.44)


def test_the_published_example_of_the_ephemeris():
    """Reda and Andreas (2004), appendix A.5: zenith 50.11162 with, 50.127952 without refraction.

    Theirs is that of 820 hPa and 11 C, 0.0163 degrees; at sea level and 12 C it is 0.0201 (Meeus
    1998, eq. 16.4: 1.02' / tan(h + 10.3 / (h + 5.11)) at 1010 hPa and 10 C).
    """
    moment = np.array([1066419030.0])  # 2003-10-17 19:30:30 UTC
    got = ephemeris(moment, -105.1786, 39.742476)
    assert got.azimuth_deg[0] == pytest.approx(194.34024, abs=3e-4)
    assert got.altitude_deg[0] == pytest.approx(90 - 50.127952, abs=3e-4)
    assert got.apparent_altitude_deg[0] - got.altitude_deg[0] == pytest.approx(0.0201, abs=2e-4)


def test_the_published_example_of_the_algorithm():
    """Reda and Andreas (2004), table A5.1: 17 October 2003, 12:30:30 at UTC-7 in Golden, Colorado."""
    moment = np.array([np.datetime64("2003-10-17T19:30:30").astype(np.int64)], dtype=np.float64)
    found = ephemeris(moment, -105.1786, 39.742476)
    # Their apparent zenith angle of 50.11162 degrees is lifted by 0.01633 at their 820 hPa.
    assert found.altitude_deg[0] == pytest.approx(90 - 50.11162 - 0.016332, abs=3e-4)
    assert found.azimuth_deg[0] == pytest.approx(194.34024, abs=3e-4)

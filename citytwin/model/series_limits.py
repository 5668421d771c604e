"""How an observed property may move: limits of the tests of a series.

Of the weather after Zahumenský (2004), Guidelines on Quality Control Procedures for Data from
Automatic Weather Stations (WMO), tables of the largest change within a minute and of the least
movement within an hour; of the others what sensors of that kind do when they are broken.
"""

from __future__ import annotations

from dataclasses import dataclass

NO_TEST = float("nan")


@dataclass(frozen=True)
class SeriesLimits:
    """In the unit of the property; NaN for no test."""

    rate_per_min: float = NO_TEST
    """Largest change within a minute."""
    spike: float = NO_TEST
    """Largest distance from the nearer of the values before and after."""
    flat: float = NO_TEST
    """A sensor that moves by no more is stuck."""
    flat_hours: float = 1.0
    """How long that may last."""
    neighbour: float = NO_TEST
    """Largest distance from the median of the sensors around."""
    other_unit: tuple[float, float] = (NO_TEST, 0.0)
    """Factor and offset to the unit that is mistaken for it most often."""


_FAHRENHEIT, _KILOMETRES, _MILLI = (1.8, 32.0), (3.6, 0.0), (1000.0, 0.0)
LIMITS = {
    "air_temperature": SeriesLimits(3.0, 6.0, 0.0, 6.0, 8.0, _FAHRENHEIT),
    "dew_point_temperature": SeriesLimits(4.0, 6.0, 0.0, 6.0, 8.0, _FAHRENHEIT),
    "relative_humidity": SeriesLimits(15.0, 30.0),
    "air_pressure_at_mean_sea_level": SeriesLimits(2.0, 3.0, 0.0, 6.0, 4.0),
    "surface_air_pressure": SeriesLimits(2.0, 3.0, 0.0, 6.0),
    "wind_speed": SeriesLimits(20.0, 20.0, 0.0, 12.0, other_unit=_KILOMETRES),
    "surface_downwelling_shortwave_flux_in_air": SeriesLimits(1000.0),
    "water_surface_height_above_reference_datum": SeriesLimits(0.5, 0.5, other_unit=_MILLI),
    "vehicle_speed": SeriesLimits(flat=0.0, flat_hours=6.0, other_unit=(1.0 / 3.6, 0.0)),
}
"""By name of the property. Rain stands at zero for days and comes at once; it has none."""
NEIGHBOUR_RADIUS_M = 10_000.0
"""Sensors further away see other weather."""

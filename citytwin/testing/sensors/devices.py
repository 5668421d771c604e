"""The sensors of the demo city: what each measures, in which unit, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from citytwin.testing import terrain, weather
from citytwin.testing.place import Point2
from citytwin.testing.sensors import daylight, storm
from citytwin.testing.streets import street_plan
from citytwin.testing.traffic_feeds import main_sections

_GAUGES = ((120.0, 760.0), (480.0, 620.0), (820.0, 700.0), (240.0, 180.0), (620.0, 150.0))
_MASTS = ((90.0, 860.0), (560.0, 640.0), (900.0, 120.0))
_RIVER_U_M = (60.0, 430.0, 940.0)
_PUMPS = ((600.0, 530.0), (780.0, 540.0))
_DETECTORS = 8
_PYRANOMETER = (500.0, 450.0)

Course = Callable[[float, Point2], float]
"""Value at an hour of June 2026, at a place in city metres."""


@dataclass(frozen=True)
class Quantity:
    """What a device measures."""

    name: str
    """Observed property."""
    unit: str
    """As it is sent: a unit of SenML (RFC 8428, RFC 8798)."""
    course: Course
    digits: int
    """Decimals that the device resolves."""
    by_clock: Callable[[float], float] = lambda _time_s: 1.0
    """What the course is multiplied by, at the seconds since 1970 of the device's clock: the storm
    may pass quickly, the sun does not."""


@dataclass(frozen=True)
class Device:
    """A sensor, or a machine that measures itself."""

    id: str
    kind: str
    title: str
    point: Point2
    """City metres."""
    quantities: tuple[Quantity, ...]


def _wind_speed(hour: float, point: Point2) -> float:
    return weather.wind_m_s(hour) * (1.0 + 0.1 * (point[1] - 450.0) / 450.0)


def _wind_direction(hour: float, _point: Point2) -> float:
    return weather.wind_from_deg(hour)


RAIN = Quantity("rainfall_rate", "mm/h", storm.rain_mm_h, 1)
LEVEL = Quantity("water_surface_height_above_reference_datum", "m", storm.river_level_m, 3)
SUMP = Quantity("water_surface_height_above_reference_datum", "m", storm.sump_level_m, 3)
WIND_SPEED = Quantity("wind_speed", "m/s", _wind_speed, 1)
WIND_DIRECTION = Quantity("wind_from_direction", "deg", _wind_direction, 0)
FLOW = Quantity("traffic_flow", "1/min", storm.flow_per_min, 0)
SPEED = Quantity("vehicle_speed", "km/h", storm.speed_km_h, 1)
RADIATION = Quantity(
    "surface_downwelling_shortwave_flux_in_air", "W/m2", storm.sky_share, 1, daylight.clear_w_m2
)
DISCHARGE = Quantity("pump_discharge", "m3/s", storm.pump_m3_s, 3)


def devices() -> tuple[Device, ...]:
    """Return all sensors of the demo city, in order of their ids."""
    found = [
        Device(f"gauge-{k + 1:02d}", "rain_gauge", f"Rain gauge {k + 1} (synthetic)", at, (RAIN,))
        for k, at in enumerate(_GAUGES)
    ]
    found += [
        Device(
            f"level-{k + 1:02d}",
            "water_level",
            f"Water level {k + 1} (synthetic)",
            terrain.river_point(u, 20.0),
            (LEVEL,),
        )
        for k, u in enumerate(_RIVER_U_M)
    ]
    found += [
        Device(
            f"mast-{k + 1:02d}",
            "wind_mast",
            f"Wind mast {k + 1} (synthetic)",
            at,
            (WIND_SPEED, WIND_DIRECTION),
        )
        for k, at in enumerate(_MASTS)
    ]
    found += [
        Device("sun-01", "pyranometer", "Pyranometer 1 (synthetic)", _PYRANOMETER, (RADIATION,))
    ]
    found += [
        Device(f"pump-{k + 1:02d}", "pump", f"Pump {k + 1} (synthetic)", at, (SUMP, DISCHARGE))
        for k, at in enumerate(_PUMPS)
    ]
    found += [
        Device(
            f"traffic-{k + 1:02d}",
            "traffic_detector",
            f"Traffic detector {k + 1} (synthetic)",
            _middle(section.axis),
            (FLOW, SPEED),
        )
        for k, section in enumerate(main_sections(street_plan())[:_DETECTORS])
    ]
    return tuple(sorted(found, key=lambda device: device.id))


def _middle(axis: tuple[Point2, ...]) -> Point2:
    (x0, y0), (x1, y1) = axis[0], axis[-1]
    return (x0 + x1) / 2.0, (y0 + y1) / 2.0

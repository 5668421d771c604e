"""Writes five-minute traffic counts and bus positions on the demo streets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from google.transit import gtfs_realtime_pb2
from pyproj import Geod

from citytwin.testing.place import SEED, SYNTHETIC_NOTE, Degrees, Point2
from citytwin.testing.planar import unit
from citytwin.testing.streets import Street, StreetPlan
from citytwin.testing.weather_feeds import write_json

COUNT_DATE = 20260630
COUNT_TIMES = tuple(1700 + 5 * k for k in range(12)) + (1800,)
# 2026-06-30 18:30:00 Japan time.
BUS_TIME_UNIX_S = 1782811800
BUSES = 8
LAYER = "t_travospublic_measure_5m"

_KEEP_LEFT_M = 3.2


@dataclass(frozen=True)
class Fault:
    """Times at which one direction of a count point gives nothing, and why."""

    point: int
    direction: str
    flag: str
    first: int
    last: int


FAULTS = (
    Fault(6, "上り", "ループ異常", 1720, 1735),
    Fault(9, "下り", "停電", 1745, 1750),
)


def main_sections(plan: StreetPlan) -> tuple[Street, ...]:
    """Sections of the avenue and of the two main streets, longest first."""
    found = [s for s in plan.streets if s.part == "section" and s.function_code in "23"]
    return tuple(sorted(found, key=lambda s: (-_length_m(s.axis), s.axis)))


def _length_m(axis: tuple[Point2, ...]) -> float:
    (x0, y0), (x1, y1) = axis
    return round(math.hypot(x1 - x0, y1 - y0), 6)


def _along(axis: tuple[Point2, ...], share: float) -> Point2:
    (x0, y0), (x1, y1) = axis
    return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


def _direction_counts(
    dice: np.random.Generator, mean: float, fault: Fault | None, direction: str
) -> dict[str, int | str | None]:
    large_share = 0.09
    small = round(mean * (1.0 - large_share) * (0.8 + 0.4 * float(dice.random())))
    large = round(mean * large_share * (0.5 + float(dice.random())))
    unknown = int(3.0 * float(dice.random()))
    broken = fault is not None and fault.direction == direction
    counts: dict[str, int | str | None] = {
        f"{direction}・小型交通量": None if broken else small,
        f"{direction}・大型交通量": None if broken else large,
        f"{direction}・車種判別不能交通量": None if broken else unknown,
    }
    for flag in ("停電", "ループ異常", "超音波異常"):
        set_flag = broken and fault is not None and fault.flag == flag
        counts[f"{direction}・{flag}"] = "1" if set_flag else "0"
    counts[f"{direction}・欠測"] = "1" if broken else "0"
    return counts


def write_traffic(path: Path, plan: StreetPlan, degrees: Degrees, points: int = 10) -> Path:
    """Write counts of one evening hour and the interval after it.

    Parameters
    ----------
    path
        GeoJSON file.
    plan
        Streets.
    degrees
        To JGD2011.
    points
        How many count points.
    """
    dice = np.random.Generator(np.random.PCG64(SEED + 2))
    sections = main_sections(plan)[:points]
    places = degrees.lat_lon([_along(s.axis, 0.5) for s in sections])
    features = []
    for time in COUNT_TIMES:
        rush = 1.0 + 0.25 * ((time % 100) / 60.0 if time < 1800 else 1.0)
        for point, (section, (lat, lon)) in enumerate(zip(sections, places, strict=True)):
            code = 9999001 + point
            mean = (46.0 if section.function_code == "2" else 24.0) * rush
            fault = next(
                (f for f in FAULTS if f.point == point and f.first <= time <= f.last), None
            )
            properties: dict[str, int | str | None] = {
                "地方整備局等番号": 83,
                "開発建設部／都道府県コード": "",
                "常時観測点コード": code,
                "収集時間フラグ（5分間／1時間）": "1",
                "観測年月日": COUNT_DATE,
                "時間帯": time,
            }
            for direction in ("上り", "下り"):
                properties.update(_direction_counts(dice, mean, fault, direction))
            properties["道路種別"] = "3"
            features.append(
                {
                    "type": "Feature",
                    "id": f"{LAYER}.{code}.{COUNT_DATE}{time}",
                    "geometry": {
                        "type": "MultiPoint",
                        "coordinates": [[round(lon, 7), round(lat, 7)]],
                    },
                    "geometry_name": "ジオメトリ",
                    "properties": properties,
                }
            )
    content = {"type": "FeatureCollection", "note": SYNTHETIC_NOTE, "features": features}
    return write_json(path, content)


def _bus_place(section: Street, share: float, northward: bool) -> tuple[Point2, Point2]:
    """Position on the left lane, and a point ahead of it."""
    start, end = section.axis if northward else section.axis[::-1]
    east, north = unit(start, end)
    x, y = _along((start, end), share)
    here = (x - _KEEP_LEFT_M * north, y + _KEEP_LEFT_M * east)
    return here, (here[0] + 10.0 * east, here[1] + 10.0 * north)


def write_vehicle_positions(path: Path, plan: StreetPlan, degrees: Degrees) -> Path:
    """Write a GTFS-Realtime feed with buses on the main streets, one of them at a stop."""
    dice = np.random.Generator(np.random.PCG64(SEED + 3))
    ellipsoid = Geod(ellps="GRS80")
    message = gtfs_realtime_pb2.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.incrementality = gtfs_realtime_pb2.FeedHeader.FULL_DATASET
    message.header.timestamp = BUS_TIME_UNIX_S
    sections = main_sections(plan)
    for k in range(BUSES):
        section = sections[(3 * k) % len(sections)]
        share, age_s = 0.2 + 0.6 * float(dice.random()), int(25 * float(dice.random()))
        speed = 0.0 if k == 4 else round(5.0 + 6.0 * float(dice.random()), 1)
        here, ahead = _bus_place(section, share, k % 2 == 0)
        (lat, lon), (lat_ahead, lon_ahead) = degrees.lat_lon([here, ahead])
        bearing, _, _ = ellipsoid.inv(lon, lat, lon_ahead, lat_ahead)
        entity = message.entity.add()
        entity.id = f"SYNTHETIC-{k + 1:02d}"
        vehicle = entity.vehicle
        vehicle.trip.trip_id = f"SYNTHETIC-trip-{k + 1:02d}"
        vehicle.trip.route_id = "SYNTHETIC-A" if section.function_code == "2" else "SYNTHETIC-B"
        vehicle.trip.start_date = str(COUNT_DATE)
        vehicle.vehicle.id = f"SYNTHETIC-bus-{k + 1:02d}"
        vehicle.vehicle.label = f"みずほバス {k + 1} (synthetic)"
        vehicle.position.latitude = round(lat, 6)
        vehicle.position.longitude = round(lon, 6)
        vehicle.position.bearing = round(bearing % 360.0, 1)
        vehicle.position.speed = speed
        stopped = gtfs_realtime_pb2.VehiclePosition.STOPPED_AT
        moving = gtfs_realtime_pb2.VehiclePosition.IN_TRANSIT_TO
        vehicle.current_status = moving if speed > 0 else stopped
        vehicle.timestamp = BUS_TIME_UNIX_S - age_s
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(message.SerializeToString(deterministic=True))
    return path

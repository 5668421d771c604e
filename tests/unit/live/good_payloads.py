"""One good payload of every format that feeds may have, with what spoils it in words of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tests.unit.formats.cap_messages import alert, info
from tests.unit.formats.datex2_documents import meaning, measured, site, value, version_2
from tests.unit.formats.jma_reports import item, kind, report
from tests.unit.formats.rain_files import netcdf, odim
from tests.unit.formats.test_feed_hostile_input import (
    MAP,
    MAP_NAME,
    METAR,
    NGSI_LD,
    OPEN_METEO,
    ROADS,
    SENSOR_THINGS,
    TABLE_ROWS,
    feed_bytes,
)
from tests.unit.formats.test_grib_points import AT_2_M, HALL, SURFACE
from tests.unit.formats.test_grib_points import message as grib_message

FETCHED = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
PLACE = {"longitude_deg": 139.7, "latitude_deg": 35.6}


@dataclass(frozen=True)
class Good:
    """A payload that its format reads, and what makes single records of it unusable."""

    content: bytes
    syntax: str
    """``json``, ``xml``, ``text`` or ``binary``."""
    params: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "payload"
    spoilt: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict)
    """By what is wrong then: bytes, and those that take their place; a dead letter must follow."""
    images: bool = False


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


MAPPING = {
    "time": {"columns": ["time"], "zone": "Asia/Tokyo"},
    "thing": "id",
    "records": "data",
    "positions": [{"thing": "G1", **PLACE}],
    "quality": {"column": "q", "good": ["0"]},
    "values": [{"column": "v.rain", "property": "rainfall_rate", "unit": "mm", "interval_min": 10}],
}
PACK = [{"n": "g:rainfall_rate", "u": "mm/h", "v": 4.5, "t": 1_782_864_000}]
AMEDAS = {"stations": ["44132"], "positions": [{"code": "44132", "name": "Tokyo", **PLACE}]}

GOOD: dict[str, Good] = {
    "senml": Good(
        _json(PACK),
        "json",
        spoilt={
            "a unit of something else": (b"mm/h", b"Cel"),
            "no unit": (b"mm/h", b"furlong"),
            "a time before time": (b"1782864000", b"-4000000000"),
            "a far future": (b"1782864000", b"9999999999"),
            "tomorrow": (b"1782864000", b"1796212800"),
            "a text for a number": (b"4.5", b'"much"'),
            "true for a number": (b"4.5", b"true"),
            "an unknown property": (b"rainfall_rate", b"rainfall_rat"),
        },
    ),
    "openmeteo": Good(
        _json(OPEN_METEO),
        "json",
        spoilt={
            "a unit of something else": (b'"km/h"', b'"Cel"'),
            "a far future": (b"2026-07-01T01:00", b"9999-07-01T01:00"),
            "no time": (b"2026-07-01T01:00", b"2026-13-41T25:61"),
            "no place on Earth": (b"35.7", b"135.7"),
        },
    ),
    "amedas": Good(
        _json(MAP), "json", AMEDAS, MAP_NAME, {"a text for a number": (b"20.5", b'"warm"')}
    ),
    "road_counts": Good(
        _json(ROADS),
        "json",
        spoilt={
            "no day": (b"20250210", b"20251341"),
            "a far future": (b"20250210", b"99990210"),
            "no place on Earth": (b"139.7", b"1139.7"),
        },
    ),
    "metar": Good(
        _json(METAR),
        "json",
        spoilt={
            "no day": (b"170530Z", b"450530Z"),
            "a far future": (b"2026-11-17", b"9999-11-17"),
            "no place on Earth": (b"35.6", b"135.6"),
        },
    ),
    "sensor_table": Good(
        _json(TABLE_ROWS),
        "json",
        MAPPING,
        "rows.json",
        {
            "no time": (b"2026-07-24T09:00", b"2026-07-24T29:00"),
            "a far future": (b"2026-07-24", b"9999-07-24"),
            "a text for a number": (b"0.5", b'"much"'),
            "a thing without a place": (b"G1", b"G2"),
        },
    ),
    "ngsi_ld": Good(
        _json(NGSI_LD),
        "json",
        {"interval_min": 10},
        spoilt={
            "a unit of something else": (b'"CEL"', b'"KMH"'),
            "no time": (b"2026-11-30T07:00:00Z", b"2026-11-31T07:00:00Z"),
            "a far future": (b"2026-11-30T07:20:00Z", b"9999-11-30T07:20:00Z"),
        },
    ),
    "sensorthings": Good(
        _json(SENSOR_THINGS),
        "json",
        spoilt={
            "a unit of something else": (b'"symbol": "mm"', b'"symbol": "kPa"'),
            "an interval that runs backwards": (b"00:20:00Z", b"00:20:00Z/x"),
            "a far future": (b"2026-03-03T00:20", b"9999-03-03T00:20"),
            "a text for a number": (b'"result": 2', b'"result": "much"'),
        },
    ),
    "datex2": Good(
        version_2(
            f'<measurementSiteTable id="T">{site("A", 52.0, 4.7, meaning(1) + meaning(2))}'
            "</measurementSiteTable>"
            + measured("A", value(1, "TrafficFlow", 780), value(2, "TrafficSpeed", "61.0")),
            "MeasuredDataPublication",
        ),
        "xml",
        spoilt={"a text for a number": (b">780<", b">many<"), "NaN": (b">780<", b">NaN<")},
    ),
    "cap": Good(
        alert(info("<polygon>35.0,139.0 35.0,139.1 35.1,139.1 35.0,139.0</polygon>")),
        "xml",
        spoilt={
            "no time": (b"2026-07-01T08:00:00", b"2026-07-01T28:00:00"),
            "a far future": (b"2026-07-01T08:00:00", b"9999-07-01T08:00:00"),
            "an end before the begin": (b"2026-07-01T12:00:00", b"2025-07-01T12:00:00"),
            "a severity of its own": (b"Severe", b"Dreadful"),
            "a polygon that is open": (b"35.1,139.1 35.0,139.0", b"35.1,139.1 35.2,139.0"),
            "no place on Earth": (b"35.1,139.1", b"135.1,139.1"),
        },
    ),
    "jma_warnings": Good(
        report(item(kind("レベル３大雨警報"), kind("雷注意報", "14"))),
        "xml",
        spoilt={
            "no code of an area": (b"1310100", b"Chiyoda"),
            "a status of its own": ("通常".encode(), "異常".encode()),
        },
    ),
    "gtfs_rt": Good(feed_bytes(), "binary"),
    "grib_points": Good(
        grib_message(np.full((2, 3), 293.15), 0, 0, AT_2_M), "binary", {"points": [HALL]}
    ),
    "radar_hdf5": Good(odim([[1, 2], [3, 4]]), "binary", images=True),
    "rain_netcdf": Good(netcdf(np.ones((2, 3, 4))), "binary", images=True),
    "rain_grib": Good(grib_message(np.full((2, 3), 0.01), 1, 7, SURFACE), "binary", images=True),
}

"""Which format of a feed a file has, by its first bytes and its name; nothing in it is followed."""

from __future__ import annotations

import codecs
import re
from pathlib import Path, PurePath

from citytwin.errors import SourceError
from citytwin.transports.files import content_name, open_binary

_LOOKED_AT_BYTES = 65_536
_HDF5 = b"\x89HDF\r\n\x1a\n"
_CLASSIC_NETCDF = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_AMEDAS = re.compile(r"(map_)?\d{14}\.json|amedastable\.json")
_TIMETABLE = frozenset({"routes.txt", "trips.txt", "stop_times.txt"})
_METAR = re.compile(rb"\b[A-Z][A-Z0-9]{3} \d{6}Z\b")
_XML = {
    b"urn:oasis:names:tc:emergency:cap:": "cap",
    b"datex2.eu/schema/": "datex2",
    b"xml.kishou.go.jp/jmaxml1/": "jma_warnings",
}
"""By what their namespaces have in common."""
_JSON = (
    ("openmeteo", re.compile(rb'"hourly_units"\s*:')),
    (
        "sensorthings",
        re.compile(rb'"(@iot\.[a-zA-Z]+|phenomenonTime|Datastreams?|Observations)"\s*:'),
    ),
    ("road_counts", re.compile('"常時観測点コード"\\s*:'.encode())),
    ("ngsi_ld", re.compile(rb'"urn:ngsi-ld:|"type"\s*:\s*"(Property|GeoProperty|Notification)"')),
    (
        "ngsi_ld",
        re.compile(rb'"type"\s*:\s*"(WeatherObserved|TrafficFlowObserved|FloodMonitoring)"'),
    ),
    ("senml", re.compile(rb'^\[\s*\{\s*"(bn|bt|n)"\s*:')),
    ("metar", re.compile(rb'"(rawOb|raw)"\s*:\s*"(METAR |SPECI )?[A-Z][A-Z0-9]{3} \d{6}Z ')),
)
"""In this order: the first that is met counts."""
FEEDS = frozenset(
    {"amedas", "gtfs", "gtfs_rt", "metar", "openmeteo", "radar_hdf5", "rain_grib", "rain_netcdf"}
    | {"road_counts", "senml", "sensor_table", "sensorthings", "ngsi_ld", *_XML.values()}
)
"""Formats of feeds; a table of sensors can be any CSV or JSON, so none is taken for one."""


def feed_format(path: Path) -> str | None:
    """Return the name of the format of a feed; None where nothing tells it.

    Parameters
    ----------
    path
        The file.
    """
    try:
        with open_binary(path) as file:
            head = file.read(_LOOKED_AT_BYTES)
    except (OSError, SourceError):
        return None
    return feed_format_of(head, content_name(path))


def feed_format_of(head: bytes, name: str) -> str | None:
    """Return the name of the format of a feed by its beginning.

    Parameters
    ----------
    head
        First bytes of the file.
    name
        Its name.
    """
    suffix = PurePath(name).suffix.lower()
    if head.startswith(b"GRIB"):
        return "rain_grib"
    if head.startswith(_CLASSIC_NETCDF):
        return "rain_netcdf"
    if head.startswith(_HDF5):
        return "rain_netcdf" if suffix in (".nc", ".nc4") else "radar_hdf5"
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"<"):
        return next((name for mark, name in _XML.items() if mark in text), None)
    if text.startswith((b"{", b"[")):
        if _AMEDAS.fullmatch(name):
            return "amedas"
        return next((found for found, pattern in _JSON if pattern.search(text)), None)
    if suffix in (".pb", ".pbf"):
        return "gtfs_rt"
    if name.lower() in _TIMETABLE:
        return "gtfs"
    return "metar" if suffix in (".txt", ".metar") and _METAR.search(text) else None

"""Positions in DATEX II: points, GML lines, and the sites of a measurement."""

from __future__ import annotations

import math

import shapely
from shapely.geometry.base import BaseGeometry as Geometry

from citytwin.formats.feed_xml import Branch
from citytwin.formats.observations import on_earth

_WGS84 = frozenset(
    {"", "wgs84", "epsg:4326", "urn:ogc:def:crs:epsg::4326", "4326", "etrs89", "epsg:4258"}
)
_MOST_POINTS = 100_000


def point_of(branch: Branch) -> tuple[float, float] | None:
    """Return longitude and latitude of the first point below an element; None where there is none.

    Parameters
    ----------
    branch
        Such as ``measurementSiteLocation``: ``pointByCoordinates``, TPEG and OpenLR points count.

    Raises
    ------
    SourceError
        If they are no position on Earth.
    """
    latitude = next(branch.anywhere("latitude"), None)
    return None if latitude is None else _position(latitude)


def _position(latitude: Branch) -> tuple[float, float]:
    parent = latitude.element.getparent()
    beside = Branch(parent, latitude.source) if parent is not None else latitude
    longitude_deg, latitude_deg = beside.member("longitude").number(), latitude.number()
    if not on_earth(longitude_deg, latitude_deg):
        raise latitude.error(f"latitude, longitude {latitude_deg}, {longitude_deg} is no position")
    return longitude_deg, latitude_deg


def shape_of(branch: Branch) -> Geometry | None:
    """Return lines and points below an element in degrees; None where there is no geometry.

    Lines count before points, which only mark their ends.

    Parameters
    ----------
    branch
        Such as ``locationReference`` or ``groupOfLocations``.

    Raises
    ------
    SourceError
        If a position cannot be one, or is in another CRS than WGS 84.
    """
    lines = [line for found in branch.anywhere("posList") if (line := _line(found)) is not None]
    if lines:
        return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
    points = list(dict.fromkeys(_position(found) for found in branch.anywhere("latitude")))
    if not points:
        return None
    return shapely.Point(points[0]) if len(points) == 1 else shapely.MultiPoint(points)


def _line(positions: Branch) -> Geometry | None:
    """Read ``gml:posList``: latitude and longitude in turn, whatever the CRS is called."""
    parent = positions.element.getparent()
    named = positions.attribute("srsName") or ""
    if not named and parent is not None:
        named = Branch(parent, positions.source).attribute("srsName") or ""
    if "".join(named.split()).lower() not in _WGS84:
        raise positions.error(f"positions in {named!r}", hint="WGS 84 is expected")
    parts = (positions.element.text or "").split()
    if len(parts) > 2 * _MOST_POINTS:
        raise positions.error(f"line of {len(parts) // 2} points")
    try:
        numbers = [float(part) for part in parts]
    except ValueError as error:
        raise positions.error("expected latitudes and longitudes") from error
    if len(numbers) % 2 or not all(math.isfinite(number) for number in numbers):
        raise positions.error("expected pairs of latitude and longitude")
    points = list(zip(numbers[1::2], numbers[0::2], strict=True))
    if not all(on_earth(*point) for point in points):
        raise positions.error("a point of the line is no position")
    return shapely.LineString(points) if len(set(points)) > 1 else None

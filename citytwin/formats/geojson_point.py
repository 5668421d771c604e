"""One point for a geometry of GeoJSON, as sensors that watch a line or an area have it."""

from __future__ import annotations

import shapely

from citytwin.formats.feed_json import Node
from citytwin.formats.observations import on_earth

_MOST_POINTS = 10_000


def point_of(geometry: Node) -> tuple[float, float]:
    """Return longitude and latitude of a point, of the middle of a line, or inside an area.

    Parameters
    ----------
    geometry
        GeoJSON geometry, or a feature with one.

    Raises
    ------
    SourceError
        If it is none, or lies nowhere on Earth.
    """
    kind = geometry.member("type")
    if kind.value == "Feature":
        return point_of(geometry.member("geometry"))
    coordinates = geometry.member("coordinates")
    if kind.value == "Point":
        return _position(coordinates)
    if kind.value == "MultiPoint":
        return _position(_first(coordinates))
    if kind.value == "LineString":
        line = shapely.LineString(_positions(coordinates, 2))
        middle = shapely.line_interpolate_point(line, 0.5, normalized=True)
        return float(middle.x), float(middle.y)
    if kind.value == "Polygon":
        inside = shapely.Polygon(_positions(_first(coordinates), 4)).representative_point()
        if inside.is_empty:
            raise coordinates.error("the area is empty")
        return float(inside.x), float(inside.y)
    raise kind.error("expected Point, MultiPoint, LineString or Polygon")


def _first(coordinates: Node) -> Node:
    items = coordinates.items()
    if not items:
        raise coordinates.error("holds no position")
    return items[0]


def _positions(coordinates: Node, least: int) -> list[tuple[float, float]]:
    items = coordinates.items()
    if not least <= len(items) <= _MOST_POINTS:
        raise coordinates.error(f"expected {least} to {_MOST_POINTS} positions, got {len(items)}")
    return [_position(item) for item in items]


def _position(coordinates: Node) -> tuple[float, float]:
    numbers = [number.number() for number in coordinates.items()]
    if len(numbers) < 2 or not on_earth(numbers[0], numbers[1]):
        raise coordinates.error("expected longitude and latitude in degrees")
    return numbers[0], numbers[1]

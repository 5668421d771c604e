"""Small pictures of layers for catalogues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from citytwin.model.layer import Rgb, Style
from citytwin.store.atomic import replacing
from citytwin.store.paint import NO_DATA_RGB, item_numbers

SIDE = 512
"""Pixels."""
_GROUND: Rgb = (232, 234, 237)
_MARGIN = 8
_DOT = 4
_ROAD = 2


def write_raster_thumbnail(path: Path, picture: Image.Image) -> None:
    """Write a small picture of a raster layer.

    Parameters
    ----------
    path
        PNG file.
    picture
        As on the map page.
    """
    image = picture.convert("RGBA")
    share = SIDE / max(image.size)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    # enlarged cells stay sharp; reduced ones blend, so that thin water does not vanish
    how = Image.Resampling.NEAREST if share >= 1 else Image.Resampling.BOX
    _save(path, image.resize(size, how))


def write_vector_thumbnail(
    path: Path, frame: gpd.GeoDataFrame, style: Style, column: str, precision: float
) -> None:
    """Write a small picture of a vector layer.

    Parameters
    ----------
    path
        PNG file.
    frame
        Rows in a metric CRS.
    style
        Colours.
    column
        Column that the colours follow.
    precision
        Step of its values.
    """
    image = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    if len(frame):
        _draw_features(ImageDraw.Draw(image), frame, _colours(frame, style, column, precision))
    _save(path, image)


def _colours(
    frame: gpd.GeoDataFrame, style: Style, column: str, precision: float
) -> list[Rgb | None]:
    values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    known = [None if item.transparent else item.rgb for item in style.items]
    return [
        known[number] if number >= 0 else NO_DATA_RGB
        for number in item_numbers(style, values, precision)
    ]


def _draw_features(
    draw: ImageDraw.ImageDraw, frame: gpd.GeoDataFrame, colours: list[Rgb | None]
) -> None:
    west, south, east, north = frame.total_bounds
    scale = (SIDE - 2 * _MARGIN) / max(east - west, north - south, 1e-9)
    left = (SIDE - (east - west) * scale) / 2
    top = (SIDE - (north - south) * scale) / 2
    owners, parts = _parts(frame)
    places = (shapely.get_coordinates(parts) - (west, north)) * (scale, -scale) + (left, top)
    flat = places.ravel().tolist()
    ends = np.cumsum(2 * shapely.get_num_coordinates(parts))
    kinds = shapely.get_type_id(parts)
    first = 0
    for owner, kind, last in zip(owners.tolist(), kinds.tolist(), ends.tolist(), strict=True):
        colour = colours[owner]
        if colour is not None:
            _draw_part(draw, kind, flat[first:last], colour)
        first = last


def _parts(frame: gpd.GeoDataFrame) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Single points, lines and outer rings, with the row each belongs to."""
    parts = frame.geometry.to_numpy()
    owners = np.arange(len(parts))
    if np.any(shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT):
        parts, owners = shapely.get_parts(parts, return_index=True)
    is_area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return owners, np.where(is_area, shapely.get_exterior_ring(parts), parts)


def _draw_part(draw: ImageDraw.ImageDraw, kind: int, places: list[float], colour: Rgb) -> None:
    """Draw a part of x and y in turn."""
    if kind == shapely.GeometryType.POINT:
        x, y = places
        draw.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), fill=colour, outline=(68, 68, 68))
    elif kind == shapely.GeometryType.LINEARRING:
        draw.polygon(places, fill=colour)
    else:
        draw.line(places, fill=colour, width=_ROAD)


def _save(path: Path, image: Image.Image) -> None:
    sheet = Image.new("RGBA", (SIDE, SIDE), (*_GROUND, 255))
    corner = ((SIDE - image.width) // 2, (SIDE - image.height) // 2)
    sheet.alpha_composite(image.convert("RGBA"), corner)
    with replacing(path) as temporary:
        sheet.convert("RGB").save(temporary, format="PNG")

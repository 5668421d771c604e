"""Which rows of a layer each vector tile shows.

Far out a whole city lies in one tile, and most of its walls and houses in the same pixels. Of rows that
are smaller than two pixels of the page, a tile holds the largest in each pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pmtiles.tile import zxy_to_tileid

from citytwin.model import crs as crs_of
from citytwin.store.vector_tile import EXTENT
from citytwin.store.web_raster import MERCATOR

MIN_ZOOM = 10
MAX_ZOOM = 16
BUFFER_STEPS = 80
"""A tile holds this much of what lies beyond its edges; GDAL's own choice."""
_HALF_WORLD_M = 20_037_508.342789244
"""Of the square of the world in Web Mercator: pi times 6378137 m."""
_SLACK_STEPS = 16
"""More than places are moved when they are brought onto these steps."""
_PIXELS = 512
"""Of the page along the side of a tile."""
_MOST_PIXELS = _PIXELS << MAX_ZOOM
"""Along the side of the world."""
_SMALL_PIXELS = 2.0


@dataclass(frozen=True)
class TileRows:
    """A tile, and the rows that may be seen in it."""

    zoom: int
    number: int
    """Of PMTiles: along a Hilbert curve, zoom by zoom."""
    rows: NDArray[np.intp]
    """Ascending."""


class RowPlaces:
    """Where the rows of a layer lie in Web Mercator.

    Parameters
    ----------
    boxes
        Shape (n, 4): x_min, y_min, x_max, y_max [m]; not finite for rows without a place.
    """

    def __init__(self, boxes: NDArray[np.float64]) -> None:
        self._rows = np.flatnonzero(np.isfinite(boxes).all(axis=1))
        self._boxes = boxes[self._rows]
        self._size_m = (self._boxes[:, 2:] - self._boxes[:, :2]).max(axis=1)
        # Of equal ones the first comes first.
        self._largest_first = np.argsort(-self._size_m, kind="stable")

    @property
    def lonlat(self) -> tuple[float, float, float, float]:
        """Box around all rows: west, south, east, north [degrees]."""
        low, high = self._boxes[:, :2].min(axis=0), self._boxes[:, 2:].max(axis=0)
        x, y = np.stack([low, high], axis=1)
        (west, east), (south, north) = crs_of.transform(x, y, MERCATOR, "EPSG:4326")
        return float(west), float(south), float(east), float(north)

    def reach(self) -> tuple[int, int, int]:
        """Return how many of the closest tiles rows may be seen in.

        Returns
        -------
        total, most, row
            Of all rows together, the most of any, and which row that is; zeros if there are none.
        """
        _, _, wide, high = _reach(self._boxes, MAX_ZOOM)
        number = wide * high
        if not number.size:
            return 0, 0, 0
        return int(number.sum()), int(number.max()), int(self._rows[number.argmax()])

    def shown_at(self, zoom: int) -> NDArray[np.intp]:
        """Return the rows that can be told apart at a zoom, ascending.

        Parameters
        ----------
        zoom
            The zoom; at the closest one all rows that have a place are shown.
        """
        return self._rows[self._seen_at(zoom)]

    def tiles(self) -> list[TileRows]:
        """Return the tiles of all zooms that rows may be seen in."""
        return [tile for zoom in range(MIN_ZOOM, MAX_ZOOM + 1) for tile in self.tiles_at(zoom)]

    def tiles_at(self, zoom: int) -> list[TileRows]:
        """Return the tiles of a zoom that rows may be seen in.

        Parameters
        ----------
        zoom
            The zoom.
        """
        number, seen = 1 << zoom, self._seen_at(zoom)
        if not seen.size:
            return []
        west, north, wide, high = _reach(self._boxes[seen], zoom)
        each = wide * high
        row = np.repeat(np.arange(len(seen)), each)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
        x, y = west[row] + nth % wide[row], north[row] + nth // wide[row]
        order = np.argsort(x * number + y, kind="stable")
        ordered = (x * number + y)[order]
        first = np.flatnonzero(np.diff(ordered, prepend=-1))
        places, groups = ordered[first], np.split(self._rows[seen][row[order]], first[1:])
        return [
            TileRows(zoom, zxy_to_tileid(zoom, *divmod(int(place), number)), rows)
            for place, rows in zip(places, groups, strict=True)
        ]

    def _seen_at(self, zoom: int) -> NDArray[np.intp]:
        """Which of the rows with a place are shown at a zoom."""
        if zoom == MAX_ZOOM:
            return np.arange(len(self._rows))
        pixel_m = 2 * _HALF_WORLD_M / (_PIXELS << zoom)
        is_small = self._size_m < _SMALL_PIXELS * pixel_m
        small = self._largest_first[is_small[self._largest_first]]
        middle = (self._boxes[small, :2] + self._boxes[small, 2:]) / 2
        column, line = np.floor(middle / pixel_m).astype(np.int64).T
        _, first = np.unique(column * _MOST_PIXELS + line, return_index=True)
        return np.sort(np.concatenate([np.flatnonzero(~is_small), small[first]]))


def mercator_boxes(outlines: gpd.GeoSeries) -> NDArray[np.float64]:
    """Return boxes of rows in Web Mercator, without making their outlines there.

    Parameters
    ----------
    outlines
        Rows in any CRS.

    Returns
    -------
    array
        Shape (n, 4): x_min, y_min, x_max, y_max [m]; NaN for rows without a place.
    """
    geometries = outlines.to_numpy()
    boxes = np.full((len(geometries), 4), np.nan)
    numbers = shapely.get_num_coordinates(geometries)
    filled = np.flatnonzero(numbers)
    if filled.size:
        x, y = shapely.get_coordinates(geometries).T
        places = np.stack(crs_of.transform(x, y, outlines.crs.to_string(), MERCATOR), axis=1)
        first = np.cumsum(numbers[filled]) - numbers[filled]
        boxes[filled, :2] = np.minimum.reduceat(places, first)
        boxes[filled, 2:] = np.maximum.reduceat(places, first)
    return boxes


def _reach(boxes: NDArray[np.float64], zoom: int) -> tuple[NDArray[np.int64], ...]:
    """First column and row of the tiles that rows may be seen in, and how many there are of both."""
    number = 1 << zoom
    side_m = 2 * _HALF_WORLD_M / number
    beyond_m = side_m * (BUFFER_STEPS + _SLACK_STEPS) / EXTENT
    low, high = boxes[:, :2] - beyond_m, boxes[:, 2:] + beyond_m
    # Tiles are counted southward.
    edges = np.stack([low[:, 0], -high[:, 1], high[:, 0], -low[:, 1]], axis=1)
    west, north, east, south = (
        np.clip(np.floor((edges + _HALF_WORLD_M) / side_m), 0, number - 1).astype(np.int64).T
    )
    return west, north, east - west + 1, south - north + 1

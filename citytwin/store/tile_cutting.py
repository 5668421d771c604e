"""Which rows each vector tile shows, and the cutting of their outlines, by GDAL.

Far out a whole city lies in one tile, and most of its walls and houses in the same pixels. Of rows that
are smaller than two pixels of the page, a tile holds the largest in each pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
from numpy.typing import NDArray
from pmtiles.reader import MemorySource, all_tiles
from pmtiles.tile import zxy_to_tileid

from citytwin.store.scratch_database import let_gdal_fill
from citytwin.store.vector_tile import EXTENT, read_layer
from citytwin.store.web_raster import MERCATOR

MIN_ZOOM = 10
MAX_ZOOM = 16
_HALF_WORLD_M = 20_037_508.342789244
"""Of the square of the world in Web Mercator: pi times 6378137 m."""
_BUFFER_STEPS = 80
"""A tile holds this much of what lies beyond its edges; GDAL's own choice."""
_SLACK_STEPS = 16
"""More than places are moved when they are brought onto these steps."""
_PIXELS = 512
"""Of the page along the side of a tile."""
_MOST_PIXELS = _PIXELS << MAX_ZOOM
"""Along the side of the world."""
_SMALL_PIXELS = 2.0
_NO_LIMIT = 2_147_483_647
"""GDAL leaves features out of tiles of more bytes or features than it is told."""
_ROW = "row"
"""Column that tells what GDAL has cut a feature from."""


@dataclass(frozen=True)
class TileRows:
    """A tile, and the rows that may be seen in it."""

    zoom: int
    number: int
    """Of PMTiles: along a Hilbert curve, zoom by zoom."""
    rows: NDArray[np.intp]
    """Ascending."""


@dataclass(frozen=True)
class CutTile:
    """What GDAL has cut of rows for a tile."""

    rows: NDArray[np.int64]
    """Which row each feature is of, in ascending order."""
    features: list[Any]
    """`Feature` messages."""


def shown_at(boxes: NDArray[np.float64], zoom: int) -> NDArray[np.intp]:
    """Return the rows that can be told apart at a zoom, ascending.

    Parameters
    ----------
    boxes
        Shape (n, 4): x_min, y_min, x_max, y_max in Web Mercator [m]; NaN for rows without a place.
    zoom
        The zoom; at the closest one all rows that have a place are shown.
    """
    placed = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    if zoom == MAX_ZOOM:
        return placed
    pixel_m = 2 * _HALF_WORLD_M / (_PIXELS << zoom)
    low, high = boxes[placed, :2], boxes[placed, 2:]
    size_m = (high - low).max(axis=1)
    is_small = size_m < _SMALL_PIXELS * pixel_m
    # The largest comes first, of equal ones the first.
    small = np.flatnonzero(is_small)
    small = small[np.argsort(-size_m[small], kind="stable")]
    column, line = np.floor((low[small] + high[small]) / 2 / pixel_m).astype(np.int64).T
    _, first = np.unique(column * _MOST_PIXELS + line, return_index=True)
    return np.asarray(placed[np.sort(np.concatenate([np.flatnonzero(~is_small), small[first]]))])


def tiles_reached(boxes: NDArray[np.float64], zoom: int) -> NDArray[np.int64]:
    """Return how many tiles of a zoom each row may be seen in, shape (n,).

    Parameters
    ----------
    boxes, zoom
        As of `tiles_of`, all rows with a place.
    """
    _, _, wide, high = _reach(boxes, zoom)
    return np.asarray(wide * high)


def _reach(boxes: NDArray[np.float64], zoom: int) -> tuple[NDArray[np.int64], ...]:
    """First column and row of the tiles that rows may be seen in, and how many there are of both."""
    number = 1 << zoom
    side_m = 2 * _HALF_WORLD_M / number
    beyond_m = side_m * (_BUFFER_STEPS + _SLACK_STEPS) / EXTENT
    low, high = boxes[:, :2] - beyond_m, boxes[:, 2:] + beyond_m
    # Tiles are counted southward.
    edges = np.stack([low[:, 0], -high[:, 1], high[:, 0], -low[:, 1]], axis=1)
    west, north, east, south = (
        np.clip(np.floor((edges + _HALF_WORLD_M) / side_m), 0, number - 1).astype(np.int64).T
    )
    return west, north, east - west + 1, south - north + 1


def tiles_of(boxes: NDArray[np.float64], zoom: int) -> list[TileRows]:
    """Return the tiles of a zoom that rows may be seen in.

    Parameters
    ----------
    boxes
        Shape (n, 4): x_min, y_min, x_max, y_max in Web Mercator [m]; NaN for rows without a place.
    zoom
        The zoom.
    """
    number, shown = 1 << zoom, shown_at(boxes, zoom)
    if not shown.size:
        return []
    west, north, wide, high = _reach(boxes[shown], zoom)
    each = wide * high
    row = np.repeat(np.arange(len(shown)), each)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each)
    x, y = west[row] + nth % wide[row], north[row] + nth // wide[row]
    order = np.argsort(x * number + y, kind="stable")
    places, first = np.unique((x * number + y)[order], return_index=True)
    groups = np.split(shown[row[order]], first[1:])
    return [
        TileRows(zoom, zxy_to_tileid(zoom, *divmod(int(place), number)), rows)
        for place, rows in zip(places, groups, strict=True)
    ]


def cut(outlines: gpd.GeoSeries, layer: str, zoom: int, scratch: Path) -> dict[int, CutTile]:
    """Cut the tiles of a zoom.

    What a row gives a tile follows from its outline alone. One that is too small for the steps of a
    tile may give nothing.

    Parameters
    ----------
    outlines
        Rows in Web Mercator; at least one.
    layer
        Name of the layer inside the tiles.
    zoom
        The zoom.
    scratch
        File that is written and removed; its name ends in ``.pmtiles``.

    Returns
    -------
    dict
        Tiles that hold anything, by their numbers.
    """
    let_gdal_fill()
    frame = gpd.GeoDataFrame(
        {_ROW: np.arange(len(outlines))}, geometry=outlines.array, crs=MERCATOR
    )
    try:
        pyogrio.write_dataframe(
            frame,
            scratch,
            driver="PMTiles",
            layer=layer,
            dataset_options={
                "MINZOOM": str(zoom),
                "MAXZOOM": str(zoom),
                "EXTENT": str(EXTENT),
                "BUFFER": str(_BUFFER_STEPS),
                "MAX_SIZE": str(_NO_LIMIT),
                "MAX_FEATURES": str(_NO_LIMIT),
            },
        )
        return {number: _told(tile) for number, tile in read_tiles(scratch.read_bytes()).items()}
    finally:
        scratch.unlink(missing_ok=True)


def _told(content: bytes) -> CutTile:
    """Read what GDAL has cut, row by row."""
    tile = read_layer(content)
    values = [value.uint_value for value in tile.values]
    rows = np.array([values[feature.tags[1]] for feature in tile.features], dtype=np.int64)
    order = np.argsort(rows, kind="stable")
    features = tile.features
    return CutTile(rows[order], [features[k] for k in order.tolist()])


def read_tiles(archive: bytes) -> dict[int, bytes]:
    """Read all tiles of an archive.

    Parameters
    ----------
    archive
        Content of a PMTiles file.

    Returns
    -------
    dict
        Tiles, as they stand in it, by their numbers.
    """
    return {zxy_to_tileid(*place): tile for place, tile in all_tiles(MemorySource(archive))}

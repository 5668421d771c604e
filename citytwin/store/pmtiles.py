"""Vector tiles in one file (PMTiles 3) for the map page; what has changed is cut by GDAL.

A tile whose rows are those of the archive before is taken from there. An archive that is made anew
is put together in the same way, so that no byte tells.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pmtiles.tile import Compression, Entry, TileType, serialize_header
from pmtiles.writer import optimize_directories
from pyogrio.errors import DataLayerError, DataSourceError

from citytwin.errors import StoreError
from citytwin.model import crs as crs_of
from citytwin.store.atomic import replacing, temporary_beside
from citytwin.store.drawing import PiecesBefore
from citytwin.store.tables import row_digests
from citytwin.store.tile_cutting import (
    MAX_ZOOM,
    MIN_ZOOM,
    TileRows,
    cut,
    read_tiles,
    tiles_of,
    tiles_reached,
)
from citytwin.store.web_raster import MERCATOR
from citytwin.store.written import Box

_HEADER_BYTES = 127
_ROOT_BYTES = 16384
"""In which a reader finds header and root directory at once."""
_MOST_PLACES = 20_000_000
"""Rows times tiles: of a country at zoom 16, or of one row that spans the world by mistake."""


def write_pmtiles(
    path: Path,
    frame: gpd.GeoDataFrame,
    layer: str,
    title: str,
    box: Box,
    before: PiecesBefore | None = None,
) -> dict[str, str]:
    """Write vector tiles of zoom 10 to 16.

    Parameters
    ----------
    path
        File.
    frame
        Rows with the columns that the page shows; none give a file without tiles.
    layer
        Name of the layer inside the tiles.
    title
        Title inside the file.
    box
        West, south, east, north of the layer [degrees]: what a file without tiles is about.
    before
        The archive of a run before, of the same layer and columns, and what its tiles were cut from;
        without any influence on the bytes.

    Returns
    -------
    dict
        Digest of what each tile is cut from, by its number.

    Raises
    ------
    StoreError
        If GDAL refuses, or drops all that is there, or a row spans half the world.
    """
    mercator = frame.to_crs(MERCATOR)
    boxes = mercator.bounds.to_numpy(np.float64)
    _require_local(mercator, boxes, layer)
    digests = row_digests(mercator)
    wanted = [tile for zoom in range(MIN_ZOOM, MAX_ZOOM + 1) for tile in tiles_of(boxes, zoom)]
    said = {str(tile.number): tile.digest(digests) for tile in wanted}
    tiles = _standing(before, said)
    with replacing(path) as temporary:
        try:
            for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
                changed = [t for t in wanted if t.zoom == zoom and str(t.number) not in tiles]
                tiles |= _cut(mercator, layer, zoom, changed, temporary)
        except (DataSourceError, DataLayerError) as error:
            msg = f"{path} cannot be written: {error}"
            raise StoreError(msg, hint="check the free space of the disk") from error
        filled = {int(number): content for number, content in tiles.items() if content}
        if wanted and not filled:
            msg = f"tiles of layer {layer} are empty: {len(frame)} rows gave none"
            raise StoreError(msg, hint="check the geometries of the table")
        bounds = _lonlat(boxes) if wanted else box
        temporary.write_bytes(_archive(filled, bounds, _described(frame, layer, title)))
    return said


def _require_local(mercator: gpd.GeoDataFrame, boxes: NDArray[np.float64], layer: str) -> None:
    """Refuse rows that lie far outside of all cities: their tiles would never end."""
    placed = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    reached = tiles_reached(boxes[placed], MAX_ZOOM)
    if reached.sum() > _MOST_PLACES:
        row = int(placed[reached.argmax()])
        msg = f"layer {layer}: {mercator.iloc[row, 0]!r} alone reaches into {reached.max()} map tiles of zoom {MAX_ZOOM}"
        raise StoreError(msg, hint="its geometry lies far outside of the city: correct it")


def _standing(before: PiecesBefore | None, said: Mapping[str, str]) -> dict[str, bytes]:
    """Tiles of the archive before that are cut from the same rows; empty ones as well."""
    if before is None:
        return {}
    there = read_tiles(before.path)
    return {
        number: there.get(int(number), b"")
        for number, digest in said.items()
        if before.pieces.get(number) == digest
    }


def _cut(
    mercator: gpd.GeoDataFrame, layer: str, zoom: int, changed: list[TileRows], beside: Path
) -> dict[str, bytes]:
    """Tiles of a zoom that are cut anew; rows reach into others, of which nothing is taken."""
    if not changed:
        return {}
    rows = np.unique(np.concatenate([tile.rows for tile in changed]))
    found = cut(mercator.iloc[rows], layer, zoom, temporary_beside(beside))
    return {str(tile.number): found.get(tile.number, b"") for tile in changed}


def _lonlat(boxes: NDArray[np.float64]) -> Box:
    """Box around all rows [degrees]."""
    low, high = np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)
    x, y = np.stack([low, high], axis=1)
    (west, east), (south, north) = crs_of.transform(x, y, MERCATOR, "EPSG:4326")
    return float(west), float(south), float(east), float(north)


def _described(frame: gpd.GeoDataFrame, layer: str, title: str) -> dict[str, object]:
    """What readers look for in an archive of vector tiles (TileJSON 3)."""
    fields = {
        str(name): _kind_of(frame[name]) for name in frame.columns if name != frame.geometry.name
    }
    one = {"id": layer, "fields": fields, "minzoom": MIN_ZOOM, "maxzoom": MAX_ZOOM}
    return {
        "name": title,
        "description": title,
        "type": "overlay",
        "format": "pbf",
        "vector_layers": [one],
    }


def _kind_of(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "Boolean"
    return "Number" if pd.api.types.is_numeric_dtype(column) else "String"


def _archive(tiles: Mapping[int, bytes], box: Box, described: Mapping[str, object]) -> bytes:
    """Return a file (PMTiles specification 3): tiles along the curve of their numbers."""
    west, south, east, north = box
    order = sorted(tiles)
    ends = np.cumsum([0, *(len(tiles[number]) for number in order)]).tolist()
    entries = [
        Entry(number, begin, end - begin, 1)
        for number, begin, end in zip(order, ends, ends[1:], strict=False)
    ]
    root, leaves, _ = optimize_directories(entries, _ROOT_BYTES - _HEADER_BYTES)
    metadata = gzip.compress(json.dumps(described, ensure_ascii=False).encode(), mtime=0)
    lengths = (len(root), len(metadata), len(leaves))
    offsets = np.cumsum([_HEADER_BYTES, *lengths]).tolist()
    header = serialize_header(
        {
            "version": 3,
            "root_offset": offsets[0],
            "root_length": lengths[0],
            "metadata_offset": offsets[1],
            "metadata_length": lengths[1],
            "leaf_directory_offset": offsets[2],
            "leaf_directory_length": lengths[2],
            "tile_data_offset": offsets[3],
            "tile_data_length": ends[-1],
            "addressed_tiles_count": len(order),
            "tile_entries_count": len(order),
            "tile_contents_count": len(order),
            "clustered": True,
            "internal_compression": Compression.GZIP,
            "tile_compression": Compression.GZIP,
            "tile_type": TileType.MVT,
            "min_zoom": MIN_ZOOM,
            "max_zoom": MAX_ZOOM,
            "min_lon_e7": round(west * 1e7),
            "min_lat_e7": round(south * 1e7),
            "max_lon_e7": round(east * 1e7),
            "max_lat_e7": round(north * 1e7),
            "center_zoom": MIN_ZOOM,
            "center_lon_e7": round((west + east) * 5e6),
            "center_lat_e7": round((south + north) * 5e6),
        }
    )
    return b"".join((header, root, metadata, leaves, *(tiles[number] for number in order)))

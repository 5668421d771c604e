"""Vector tiles in one file (PMTiles 3) for the map page.

What an archive of a run before holds is taken from there, without any influence on the bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pmtiles.reader import MemorySource, all_tiles
from pmtiles.tile import Compression, Entry, TileType, serialize_header, zxy_to_tileid
from pmtiles.writer import optimize_directories
from pyogrio.errors import DataLayerError, DataSourceError

from citytwin.errors import StoreError
from citytwin.store.at_rest import read_bytes
from citytwin.store.atomic import replacing
from citytwin.store.drawing import PiecesBefore
from citytwin.store.tile_memory import ArchiveMemory
from citytwin.store.tile_patching import ArchiveBefore, TileMaker
from citytwin.store.tile_rows import MAX_ZOOM, MIN_ZOOM, RowPlaces, mercator_boxes
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
) -> bytes:
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
        The archive of a run before, of the same layer and columns, and what was told of it; without
        any influence on the bytes.

    Returns
    -------
    bytes
        What the run after has to know to take tiles, and pieces of such.

    Raises
    ------
    StoreError
        If GDAL refuses, or drops all that is there, or a row spans half the world.
    """
    places = RowPlaces(mercator_boxes(frame.geometry))
    _require_local(places, frame, layer)
    with replacing(path) as temporary:
        maker = TileMaker(frame, layer, _archive_before(before), temporary)
        try:
            maker.make(places.tiles())
        except (DataSourceError, DataLayerError) as error:
            msg = f"{path} cannot be written: {error}"
            raise StoreError(msg, hint="check the free space of the disk") from error
        if maker.has_rows and not maker.tiles:
            msg = f"tiles of layer {layer} are empty: {len(frame)} rows gave none"
            raise StoreError(msg, hint="check the geometries of the table")
        bounds = places.lonlat if maker.has_rows else box
        archive = _archive(maker.tiles, bounds, _described(frame, layer, title))
        temporary.write_bytes(archive)
    return maker.memory(hashlib.sha256(archive).digest()).as_bytes()


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


def _require_local(places: RowPlaces, frame: gpd.GeoDataFrame, layer: str) -> None:
    """Refuse rows that lie far outside of all cities: their tiles would never end."""
    total, most, row = places.reach()
    if total > _MOST_PLACES:
        msg = f"layer {layer}: {frame.iloc[row, 0]!r} alone reaches into {most} map tiles of zoom {MAX_ZOOM}"
        raise StoreError(msg, hint="its geometry lies far outside of the city: correct it")


def _archive_before(before: PiecesBefore | None) -> ArchiveBefore | None:
    """Read the archive of a run before; None where it is another than what was told of it."""
    if before is None or (memory := ArchiveMemory.of(before.memory)) is None:
        return None
    archive = read_bytes(before.path)
    if hashlib.sha256(archive).digest() != memory.archive:
        return None
    return ArchiveBefore(read_tiles(archive), memory)


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

"""Vector tiles in one file (PMTiles 3) for the map page, by way of GDAL."""

from __future__ import annotations

import gzip
import json
import struct
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from citytwin.errors import StoreError
from citytwin.store.atomic import replacing
from citytwin.store.scratch_database import let_gdal_fill
from citytwin.store.written import Box

MIN_ZOOM = 10
MAX_ZOOM = 16
_HEADER = struct.Struct("<7sBQQQQQQQQQQQBBBBBBiiiiBii")
_MAX_TILE_BYTES = 4_000_000
"""GDAL drops features from tiles above this; 20,000 buildings in one tile stay below."""
_MAX_TILE_FEATURES = 200_000


@dataclass(frozen=True)
class TilesHeader:
    """What the first 127 bytes of a PMTiles file say."""

    min_zoom: int
    max_zoom: int
    tile_type: int
    """1 = Mapbox vector tiles."""
    tiles: int
    """Addressed tiles."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north [degrees]."""


def write_pmtiles(
    path: Path, frame: gpd.GeoDataFrame, layer: str, title: str, box: Box
) -> TilesHeader:
    """Write vector tiles of zoom 10 to 16, and check their header.

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

    Raises
    ------
    StoreError
        If the file is not what it should be.
    """
    mercator = frame.to_crs("EPSG:3857")
    with replacing(path) as temporary:
        if mercator.empty:
            temporary.write_bytes(_without_tiles(layer, title, box))
            return read_header(temporary)
        try:
            let_gdal_fill()
            pyogrio.write_dataframe(
                mercator,
                temporary,
                driver="PMTiles",
                layer=layer,
                dataset_options={
                    "NAME": title,
                    "DESCRIPTION": title,
                    "MINZOOM": str(MIN_ZOOM),
                    "MAXZOOM": str(MAX_ZOOM),
                    "MAX_SIZE": str(_MAX_TILE_BYTES),
                    "MAX_FEATURES": str(_MAX_TILE_FEATURES),
                },
            )
        except (DataSourceError, DataLayerError) as error:
            msg = f"{path} cannot be written: {error}"
            raise StoreError(msg, hint="check the free space of the disk") from error
        header = read_header(temporary)
        _check(header, mercator, layer)
    return header


def read_header(path: Path) -> TilesHeader:
    """Read the header of a PMTiles file.

    Parameters
    ----------
    path
        File.

    Raises
    ------
    StoreError
        If it is no PMTiles of version 3.
    """
    with path.open("rb") as file:
        raw = file.read(_HEADER.size)
    if len(raw) < _HEADER.size or raw[:8] != b"PMTiles\x03":
        msg = f"{path.name} is no PMTiles version 3: it begins with {raw[:8]!r}"
        raise StoreError(msg, hint="make the layer again")
    values = _HEADER.unpack(raw)
    west, south, east, north = (value / 1e7 for value in values[19:23])
    return TilesHeader(
        tiles=values[10],
        tile_type=values[16],
        min_zoom=values[17],
        max_zoom=values[18],
        bounds=(west, south, east, north),
    )


def _check(header: TilesHeader, mercator: gpd.GeoDataFrame, layer: str) -> None:
    west, south, east, north = mercator.to_crs("EPSG:4326").total_bounds
    slack = 360.0 / 2**MAX_ZOOM  # of one tile, since the header may name whole tiles
    inside = (
        header.bounds[0] >= west - slack
        and header.bounds[1] >= south - slack
        and header.bounds[2] <= east + slack
        and header.bounds[3] <= north + slack
    )
    zooms = (header.min_zoom, header.max_zoom)
    if not inside or zooms != (MIN_ZOOM, MAX_ZOOM) or header.tile_type != 1:
        msg = f"tiles of layer {layer} came out wrong: {header}"
        raise StoreError(msg, hint="the GDAL of pyogrio may be too old: 3.8 or newer is needed")
    if header.tiles == 0:
        msg = f"tiles of layer {layer} are empty: {header}"
        raise StoreError(msg, hint="check the geometries of the table")


def _without_tiles(layer: str, title: str, box: Box) -> bytes:
    """Return a file with an empty directory (PMTiles specification 3), which GDAL cannot write."""
    west, south, east, north = box
    described = {
        "name": title,
        "vector_layers": [
            {"id": layer, "fields": {}, "minzoom": MIN_ZOOM, "maxzoom": MAX_ZOOM},
        ],
    }
    directory = gzip.compress(b"\x00", mtime=0)
    metadata = gzip.compress(json.dumps(described, ensure_ascii=False).encode(), mtime=0)
    after_directory = _HEADER.size + len(directory)
    end = after_directory + len(metadata)
    sections = (_HEADER.size, len(directory), after_directory, len(metadata), end, 0, end, 0)
    header = _HEADER.pack(
        *(b"PMTiles", 3, *sections, 0, 0, 0),
        *(1, 2, 2, 1, MIN_ZOOM, MAX_ZOOM),
        *(round(edge * 1e7) for edge in box),
        *(MIN_ZOOM, round((west + east) * 5e6), round((south + north) * 5e6)),
    )
    return header + directory + metadata

"""Cutting the outlines of rows for vector tiles, by GDAL."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pyogrio
from numpy.typing import NDArray
from pmtiles.tile import zxy_to_tileid

from citytwin.store.scratch_database import let_gdal_fill
from citytwin.store.tile_rows import BUFFER_STEPS
from citytwin.store.vector_tile import EXTENT, layer_of
from citytwin.store.web_raster import MERCATOR

_NO_LIMIT = 2_147_483_647
"""GDAL leaves features out of tiles of more bytes or features than it is told."""
_GDAL = {"GDAL_NUM_THREADS": "1"}
"""Other layers are written meanwhile; threads of GDAL's own take half as much again of a processor."""
_ROW = "row"
"""Column that tells what GDAL has cut a feature from."""


@dataclass(frozen=True)
class CutTile:
    """What GDAL has cut of rows for a tile."""

    rows: NDArray[np.int64]
    """Which row each feature is of, in ascending order."""
    features: list[Any]
    """`Feature` messages."""


def cut(outlines: gpd.GeoSeries, layer: str, zoom: int, scratch: Path) -> dict[int, bytes]:
    """Cut the tiles of a zoom.

    What a row gives a tile follows from its outline alone. One that is too small for the steps of a
    tile may give nothing.

    Parameters
    ----------
    outlines
        Outlines of rows, in any CRS; at least one.
    layer
        Name of the layer inside the tiles.
    zoom
        The zoom.
    scratch
        Folder that is made and removed.

    Returns
    -------
    dict
        Tiles that hold anything, not compressed, by their numbers, for `read_cut`.
    """
    let_gdal_fill()
    pyogrio.set_gdal_config_options(_GDAL)
    mercator = outlines.to_crs(MERCATOR)
    frame = gpd.GeoDataFrame({_ROW: np.arange(len(outlines))}, geometry=mercator.array)
    try:
        pyogrio.write_dataframe(
            frame,
            scratch,
            driver="MVT",
            layer=layer,
            dataset_options={
                "MINZOOM": str(zoom),
                "MAXZOOM": str(zoom),
                "EXTENT": str(EXTENT),
                "BUFFER": str(BUFFER_STEPS),
                "MAX_SIZE": str(_NO_LIMIT),
                "MAX_FEATURES": str(_NO_LIMIT),
                "COMPRESS": "NO",
                # What GDAL notes down of each row, packed: less than the outlines take here.
                "TEMPORARY_DB": f"/vsimem/{uuid4().hex}.db",
            },
        )
        return {_number_of(file): file.read_bytes() for file in scratch.glob("*/*/*.pbf")}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _number_of(file: Path) -> int:
    """Number of a tile in a folder of such: ``zoom/x/y.pbf``."""
    zoom, x, y = (*file.parts[-3:-1], file.stem)
    return zxy_to_tileid(int(zoom), int(x), int(y))


def read_cut(content: bytes) -> CutTile:
    """Read what `cut` has given for a tile.

    Parameters
    ----------
    content
        The tile.
    """
    tile = layer_of(content)
    values = [value.uint_value for value in tile.values]
    rows = np.array([values[feature.tags[1]] for feature in tile.features], dtype=np.int64)
    order = np.argsort(rows, kind="stable")
    features = tile.features
    return CutTile(rows[order], [features[k] for k in order.tolist()])

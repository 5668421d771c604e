"""CityJSONSeq 2.0: a header, then one building with its parts per line; the same bytes always."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.store.atomic import replacing
from citytwin.store.cityjson_features import STEP_M, Json, features

Box3 = tuple[float, float, float, float, float, float]


def write_cityjsonseq(
    path: Path,
    batches: Iterable[tuple[gpd.GeoDataFrame, pd.DataFrame]],
    crs: str,
    extent: Box3,
) -> int:
    """Write buildings with their faces; no more than one batch is in memory.

    A shape is a Solid where its faces close around it, else a MultiSurface. A building known by
    its outline is written with the outline, and with the block over it where its height is known;
    where the ground level is unknown the outline lies at 0.

    Parameters
    ----------
    path
        File.
    batches
        Buildings with all their parts, and all faces of these.
    crs
        CRS of the rows, ``EPSG:n``.
    extent
        Smallest and largest x, y, z of all buildings [m].

    Returns
    -------
    int
        Features written.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    origin = np.array([float(math.floor(edge)) for edge in extent[:3]])
    count = 0
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_line(_header(crs, origin.tolist(), extent)))
        for buildings, surfaces in batches:
            for feature in features(buildings, surfaces, origin):
                file.write(_line(feature))
                count += 1
    return count


def extent_of(buildings: gpd.GeoDataFrame) -> Box3:
    """Box around buildings; heights are 0 where none is known.

    Parameters
    ----------
    buildings
        Rows of the table.
    """
    low = buildings["ground_z_m"].min()
    high = buildings["roof_z_m"].max()
    west, south, east, north = buildings.total_bounds if len(buildings) else (0.0,) * 4
    return (
        float(west),
        float(south),
        float(low) if pd.notna(low) else 0.0,
        float(east),
        float(north),
        float(high) if pd.notna(high) else 0.0,
    )


def _header(crs: str, origin: list[float], extent: Box3) -> Json:
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [STEP_M] * 3, "translate": origin},
        "metadata": {
            "geographicalExtent": [round(edge, 3) for edge in extent],
            "referenceSystem": f"https://www.opengis.net/def/crs/EPSG/0/{crs.removeprefix('EPSG:')}",
        },
        "CityObjects": {},
        "vertices": [],
    }


def _line(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"

"""Writes the tables of a city model: GeoParquet, GeoPackage, CityJSONSeq."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from citytwin.model.tables import BUILDINGS, SURFACES, Table
from citytwin.store.cityjsonseq import extent_of, write_cityjsonseq
from citytwin.store.geoparquet import along_hilbert_curve
from citytwin.store.model_batches import building_batches
from citytwin.store.model_geopackage import write_model_geopackage
from citytwin.store.model_parquet import Box, Encoding, write_model_parquet
from citytwin.store.tables import row_boxes

Frames = Mapping[Table, pd.DataFrame]
_BATCH_ROWS = 50_000


def to_geoparquet(directory: Path, frames: Frames, crs: str, faces: Encoding) -> list[Path]:
    """Write every table that has rows, neighbours together, and say where.

    Parameters
    ----------
    directory
        Folder; made when it does not exist.
    frames
        Tables.
    crs
        CRS of the rows.
    faces
        How faces and triangles are encoded.
    """
    written = []
    for table, frame in _ordered(frames).items():
        if len(frame):
            path = directory / f"{table.name}.parquet"
            write_model_parquet(path, table, _pieces(frame), crs, _box(table, frame), faces)
            written.append(path)
    return written


def to_geopackage(path: Path, frames: Frames, crs: str) -> None:
    """Write every table that has rows as a layer.

    Parameters
    ----------
    path
        File.
    frames
        Tables.
    crs
        CRS of the rows.
    """
    filled = {table: _pieces(frame) for table, frame in _ordered(frames).items() if len(frame)}
    write_model_geopackage(path, filled, crs)


def to_cityjsonseq(path: Path, frames: Frames, crs: str) -> int:
    """Write the buildings with their parts and faces.

    Parameters
    ----------
    path
        File.
    frames
        Tables.
    crs
        CRS of the rows.
    """
    ordered = _ordered({table: frames[table] for table in (BUILDINGS, SURFACES)})
    buildings = gpd.GeoDataFrame(ordered[BUILDINGS])
    batches = building_batches(buildings, ordered[SURFACES])
    return write_cityjsonseq(path, batches, crs, extent_of(buildings))


def _ordered(frames: Frames) -> dict[Table, pd.DataFrame]:
    """Rows along a curve; faces in the order of their buildings, parts behind their building."""
    found: dict[Table, pd.DataFrame] = {}
    for table, frame in frames.items():
        located = table.geometry != "none" and len(frame)
        found[table] = along_hilbert_curve(frame, table.column_names[0]) if located else frame
    if len(frames.get(BUILDINGS, ())):
        batches = list(building_batches(gpd.GeoDataFrame(found[BUILDINGS]), frames[SURFACES]))
        found[BUILDINGS] = pd.concat([rows for rows, _ in batches], ignore_index=True)
        found[SURFACES] = pd.concat([faces for _, faces in batches], ignore_index=True)
    return found


def _box(table: Table, frame: pd.DataFrame) -> Box:
    boxes = row_boxes(table, frame)
    west, south = boxes[:, :2].min(axis=0).tolist()
    east, north = boxes[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _pieces(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for begin in range(0, len(frame), _BATCH_ROWS):
        yield frame.iloc[begin : begin + _BATCH_ROWS]

"""A city model on its way out: the same three kinds of files, wherever its tables lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.model.tables import BUILDINGS, SURFACES, Table
from citytwin.store.cityjsonseq import Box3, extent_of, write_cityjsonseq
from citytwin.store.geoparquet import along_hilbert_curve
from citytwin.store.model_batches import building_batches, row_batches
from citytwin.store.model_geopackage import write_model_geopackage
from citytwin.store.model_parquet import Box, Encoding, write_model_parquet
from citytwin.store.tables import row_boxes


class ModelTables(Protocol):
    """Tables of a city model, read batch by batch."""

    @property
    def crs(self) -> str:
        """CRS of all rows, ``EPSG:n``."""

    @property
    def filled(self) -> Sequence[Table]:
        """Tables that have rows."""

    def batches(self, table: Table) -> Iterator[pd.DataFrame]:
        """Rows of a table, neighbours together."""

    def box(self, table: Table) -> Box:
        """Box around all rows of a table [m]."""

    def buildings(self) -> Iterator[tuple[gpd.GeoDataFrame, pd.DataFrame]]:
        """Buildings with all their parts, and all faces of these."""

    def extent(self) -> Box3:
        """Smallest and largest x, y, z of all buildings [m]."""


def export_geoparquet(
    directory: Path, tables: ModelTables, faces: Encoding = "native"
) -> dict[Path, int]:
    """Write a GeoParquet file of every table that has rows.

    Parameters
    ----------
    directory
        Folder; made when it does not exist.
    tables
        The city model.
    faces
        How faces and triangles are encoded.

    Returns
    -------
    dict
        Rows by file.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    rows = {}
    for table in tables.filled:
        path = directory / f"{table.name}.parquet"
        box = tables.box(table)
        rows[path] = write_model_parquet(path, table, tables.batches(table), tables.crs, box, faces)
    return rows


def export_geopackage(path: Path, tables: ModelTables) -> int:
    """Write every table that has rows as a layer of one GeoPackage.

    Parameters
    ----------
    path
        File.
    tables
        The city model.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    batches = {table: tables.batches(table) for table in tables.filled}
    return sum(write_model_geopackage(path, batches, tables.crs).values())


def export_cityjsonseq(path: Path, tables: ModelTables) -> int:
    """Write the buildings with their parts and faces as CityJSONSeq.

    Parameters
    ----------
    path
        File.
    tables
        The city model.

    Returns
    -------
    int
        Features written: buildings, each with its parts.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    return write_cityjsonseq(path, tables.buildings(), tables.crs, tables.extent())


class FrameTables:
    """Tables in memory, put along a curve.

    Parameters
    ----------
    frames
        Tables, buildings and surfaces among them.
    crs
        CRS of the rows.
    """

    def __init__(self, frames: Mapping[Table, pd.DataFrame], crs: str) -> None:
        self.crs = crs
        self._frames = _ordered(frames)

    @property
    def filled(self) -> Sequence[Table]:
        """Tables that have rows."""
        return [table for table, frame in self._frames.items() if len(frame)]

    def batches(self, table: Table) -> Iterator[pd.DataFrame]:
        """Rows of a table along a curve; faces in the order of their buildings."""
        return row_batches(self._frames[table])

    def box(self, table: Table) -> Box:
        """Box around all rows of a table [m]."""
        return box_around(row_boxes(table, self._frames[table]))

    def buildings(self) -> Iterator[tuple[gpd.GeoDataFrame, pd.DataFrame]]:
        """Buildings with all their parts, and all faces of these."""
        buildings = gpd.GeoDataFrame(self._frames[BUILDINGS])
        return building_batches(buildings, self._frames[SURFACES])

    def extent(self) -> Box3:
        """Smallest and largest x, y, z of all buildings [m]."""
        return extent_of(gpd.GeoDataFrame(self._frames[BUILDINGS]))


def neighbours_together(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table along a curve, where all of them have a place.

    Parameters
    ----------
    table, frame
        The rows and their schema.
    """
    placed = any(c.kind == "geometry" and not c.nullable for c in table.columns)
    if not placed or not len(frame):
        return frame
    ordered: pd.DataFrame = along_hilbert_curve(gpd.GeoDataFrame(frame), table.column_names[0])
    return ordered


def box_around(boxes: NDArray[np.float64]) -> Box:
    """Return the box around boxes; those of rows without a place do not count.

    Parameters
    ----------
    boxes
        Shape (n, 4): x_min, y_min, x_max, y_max [m].
    """
    known = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(known):
        return (np.nan,) * 4
    west, south = known[:, :2].min(axis=0).tolist()
    east, north = known[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _ordered(frames: Mapping[Table, pd.DataFrame]) -> dict[Table, pd.DataFrame]:
    """Rows along a curve; parts behind their building, faces in the order of their buildings."""
    found: dict[Table, pd.DataFrame] = {}
    for table, frame in frames.items():
        found[table] = neighbours_together(table, frame)
    if len(found[BUILDINGS]):
        batches = list(building_batches(gpd.GeoDataFrame(found[BUILDINGS]), frames[SURFACES]))
        found[BUILDINGS] = pd.concat([rows for rows, _ in batches], ignore_index=True)
        found[SURFACES] = pd.concat([faces for _, faces in batches], ignore_index=True)
    return found

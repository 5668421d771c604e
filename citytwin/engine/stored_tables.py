"""Tables of a working store on their way out, one file of a part after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.engine.city_store import CityStore
from citytwin.model import tables as t
from citytwin.model.tables import Table
from citytwin.store.cityjsonseq import Box3
from citytwin.store.model_batches import building_batches, row_batches
from citytwin.store.model_export import box_around, neighbours_together
from citytwin.store.model_parquet import Box
from citytwin.store.placed import TableFile, read_columns, read_rows


class StoredTables:
    """Joined tables of all sources; see :class:`citytwin.store.model_export.ModelTables`.

    Parameters
    ----------
    store
        The working store.
    files
        Files of each table, in order.
    held
        Further rows, which lie in memory.
    """

    def __init__(
        self,
        store: CityStore,
        files: Mapping[Table, Sequence[TableFile]],
        held: Mapping[Table, pd.DataFrame],
    ) -> None:
        self._store = store
        self._files = files
        self._held = held

    @property
    def crs(self) -> str:
        """CRS of all rows."""
        return self._store.crs

    @property
    def filled(self) -> Sequence[Table]:
        """Tables that have rows."""
        return [table for table in {**self._files, **self._held} if self.rows(table)]

    def rows(self, table: Table) -> int:
        """Rows of a table."""
        held = len(self._held.get(table, ()))
        return held + sum(file.rows for file in self._files.get(table, ()))

    def batches(self, table: Table) -> Iterator[pd.DataFrame]:
        """Rows of a table, along a curve within each part."""
        for frame in self._frames(table):
            yield from row_batches(frame)

    def _frames(self, table: Table) -> Iterator[pd.DataFrame]:
        if len(self._held.get(table, ())):
            yield self._held[table]
        for file in self._files.get(table, ()):
            if file.rows:
                yield neighbours_together(table, read_rows(self._store.root, [file], table))

    def box(self, table: Table) -> Box:
        """Box around all rows of a table [m]."""
        boxes = [file.box for file in self._files.get(table, ()) if file.box]
        return box_around(np.array(boxes).reshape(-1, 4))

    def buildings(self) -> Iterator[tuple[gpd.GeoDataFrame, pd.DataFrame]]:
        """Buildings with all their parts, and all faces of these."""
        faces_of = {_part(file): file for file in self._files.get(t.SURFACES, ())}
        root = self._store.root
        for file in self._files.get(t.BUILDINGS, ()):
            if not file.rows:
                continue
            frame = neighbours_together(t.BUILDINGS, read_rows(root, [file], t.BUILDINGS))
            surfaces = read_rows(root, [faces_of[_part(file)]], t.SURFACES)
            yield from building_batches(gpd.GeoDataFrame(frame), surfaces)

    def extent(self) -> Box3:
        """Smallest and largest x, y, z of all buildings; heights are 0 where none is known [m]."""
        west, south, east, north = self.box(t.BUILDINGS)
        low, high = np.inf, -np.inf
        for file in self._files[t.BUILDINGS]:
            z = read_columns(self._store.root, file, ["ground_z_m", "roof_z_m"])
            low = np.nanmin([low, z["ground_z_m"].min()])
            high = np.nanmax([high, z["roof_z_m"].max()])
        known = np.isfinite([low, high]).all()
        low, high = (float(low), float(high)) if known else (0.0, 0.0)
        return west, south, low, east, north, high


def _part(file: TableFile) -> tuple[str, str]:
    """Source and part that a file came from; the same for all tables of the part."""
    path = PurePosixPath(file.path)
    return path.parent.parent.name, path.name

"""Layout of a city's working store, and what main process and workers share of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from citytwin.errors import StoreError
from citytwin.model.grid import Bounds, GridSpec
from citytwin.model.raster import Raster, RasterRole
from citytwin.model.steps import Site
from citytwin.model.tables import Table
from citytwin.store.fields import FieldStore
from citytwin.store.row_index import RowIndex
from citytwin.store.source_rasters import read_raster, write_raster
from citytwin.store.tables import read_rows, read_table, write_placed, write_table

MERGED = "merged"
"""Owner of the tables that join those of all sources."""


@dataclass(frozen=True)
class CityStore:
    """Folder ``.work/<city>``; small enough to be sent to a worker."""

    root: Path
    crs: str
    time_zone: str
    tile_cells: int
    grid: GridSpec | None = None

    @property
    def fields(self) -> FieldStore:
        """Fields on the grid."""
        return FieldStore(self.root / "fields", self.spec, self.tile_cells)

    @property
    def spec(self) -> GridSpec:
        """The grid; known once the sources have been read."""
        if self.grid is None:
            msg = "the grid is not known before the sources have been read"
            raise StoreError(msg)
        return self.grid

    @property
    def site(self) -> Site:
        """Where on Earth the city is."""
        lon, lat = self.spec.lonlat
        return Site(lon, lat, self.spec.convergence_deg, self.time_zone)

    def with_grid(self, grid: GridSpec) -> CityStore:
        """Return the store with its grid."""
        return replace(self, grid=grid)

    def table_path(self, owner: str, table: Table) -> Path:
        """File of a table made by a source or an assessment; ``merged`` joins the sources."""
        return self.root / "tables" / owner / f"{table.name}.parquet"

    def write_table(self, owner: str, table: Table, frame: pd.DataFrame) -> str:
        """Write a table and return its digest."""
        return write_table(self.table_path(owner, table), frame)

    def write_merged(self, table: Table, frame: pd.DataFrame, index: RowIndex) -> None:
        """Write a table that joins those of all sources, for tiles to read their rows of."""
        write_placed(self.table_path(MERGED, table), frame, index)

    def read_rows(self, table: Table, area: Bounds) -> pd.DataFrame:
        """Read the rows of a joined table near an area, in order, by their numbers."""
        return read_rows(self.table_path(MERGED, table), table, area)

    def read_table(self, table: Table, owner: str = MERGED) -> pd.DataFrame:
        """Read a table."""
        return read_table(self.table_path(owner, table), table)

    def _raster_path(self, owner: str, role: RasterRole) -> Path:
        return self.root / "rasters" / owner / f"{role}.npy"

    def write_raster(self, owner: str, role: RasterRole, raster: Raster) -> str:
        """Write a source raster and return its digest."""
        return write_raster(self._raster_path(owner, role), raster)

    def read_raster(self, owner: str, role: RasterRole) -> Raster:
        """Open a source raster; its values are read from the disk where a tile needs them."""
        return read_raster(self._raster_path(owner, role))

    def has_source(self, owner: str, made: Iterable[str]) -> bool:
        """Whether the tables and rasters that a source gave lie on the disk."""
        rasters, tables = self.root / "rasters" / owner, self.root / "tables" / owner
        return all(
            (tables / f"{name}.parquet").is_file()
            or ((rasters / f"{name}.npy").is_file() and (rasters / f"{name}.json").is_file())
            for name in made
        )

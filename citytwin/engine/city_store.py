"""Layout of a city's working store, and what main process and workers share of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from citytwin.errors import StoreError
from citytwin.model.grid import GridSpec
from citytwin.model.raster import Raster, RasterRole
from citytwin.model.steps import Site
from citytwin.model.tables import Table
from citytwin.store.fields import FieldStore, digest_of
from citytwin.store.tables import read_table, write_table


@dataclass(frozen=True)
class CityStore:
    """Folder ``.work`` of a city; small enough to be sent to a worker."""

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

    def read_table(self, table: Table, owner: str = "merged") -> pd.DataFrame:
        """Read a table."""
        return read_table(self.table_path(owner, table), table)

    def _raster_path(self, owner: str, role: RasterRole) -> Path:
        return self.root / "rasters" / owner / f"{role}.npy"

    def write_raster(self, owner: str, role: RasterRole, raster: Raster) -> str:
        """Write a source raster, each file in one step, and return its digest."""
        path = self._raster_path(owner, role)
        path.parent.mkdir(parents=True, exist_ok=True)
        head = {key: value for key, value in asdict(raster).items() if key != "values"}
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.save(file, raster.values)
        temporary.replace(path)
        temporary.write_text(json.dumps(head), encoding="utf-8")
        temporary.replace(path.with_suffix(".json"))
        return digest_of(raster.values) + json.dumps(head, sort_keys=True)

    def read_raster(self, owner: str, role: RasterRole) -> Raster:
        """Open a source raster; its values are read from the disk where a tile needs them."""
        path = self._raster_path(owner, role)
        try:
            values = np.load(path, mmap_mode="r", allow_pickle=False)
            head = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            msg = f"raster {path} cannot be read: {error}"
            raise StoreError(msg, hint="delete the folder .work and run again") from error
        return Raster(values=np.asarray(values), **head)

"""Layout of a city's working store, and what main process and workers share of it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from distributed.system import MEMORY_LIMIT
from pydantic import TypeAdapter, ValidationError

from citytwin.engine.checkpointing import CHECKPOINT_MINUTES
from citytwin.errors import StoreError
from citytwin.model.grid import Bounds, GridSpec
from citytwin.model.raster import Raster, RasterRole
from citytwin.model.site import Site
from citytwin.model.tables import ALL, Table
from citytwin.store.at_rest import read_bytes
from citytwin.store.atomic import remove_stale, write_text
from citytwin.store.damage import unreadable
from citytwin.store.fields import FieldStore
from citytwin.store.placed import Places, TableFile, is_intact, read_rows, write_placed
from citytwin.store.source_rasters import read_raster, write_raster

MERGED = "merged"
"""Owner of the tables that join those of all sources."""
WHOLE = "whole"
"""Name of the part of a step or source that is not cut."""
_FILES = TypeAdapter(tuple[TableFile, ...])


@dataclass(frozen=True)
class CityStore:
    """Folder ``.work/<city>``; small enough to be sent to a worker."""

    root: Path
    crs: str
    time_zone: str
    tile_cells: int
    grid: GridSpec | None = None
    checkpoint_s: float = 60.0 * CHECKPOINT_MINUTES
    """Time after which a long run keeps its state again."""
    domain_tile_cells: int | None = None
    """Side of the tiles in which simulations over the whole city run; None = in one array, unless
    that takes more than `domain_bytes`."""
    domain_bytes: float = 0.5 * MEMORY_LIMIT

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
        return Site.of(self.spec, self.time_zone)

    def with_grid(self, grid: GridSpec) -> CityStore:
        """Return the store with its grid."""
        return replace(self, grid=grid)

    def checkpoint(self, key: str) -> Path:
        """File of the state of an unfinished run of a step."""
        return self._checkpoints / f"{key.replace(':', '-')}.npz"

    @property
    def _checkpoints(self) -> Path:
        return self.root / "checkpoints"

    def drop_checkpoints(self) -> None:
        """Remove the states of runs that nobody will go on with."""
        shutil.rmtree(self._checkpoints, ignore_errors=True)

    @property
    def memories(self) -> Path:
        """Folder of what is known of the pieces that files of layers were put together of."""
        return self.root / "remembered"

    def remembered(self, layer: str) -> Path:
        """Folder of what is known of the pieces of one layer."""
        return self.memories / layer

    def forget_other_layers(self, layers: Collection[str]) -> None:
        """Remove what is remembered of layers that are no longer made, and what kills left half written."""
        for folder in self.memories.iterdir() if self.memories.is_dir() else ():
            if folder.name in layers:
                remove_stale(folder)
            else:
                shutil.rmtree(folder)

    def part_path(self, owner: str, table: Table, part: str) -> Path:
        """File of what one part of a source, or an assessment, gave to a table."""
        return self._tables / owner / table.name / _file_name(part)

    @property
    def _tables(self) -> Path:
        return self.root / "tables"

    def write_part(self, owner: str, table: Table, part: str, frame: pd.DataFrame) -> TableFile:
        """Write what one part gave to a table."""
        path = self.part_path(owner, table, part)
        return write_placed(self.root, path, frame, Places.of(table, frame))

    def list_files(
        self, owner: str, table: Table, files: Iterable[TableFile]
    ) -> tuple[TableFile, ...]:
        """Say which files make up a table, in order; return them with their first rows."""
        listed: list[TableFile] = []
        rows = 0
        for file in files:
            listed.append(file.model_copy(update={"first_row": rows}))
            rows += file.rows
        self._write_list(owner, table, tuple(listed))
        return tuple(listed)

    def _list_path(self, owner: str, table: Table) -> Path:
        return self._tables / owner / f"{table.name}.json"

    def _write_list(self, owner: str, table: Table, files: tuple[TableFile, ...]) -> None:
        write_text(self._list_path(owner, table), _FILES.dump_json(files, indent=1).decode())

    def files_of(self, owner: str, table: Table) -> tuple[TableFile, ...]:
        """Files that make up a table, in order."""
        path = self._list_path(owner, table)
        try:
            return _FILES.validate_json(read_bytes(path))
        except (OSError, ValidationError) as error:
            raise unreadable(f"table {path}", error, [path]) from error

    def write_table(self, owner: str, table: Table, frame: pd.DataFrame) -> str:
        """Write a table in one file and return its digest."""
        path, places = self.part_path(owner, table, WHOLE), Places.of(table, frame)
        file = write_placed(self.root, path, frame, places, compared=False)
        self.list_files(owner, table, [file])
        return file.digest

    def has_table(self, owner: str, table: Table) -> bool:
        """Whether a table made in one file lies on the disk."""
        listed = self._list_path(owner, table).is_file()
        return listed and self.part_path(owner, table, WHOLE).is_file()

    def read_rows(self, table: Table, area: Bounds) -> pd.DataFrame:
        """Read the rows of a joined table near an area, in order, by their numbers."""
        return read_rows(self.root, self.files_of(MERGED, table), table, area)

    def read_table(self, table: Table, owner: str = MERGED) -> pd.DataFrame:
        """Read a table."""
        rows = read_rows(self.root, self.files_of(owner, table), table)
        return rows.reset_index(drop=True)

    def _raster_path(self, owner: str, role: str) -> Path:
        return self.root / "rasters" / owner / f"{role}.npy"

    def write_raster(self, owner: str, role: RasterRole, raster: Raster) -> str:
        """Write a source raster and return its digest."""
        return write_raster(self._raster_path(owner, role), raster)

    def read_raster(self, owner: str, role: RasterRole) -> Raster:
        """Open a source raster; its values are read from the disk where a tile needs them."""
        return read_raster(self._raster_path(owner, role))

    def has_part(self, owner: str, files: Iterable[TableFile], rasters: Iterable[str]) -> bool:
        """Whether the files and rasters that a part of a source gave lie on the disk."""
        folder = self.root / "rasters" / owner
        return all((self.root / file.path).is_file() for file in files) and all(
            (folder / f"{role}.npy").is_file() and (folder / f"{role}.json").is_file()
            for role in rasters
        )

    def is_intact(self, owner: str, files: Iterable[TableFile], rasters: Iterable[str]) -> bool:
        """Whether files and rasters that stand are what was written, byte by byte."""
        try:
            for role in rasters:
                read_raster(self._raster_path(owner, role))
        except StoreError:
            return False
        return all(is_intact(self.root, file) for file in files)

    def keep_files(
        self, owner: str, files: Iterable[TableFile], tables: Iterable[Table] = ALL
    ) -> None:
        """Remove all other files of an owner's tables, such as those of a file that is gone.

        Of `tables` only: an assessment may have the name of a source.
        """
        kept = {self.root / file.path for file in files}
        for table in tables:
            for file in (self._tables / owner / table.name).glob("*.parquet"):
                if file not in kept:
                    file.unlink()

    def keep_joined(self, tables: Iterable[Table]) -> None:
        """Remove what was written to join sources and is no longer part of a joined table."""
        files = [file for table in tables for file in self.files_of(MERGED, table)]
        self.keep_files(MERGED, files)

    def remove_source(self, owner: str, tables: Iterable[Table]) -> None:
        """Remove what a source gave that is no longer wanted."""
        self.keep_files(owner, (), tables)
        shutil.rmtree(self.root / "rasters" / owner, ignore_errors=True)


def _file_name(part: str) -> str:
    if part == WHOLE:
        return f"{WHOLE}.parquet"
    return f"{hashlib.sha256(part.encode()).hexdigest()[:20]}.parquet"

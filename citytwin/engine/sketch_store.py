"""A working store to look at: what is written goes to a place of its own, the store stays as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from citytwin.engine.city_store import CityStore
from citytwin.errors import StoreError
from citytwin.model.raster import Raster, RasterRole
from citytwin.model.tables import Table
from citytwin.store.placed import TableFile


@dataclass(frozen=True)
class SketchStore(CityStore):
    """The working store as a forecast sees it, beside a run that may hold the city."""

    scratch: Path = field(kw_only=True)
    """Folder for what is written."""
    listed: dict[tuple[str, Table], tuple[TableFile, ...]] = field(default_factory=dict)
    """Tables by owner; they cover those of the store."""

    def part_path(self, owner: str, table: Table, part: str) -> Path:
        """File of a table in the place for what is written."""
        return self.scratch / super().part_path(owner, table, part).relative_to(self.root)

    def _write_list(self, owner: str, table: Table, files: tuple[TableFile, ...]) -> None:
        self.listed[owner, table] = files

    def files_of(self, owner: str, table: Table) -> tuple[TableFile, ...]:
        """Files of a table: of the one made here, else of the one in the store."""
        found = self.listed.get((owner, table))
        return super().files_of(owner, table) if found is None else found

    def keep_joined(self, tables: Iterable[Table]) -> None:
        """Leave the files of the store, which a run removes."""

    def has_table(self, owner: str, table: Table) -> bool:
        """Whether a table made in one file lies in the store."""
        return CityStore(self.root, self.crs, self.time_zone, self.tile_cells).has_table(
            owner, table
        )

    def write_raster(self, owner: str, role: RasterRole, raster: Raster) -> str:
        """Refuse: a forecast reads no sources."""
        msg = f"a forecast writes no {role} of {owner} ({raster.source})"
        raise StoreError(msg)

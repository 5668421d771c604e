"""A working store to look at: what is written stays in memory, nothing on the disk changes."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from citytwin.engine.city_store import MERGED, CityStore
from citytwin.errors import StoreError
from citytwin.model.raster import Raster, RasterRole
from citytwin.model.tables import Table
from citytwin.store.row_index import RowIndex
from citytwin.store.tables import row_digests


@dataclass(frozen=True)
class SketchStore(CityStore):
    """The working store as a forecast sees it, beside a run that may hold the city."""

    written: dict[tuple[str, Table], pd.DataFrame] = field(default_factory=dict)
    """Tables by owner; they cover those on the disk."""

    def write_table(self, owner: str, table: Table, frame: pd.DataFrame) -> str:
        """Keep a table in memory."""
        self.written[owner, table] = frame
        return str(row_digests(frame).tolist())

    def write_merged(self, table: Table, frame: pd.DataFrame, index: RowIndex) -> None:
        """Keep a joined table in memory; its rows are not asked for by place."""
        del index
        self.written[MERGED, table] = frame

    def read_table(self, table: Table, owner: str = MERGED) -> pd.DataFrame:
        """Read a table: the one kept, else the one on the disk."""
        kept = self.written.get((owner, table))
        return super().read_table(table, owner) if kept is None else kept

    def write_raster(self, owner: str, role: RasterRole, raster: Raster) -> str:
        """Refuse: a forecast reads no sources."""
        msg = f"a forecast writes no {role} of {owner} ({raster.source})"
        raise StoreError(msg)

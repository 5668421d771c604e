"""Tables of one part of a source, in files or in memory, as those see them who compare ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from citytwin.model.tables import Table
from citytwin.store.placed import TableFile, read_columns, read_rows


class PartRows(Protocol):
    """Tables of one part."""

    def has(self, table: Table) -> bool:
        """Whether it gave the table, and a row of it."""

    def columns(self, table: Table, names: Sequence[str]) -> pd.DataFrame:
        """Return some columns, none of them a geometry, in the order of the rows."""

    def rows(self, table: Table) -> pd.DataFrame:
        """Return all rows."""


@dataclass(frozen=True)
class StoredRows:
    """Tables that lie in the working store."""

    root: Path
    """Folder of the store."""
    files: Mapping[Table, TableFile]

    def has(self, table: Table) -> bool:
        """Whether a file of the table has rows."""
        return table in self.files and self.files[table].rows > 0

    def columns(self, table: Table, names: Sequence[str]) -> pd.DataFrame:
        """Read some columns."""
        return read_columns(self.root, self.files[table], names)

    def rows(self, table: Table) -> pd.DataFrame:
        """Read all rows."""
        return read_rows(self.root, [self.files[table]], table)


@dataclass(frozen=True)
class HeldRows:
    """Tables that are held in memory."""

    tables: Mapping[Table, pd.DataFrame]

    def has(self, table: Table) -> bool:
        """Whether the table has rows."""
        return table in self.tables and len(self.tables[table]) > 0

    def columns(self, table: Table, names: Sequence[str]) -> pd.DataFrame:
        """Return some columns."""
        return self.tables[table][list(names)]

    def rows(self, table: Table) -> pd.DataFrame:
        """Return all rows."""
        return self.tables[table]

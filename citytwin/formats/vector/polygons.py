"""Reads vector files whose features are areas into a table of themes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import shapely

from citytwin.formats.city.batch import read_files
from citytwin.formats.city.defects import with_defects
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.site import FileSite
from citytwin.formats.city.theme_rows import ThemeRow, theme_frame
from citytwin.formats.vector.layers import (
    VectorLayer,
    area_or_reject,
    load_layer,
    placed_geometry,
)
from citytwin.formats.vector.values import text_of
from citytwin.model.steps import Dataset, Decoded
from citytwin.model.tables import Table


@dataclass(frozen=True, eq=False)
class AreaFeature:
    """One feature of a file: its identifier, its area, and its columns."""

    record: str
    source: str
    area: shapely.MultiPolygon
    layer: VectorLayer
    number: int

    def text(self, column: str | None) -> str | None:
        """Return a column as a text; None where it says nothing.

        Parameters
        ----------
        column
            Its name; None = no column.
        """
        return text_of(self.layer.value(self.number, column))


RowOf = Callable[[AreaFeature], ThemeRow]


@dataclass(frozen=True)
class AreaColumns:
    """Layer and columns wanted of each file."""

    layer: str | None
    id_column: str | None
    others: tuple[str | None, ...] = ()

    @property
    def names(self) -> list[str]:
        """Columns that the file must have."""
        return [name for name in dict.fromkeys((self.id_column, *self.others)) if name is not None]


def read_areas(table: Table, dataset: Dataset, wanted: AreaColumns, row_of: RowOf) -> Decoded:
    """Read every area of the files of a source.

    Parameters
    ----------
    table
        Schema of the rows.
    dataset
        The files.
    wanted
        Layer and columns.
    row_of
        From a feature to its row.

    Raises
    ------
    SourceError
        If no file can be used.
    """
    ledger = Ledger()
    found = read_files(
        dataset, lambda path, own: _read_one(path, dataset, wanted, row_of, own), ledger
    )
    frame = theme_frame(table, [row for _, rows in found for row in rows], dataset.target_crs)
    decoded = Decoded({table: frame}, rejects=ledger.all_rejects(), notes=tuple(ledger.notes))
    return with_defects(decoded, dataset.target_crs)


def _read_one(
    path: Path, dataset: Dataset, wanted: AreaColumns, row_of: RowOf, ledger: Ledger
) -> list[ThemeRow]:
    layer = load_layer(path, wanted.layer, wanted.names, dataset.source_crs)
    site = FileSite(path.name, dataset.target_crs, dataset.source_crs, east_first=True)
    rows = []
    for number, geometry in enumerate(layer.frame.geometry.to_numpy()):
        name = text_of(layer.value(number, wanted.id_column))
        record = name or f"{path.name}:{number + 1}"
        placed = placed_geometry(record, geometry, layer, site, ledger)
        if placed is None:
            continue
        area = area_or_reject(record, placed, geometry.geom_type, site, ledger)
        if area is not None:
            rows.append(row_of(AreaFeature(record, path.name, area, layer, number)))
    site.finish(ledger)
    return rows

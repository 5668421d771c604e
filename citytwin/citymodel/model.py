"""CityModel: the tables of a city with their CRS, units, sources, notes and defects."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import cast

import geopandas as gpd
import pandas as pd

from citytwin.citymodel.arrays import labelled
from citytwin.model import tables as t
from citytwin.model.notes import Note
from citytwin.model.raster import Raster
from citytwin.model.tables import Table
from citytwin.recognition.themes import CITY_TABLES
from citytwin.store.model_export import (
    FrameTables,
    export_cityjsonseq,
    export_geopackage,
    export_geoparquet,
)
from citytwin.store.model_folder import InputFile
from citytwin.store.model_parquet import Encoding
from citytwin.store.tables import empty


class CityModel:
    """A city that was read.

    Parameters
    ----------
    crs
        CRS of all tables, ``EPSG:n``, in metres.
    tables
        What was read, by schema; the others are empty.
    rasters
        Elevation rasters by name, each in a CRS of its own; they become labelled arrays.
    inputs
        Files that were looked at.
    notes
        What must be said beside the tables.
    """

    def __init__(
        self,
        crs: str,
        tables: Mapping[Table, pd.DataFrame],
        rasters: Mapping[str, Raster],
        inputs: tuple[InputFile, ...],
        notes: tuple[Note, ...],
    ) -> None:
        self.crs = crs
        self.rasters = {name: labelled(name, raster) for name, raster in rasters.items()}
        self.notes = notes
        self.inputs = inputs
        self._tables = {
            table: _described(table, tables[table] if table in tables else empty(table, crs))
            for table in (*CITY_TABLES, t.DEFECTS)
        }

    def table(self, table: Table) -> pd.DataFrame:
        """Return a table by its schema; empty where the files hold no such thing."""
        return self._tables[table]

    def _located(self, table: Table) -> gpd.GeoDataFrame:
        return cast("gpd.GeoDataFrame", self._tables[table])

    @property
    def buildings(self) -> gpd.GeoDataFrame:
        """Buildings and their parts, with their footprints."""
        return self._located(t.BUILDINGS)

    @property
    def surfaces(self) -> pd.DataFrame:
        """Faces of the buildings in three dimensions, with what they are."""
        return self._tables[t.SURFACES]

    @property
    def roads(self) -> gpd.GeoDataFrame:
        """Surfaces of roads."""
        return self._located(t.ROADS)

    @property
    def land_use(self) -> gpd.GeoDataFrame:
        """Pieces of land with their use."""
        return self._located(t.LAND_USE)

    @property
    def water_bodies(self) -> gpd.GeoDataFrame:
        """Rivers, lakes and other water."""
        return self._located(t.WATER_BODIES)

    @property
    def vegetation(self) -> gpd.GeoDataFrame:
        """Areas with plants, and single plants."""
        return self._located(t.VEGETATION)

    @property
    def bridges(self) -> gpd.GeoDataFrame:
        """Bridges and their parts."""
        return self._located(t.BRIDGES)

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """Zones of urban planning."""
        return self._located(t.ZONES)

    @property
    def relief(self) -> pd.DataFrame:
        """Triangles of the ground."""
        return self._tables[t.RELIEF]

    @property
    def hazard_surfaces(self) -> pd.DataFrame:
        """Triangles of the water surface in expected inundations."""
        return self._tables[t.HAZARD_SURFACES]

    @property
    def report(self) -> gpd.GeoDataFrame:
        """Defects: a row for each feature and code, with what was done about it.

        Geometry is checked as val3dity does (codes 101 to 405, rules of PLATEAU beside them);
        what a reader set aside or repaired, and files that no format reads, stand there too.
        """
        return self._located(t.DEFECTS)

    @property
    def sources(self) -> pd.DataFrame:
        """Files that were looked at: the formats that read each, its CRS, size and sha256."""
        return pd.DataFrame(
            {
                "file": [file.path for file in self.inputs],
                "formats": [", ".join(file.formats) for file in self.inputs],
                "crs": [file.crs for file in self.inputs],
                "bytes": [file.bytes for file in self.inputs],
                "sha256": [file.sha256 for file in self.inputs],
            }
        )

    def to_geoparquet(self, directory: str | Path, *, faces: Encoding = "native") -> list[Path]:
        """Write a GeoParquet file of every table that has rows.

        Parameters
        ----------
        directory
            Folder; made when it does not exist.
        faces
            ``native``: faces and triangles as nested lists of vertices; ``wkb``: as MultiPolygons
            with heights, for programs that know nothing else.

        Returns
        -------
        list of Path
            The files.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        return list(export_geoparquet(Path(directory), self._out(), faces))

    def to_geopackage(self, path: str | Path) -> None:
        """Write one GeoPackage, each table that has rows as a layer; faces stand in space.

        Parameters
        ----------
        path
            File.

        Raises
        ------
        StoreError
            If the file cannot be written.
        """
        export_geopackage(Path(path), self._out())

    def to_cityjsonseq(self, path: str | Path) -> int:
        """Write the buildings with their parts and faces as CityJSONSeq 2.0.

        Parameters
        ----------
        path
            File, such as ``city.jsonl``.

        Returns
        -------
        int
            Features written: buildings, each with its parts.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        return export_cityjsonseq(Path(path), self._out())

    def _out(self) -> FrameTables:
        return FrameTables(self._tables, self.crs)

    def _rows(self) -> list[tuple[str, str, str]]:
        rows = [
            (table.name, str(len(frame)), ", ".join(frame.columns))
            for table, frame in self._tables.items()
            if len(frame) and table is not t.DEFECTS
        ]
        sizes = {name: "x".join(map(str, array.shape)) for name, array in self.rasters.items()}
        return [*rows, *((name, size, "raster [m]") for name, size in sizes.items())]

    def _title(self) -> str:
        read = sum(1 for file in self.inputs if file.formats)
        return f"{self.crs}, {read} files, {len(self.report)} rows in the report"

    def __repr__(self) -> str:
        lines = [f"  {a:<16} {b:>9}  {c[:80]}" for a, b, c in self._rows()]
        return "\n".join([f"<CityModel {self._title()}>", *lines])

    def _repr_html_(self) -> str:
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._rows()
        )
        head = "<tr><th>table</th><th>rows</th><th>columns</th></tr>"
        return f"<b>CityModel</b> · {escape(self._title())}<table>{head}{body}</table>"


def _described(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Frame that says the unit and the meaning of its columns."""
    frame.attrs = {
        "units": {column.name: column.unit for column in table.columns},
        "meanings": {column.name: column.meaning for column in table.columns if column.meaning},
    }
    return frame

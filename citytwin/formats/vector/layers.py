"""A layer of a vector file as features with columns, placed in the CRS of the city."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.city import footprint
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.placement import OutOfPlaceError, place
from citytwin.formats.city.site import FileSite
from citytwin.formats.vector.files import DAMAGED, code_of, for_gdal, kind_of
from citytwin.formats.vector.row_ranges import Rows, rows_of
from citytwin.model.steps import ByteRange, Params
from citytwin.transports.files import open_seekable, size_of


@dataclass(frozen=True, eq=False)
class VectorLayer:
    """Features of one layer, in the CRS of the file."""

    frame: gpd.GeoDataFrame
    crs: str
    first: int = 0
    """Number of its first feature in the file."""

    def value(self, number: int, column: str | None) -> Any:
        """Return a value as read; None where no column is named.

        Parameters
        ----------
        number
            Of the feature, from 0.
        column
            Its name.
        """
        return None if column is None else self.frame[column].iloc[number]


def columns_named(params: Params) -> list[str]:
    """Return the columns of a file that parameters name, each once.

    Parameters
    ----------
    params
        Those whose names end in ``_column`` hold the name of a column, or None.
    """
    named = dict.fromkeys(value for name, value in params if name.endswith("_column"))
    return [name for name in named if name is not None]


def load_layer(
    path: Path,
    layer: str | None,
    columns: Sequence[str],
    given: str | None,
    part: ByteRange | None = None,
) -> VectorLayer:
    """Read a layer of a GeoPackage, SQLite, GeoJSON, FlatGeobuf, Shapefile or GeoParquet file.

    Parameters
    ----------
    path
        The file.
    layer
        Its name; None = the first.
    columns
        Columns that it must have.
    given
        CRS that the user gave for files that name none.
    part
        One of :func:`citytwin.formats.vector.row_ranges.row_ranges`, not of Parquet; all of the
        file when None.

    Raises
    ------
    SourceError
        If it cannot be read, has no geometry or lacks a column.
    """
    kind = kind_of(path)
    rows = Rows(0, 0)
    try:
        with warnings.catch_warnings():
            # What GDAL warns of (unclosed rings, measures) is checked feature by feature here.
            warnings.simplefilter("ignore")
            if kind == "parquet":
                with open_seekable(path) as file:
                    frame = gpd.read_parquet(file)
            elif part is None:
                frame = pyogrio.read_dataframe(for_gdal(path, kind), layer=layer)
            else:
                opened = for_gdal(path, kind)
                info = pyogrio.read_info(opened, layer=layer, force_feature_count=True)
                rows = rows_of(part, size_of(path), int(info["features"]))
                most = max(rows.count, 1)  # 0 would mean all
                frame = pyogrio.read_dataframe(
                    opened, layer=layer, skip_features=rows.first, max_features=most
                ).iloc[: rows.count]
    except DAMAGED as error:
        msg = f"cannot be read: {str(error)[:200]}"
        raise SourceError(msg, source=path.name, hint="check the file and `layer`") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SourceError("has no geometry", source=path.name, hint="check `layer`")
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise SourceError(
            f"has no column {missing[0]!r}; it has {', '.join(map(str, frame.columns))}",
            source=path.name,
            hint="correct the name of the column",
        )
    return VectorLayer(frame, code_of(frame.crs, path, given), rows.first)


def placed_geometry(
    record: str,
    geometry: shapely.Geometry | None,
    layer: VectorLayer,
    site: FileSite,
    ledger: Ledger,
) -> shapely.Geometry | None:
    """Bring a geometry into the CRS of the city, without heights.

    Parameters
    ----------
    record
        Identifier of the feature.
    geometry
        As read.
    layer, site
        Where it comes from.
    ledger
        Receives the feature when it cannot be placed.

    Returns
    -------
    Geometry or None
        None where it is empty or lies elsewhere.
    """
    if geometry is None or geometry.is_empty:
        ledger.reject(site.source, record, "no-geometry", "geometry is empty")
        return None
    flat = shapely.force_2d(geometry)
    points: NDArray[np.float64] = shapely.get_coordinates(flat)
    raw = np.column_stack([points, np.zeros(len(points))])
    try:
        placed = place(raw, layer.crs, site.target, east_first=True)
    except OutOfPlaceError as error:
        site.count(record, ledger, error, swap=False)
        return None
    if not placed.inside.all():
        vertex = points[np.flatnonzero(~placed.inside)[0]]
        message = f"vertex ({vertex[0]:g}, {vertex[1]:g}) lies outside the area of its CRS"
        ledger.reject(site.source, record, "spike", message)
        return None
    site.count(record, ledger, None, placed.swapped)
    return shapely.set_coordinates(flat, placed.xyz[:, :2])


def area_or_reject(
    record: str, placed: shapely.Geometry, kind: str, site: FileSite, ledger: Ledger
) -> shapely.MultiPolygon | None:
    """Return the area of a placed geometry; a geometry without one is set aside.

    Parameters
    ----------
    record
        Identifier of the feature.
    placed
        Geometry in the CRS of the city.
    kind
        What it was in the file, for the message.
    site
        Where it comes from.
    ledger
        Receives the feature when it has no area.
    """
    area = footprint.multi(placed if placed.is_valid else shapely.make_valid(placed))
    if area.is_empty:
        ledger.reject(site.source, record, "no-geometry", f"a {kind} without area")
        return None
    return area

"""Tables of the working store: Parquet, checked against the schema, with row boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.errors import CityTwinError, StoreError
from citytwin.model.grid import Bounds
from citytwin.model.tables import Column, Table
from citytwin.store.atomic import replacing
from citytwin.store.row_index import GROUP_ROWS, RowIndex
from citytwin.transports.files import sha256_of

_ROW = "_row"
_EDGES = ("_x_min", "_y_min", "_x_max", "_y_max")
_DTYPES = {
    "string": "string",
    "float64": "float64",
    "int64": "Int64",
    "int32": "Int32",
    "int8": "Int8",
    "bool": "bool",
}


class TableError(CityTwinError, ValueError):
    """A frame that is not what its schema says."""


def conform(table: Table, frame: pd.DataFrame, crs: str) -> pd.DataFrame:
    """Check a frame against its schema and bring the types into the one form of the store.

    Parameters
    ----------
    table
        The schema.
    frame
        What a step made; any index.
    crs
        CRS of the city, set or checked on geometry tables.

    Returns
    -------
    DataFrame
        The columns of the schema in its order, a fresh index, GeoDataFrame where it has geometry.

    Raises
    ------
    TableError
        If columns are missing or surplus, types do not fit, or a required value is null.
    """
    missing = sorted(set(table.column_names) - set(frame.columns))
    surplus = sorted(set(frame.columns) - set(table.column_names))
    if missing or surplus:
        msg = f"table {table.name}: missing columns {missing}, unknown columns {surplus}"
        raise TableError(msg)
    columns = {column.name: _conform_column(table, column, frame) for column in table.columns}
    if table.geometry == "none":
        return pd.DataFrame(columns)
    geometry = gpd.GeoSeries(columns.pop("geometry"), crs=getattr(frame, "crs", None) or crs)
    if str(geometry.crs.to_epsg()) != crs.removeprefix("EPSG:"):
        msg = f"table {table.name}: geometry is in {geometry.crs.to_string()}, the city in {crs}"
        raise TableError(msg)
    located: pd.DataFrame = gpd.GeoDataFrame(columns, geometry=geometry.array, crs=crs)
    return located


def empty(table: Table, crs: str) -> pd.DataFrame:
    """Return a table without rows.

    Parameters
    ----------
    table
        The schema.
    crs
        CRS of the city.
    """
    return conform(
        table, pd.DataFrame({name: [] for name in table.column_names}, dtype=object), crs
    )


def _conform_column(table: Table, column: Column, frame: pd.DataFrame) -> Any:
    values: Any = frame[column.name].reset_index(drop=True)
    try:
        if column.kind == "time":
            values = pd.to_datetime(values, utc=True)
        elif column.kind in _DTYPES:
            values = values.astype(_DTYPES[column.kind])
    except (TypeError, ValueError) as error:
        msg = f"table {table.name}, column {column.name}: not {column.kind}: {error}"
        raise TableError(msg) from error
    if not column.nullable and values.isna().any():
        row = int(np.flatnonzero(values.isna())[0])
        msg = f"table {table.name}, column {column.name}: row {row} is null"
        raise TableError(msg)
    return values


def write_table(path: Path, frame: pd.DataFrame) -> str:
    """Write a working table atomically.

    Parameters
    ----------
    path
        Parquet file.
    frame
        What :func:`conform` returned.

    Returns
    -------
    str
        sha256 of the file.
    """
    with replacing(path) as temporary:
        frame.to_parquet(temporary, compression="zstd", index=False)
        return sha256_of(temporary)


def write_placed(path: Path, frame: pd.DataFrame, index: RowIndex) -> None:
    """Write a table so that the rows near an area can be read without the others.

    Neighbours stand together, in small groups of which the file knows the boxes; each row carries
    its box and its number.

    Parameters
    ----------
    path
        Parquet file.
    frame
        What :func:`conform` returned.
    index
        Boxes of its rows.
    """
    placed = frame.iloc[index.order].reset_index(drop=True)
    placed[_ROW] = index.order.astype(np.int64)
    for name, edge in zip(_EDGES, index.boxes[index.order].T, strict=True):
        placed[name] = edge
    with replacing(path) as temporary:
        placed.to_parquet(temporary, compression="zstd", index=False, row_group_size=GROUP_ROWS)


def read_rows(path: Path, table: Table, area: Bounds) -> pd.DataFrame:
    """Read the rows of a table whose boxes touch an area.

    Parameters
    ----------
    path
        Parquet file written by :func:`write_placed`.
    table
        Its schema.
    area
        The area [m].

    Returns
    -------
    DataFrame
        In the original order; the index is the row number in the whole table.
    """
    x_min, y_min, x_max, y_max = _EDGES
    near = [
        (x_min, "<=", area.x_max),
        (x_max, ">=", area.x_min),
        (y_min, "<=", area.y_max),
        (y_max, ">=", area.y_min),
    ]
    return _in_order(_read(path, table, filters=near))


def read_table(path: Path, table: Table) -> pd.DataFrame:
    """Read a working table, with its rows in the original order.

    Parameters
    ----------
    path
        Parquet file written by :func:`write_table` or :func:`write_placed`.
    table
        Its schema.
    """
    frame = _read(path, table)
    return _in_order(frame).reset_index(drop=True) if _ROW in frame.columns else frame


def _in_order(placed: pd.DataFrame) -> pd.DataFrame:
    frame = placed.set_index(_ROW).sort_index()
    frame.index.name = None
    return frame.drop(columns=[*_EDGES])


def _read(
    path: Path, table: Table, filters: list[tuple[str, str, float]] | None = None
) -> pd.DataFrame:
    try:
        if table.geometry == "none":
            return pd.read_parquet(path, filters=filters)
        located: pd.DataFrame = gpd.read_parquet(path, filters=filters)
    except (OSError, ValueError) as error:
        msg = f"table {path} cannot be read: {error}"
        raise StoreError(msg, hint="delete the folder .work and run again") from error
    return located


def row_boxes(table: Table, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Boxes of the rows of a table in space.

    Parameters
    ----------
    table
        Schema: rows have a geometry, or xyz or triangle coordinates.
    frame
        Its rows.

    Returns
    -------
    array
        Shape (n, 4): x_min, y_min, x_max, y_max [m]; infinite for rows that lie nowhere, so that
        they belong to every tile.
    """
    if table.geometry != "none":
        boxes: NDArray[np.float64] = gpd.GeoSeries(frame["geometry"]).bounds.to_numpy(np.float64)
        return boxes
    for name in ("xyz", "triangle"):
        if name in table.column_names:
            return _boxes_of_points(list(frame[name]))
    everywhere = [-np.inf, -np.inf, np.inf, np.inf]
    return np.tile(np.array(everywhere), (len(frame), 1))


def _boxes_of_points(rows: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    if not rows:
        return np.empty((0, 4))
    points = np.concatenate([np.asarray(row, dtype=np.float64) for row in rows]).reshape(-1, 3)
    starts = np.concatenate([[0], np.cumsum([len(row) // 3 for row in rows])[:-1]])
    low = np.minimum.reduceat(points[:, :2], starts, axis=0)
    high = np.maximum.reduceat(points[:, :2], starts, axis=0)
    return np.concatenate([low, high], axis=1)


def row_digests(frame: pd.DataFrame) -> NDArray[np.uint64]:
    """Digest of every row, so that a tile's fingerprint covers only the rows that reach it.

    Parameters
    ----------
    frame
        A working table.

    Returns
    -------
    array
        Shape (n,), uint64.
    """
    total = np.zeros(len(frame), dtype=np.uint64)
    for position, name in enumerate(frame.columns):
        column = frame[name]
        if name == "geometry":
            plain = gpd.GeoSeries(column).to_wkb()
        elif len(column) and isinstance(column.iloc[0], np.ndarray):
            plain = column.map(lambda a: np.asarray(a, dtype=np.float64).tobytes())
        else:
            plain = column
        hashed = np.array(pd.util.hash_pandas_object(plain, index=False), dtype=np.uint64)
        total = total * np.uint64(1099511628211) + hashed * np.uint64(position + 1)
    return total

"""Tables of the working store: checked against their schema; boxes and digests of their rows."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from citytwin.errors import CityTwinError
from citytwin.kernels.gml_places import boxes
from citytwin.kernels.row_hashes import hash_stretches
from citytwin.model.ragged import FLOAT_LISTS, INT_LISTS, flattened
from citytwin.model.tables import Column, Table

_DTYPES = {
    "string": "string",
    "float64": "float64",
    "int64": "Int64",
    "int32": "Int32",
    "int8": "Int8",
    "bool": "bool",
}
_LISTS = {"floats": FLOAT_LISTS, "ints": INT_LISTS}
ANYWHERE = (-math.inf, -math.inf, math.inf, math.inf)
"""Box of rows that belong to every tile."""


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
    given = getattr(frame, "crs", None)
    plain = pd.DataFrame(frame, copy=False).reset_index(drop=True)
    columns = {column.name: _conform_column(table, column, plain) for column in table.columns}
    if table.geometry == "none":
        return pd.DataFrame(columns)
    geometry = gpd.GeoSeries(columns.pop("geometry"), crs=given or crs)
    if not _is_named(geometry.crs, crs):
        msg = f"table {table.name}: geometry is in {geometry.crs.to_string()}, the city in {crs}"
        raise TableError(msg)
    located: pd.DataFrame = gpd.GeoDataFrame(columns, geometry=geometry.array, crs=geometry.crs)
    return located


@lru_cache(maxsize=8)
def _is_named(crs: CRS, name: str) -> bool:
    """Whether a CRS is the one with a code; PROJ takes long to say so."""
    return str(crs.to_epsg()) == name.removeprefix("EPSG:")


def empty(table: Table, crs: str) -> pd.DataFrame:
    """Return a table without rows.

    Parameters
    ----------
    table
        The schema.
    crs
        CRS of the city.
    """
    return _rowless(table, crs).copy()


@lru_cache(maxsize=64)
def _rowless(table: Table, crs: str) -> pd.DataFrame:
    """Return the one table without rows of a schema: checking its types costs more than a copy."""
    rowless = pd.DataFrame({name: [] for name in table.column_names}, dtype=object)
    return conform(table, rowless, crs)


def _conform_column(table: Table, column: Column, frame: pd.DataFrame) -> Any:
    values: Any = frame[column.name]
    try:
        if column.kind == "time":
            values = pd.to_datetime(values, utc=True)
        elif column.kind in _LISTS:
            values = _as_lists(values, _LISTS[column.kind])
        elif column.kind in _DTYPES and values.dtype != _DTYPES[column.kind]:
            values = values.astype(_DTYPES[column.kind])
    except (TypeError, ValueError, pa.ArrowException) as error:
        msg = f"table {table.name}, column {column.name}: not {column.kind}: {error}"
        raise TableError(msg) from error
    if not column.nullable and values.isna().any():
        row = int(np.flatnonzero(values.isna())[0])
        msg = f"table {table.name}, column {column.name}: row {row} is null"
        raise TableError(msg)
    return values


def _as_lists(values: pd.Series[Any], dtype: pd.ArrowDtype) -> pd.Series[Any]:
    if values.dtype == dtype:
        return values
    lists = pa.array(values.to_list(), type=dtype.pyarrow_dtype)
    return pd.Series(pd.arrays.ArrowExtensionArray(lists), dtype=dtype)


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
            return _boxes_of_points(*flattened(frame[name]))
    return np.tile(np.array(ANYWHERE), (len(frame), 1))


def _boxes_of_points(xyz: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    low, high = np.empty((len(offsets) - 1, 3)), np.empty((len(offsets) - 1, 3))
    boxes(xyz.reshape(-1, 3), offsets // 3, low, high)
    edges = np.column_stack([low[:, :2], high[:, :2]])
    edges[offsets[1:] == offsets[:-1]] = np.nan  # a row without points lies nowhere
    return edges


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
    plain = pd.DataFrame(frame)
    for position, name in enumerate(plain.columns):
        column = plain[name]
        if name == "geometry":
            outlines = shapely.to_wkb(np.asarray(column, dtype=object))
            values = pa.array(outlines, type=pa.binary())
        else:
            values = pa.array(column)
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        hashed = _mixed(_hashes(values) + np.uint64(position))
        total = _mixed(total + hashed)
    return total


def table_digest(frame: pd.DataFrame) -> str:
    """Return the sha256 over the digests of all rows, in their order.

    Parameters
    ----------
    frame
        A working table.
    """
    return hashlib.sha256(row_digests(frame).astype("<u8").tobytes()).hexdigest()


def building_hashes(table: Table, frame: pd.DataFrame) -> NDArray[np.uint64]:
    """Hash of the building that each row is, or is a part of.

    Parameters
    ----------
    table, frame
        A working table and its schema.

    Returns
    -------
    array
        Shape (n,), uint64; 0 where rows belong to no building.
    """
    if not table.building:
        return np.zeros(len(frame), dtype=np.uint64)
    values = pa.array(pd.DataFrame(frame)[table.building])
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return _mixed(_hashes(values)) | np.uint64(1)


def _hashes(values: pa.Array) -> NDArray[np.uint64]:
    """Hash of every value of a column, that of its bytes."""
    kind = values.type
    if pa.types.is_large_list(kind):
        offsets = np.asarray(values.offsets) * (values.values.type.bit_width // 8)
        plain = values.values.to_numpy(zero_copy_only=False).view(np.uint8)
    elif pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind):
        large = values.cast(pa.large_binary())
        buffers = large.buffers()
        offsets = np.frombuffer(buffers[1], dtype=np.int64)[large.offset :][: len(large) + 1]
        plain = np.frombuffer(buffers[2] or b"", dtype=np.uint8)
    else:
        number = pa.float64() if pa.types.is_floating(kind) else pa.int64()
        plain = values.cast(number).fill_null(0).to_numpy(zero_copy_only=False).view(np.uint8)
        offsets = 8 * np.arange(len(values) + 1, dtype=np.int64)
    hashed = np.empty(len(values), dtype=np.int64)
    hash_stretches(plain, offsets, hashed)
    if values.null_count:
        hashed[values.is_null().to_numpy(zero_copy_only=False)] = -1
    return hashed.view(np.uint64)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Finalizer of SplitMix64: every bit of the result depends on every bit of the value."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))

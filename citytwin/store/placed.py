"""Tables on the disk: files of rows in small groups of neighbours, each row with box and digest.

A table may lie in many files, as its source was read; a tile opens those near it and reads their
groups near it. What stands in the files is read by Arrow, without an object per row.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from geopandas.array import from_shapely
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from pyproj import CRS

from citytwin.errors import DamagedError
from citytwin.model.grid import Bounds
from citytwin.model.ragged import FLOAT_LISTS, INT_LISTS
from citytwin.model.tables import Table
from citytwin.store.at_rest import open_file, readable
from citytwin.store.atomic import replacing
from citytwin.store.damage import unreadable
from citytwin.store.row_changes import FileRows, Replaced, replaced_rows
from citytwin.store.row_index import GROUP_ROWS, RowIndex
from citytwin.store.tables import ANYWHERE, building_hashes, row_boxes, row_digests
from citytwin.transports.files import sha256_of

_ROW, _DIGEST, _BUILDING = "_row", "_digest", "_building"
_EDGES = ("_x_min", "_y_min", "_x_max", "_y_max")
_BESIDE = (_ROW, *_EDGES, _DIGEST, _BUILDING)
"""Columns beside those of the schema."""
_PLACES_KEPT = 64
"""Files whose boxes and digests are kept at hand; tiles follow each other along the files."""
_FOOT_BYTES = 8
"""At the end of a Parquet file: length of its description, and a magic word."""
_KINDS_KEPT = 64
"""More than there are tables."""
_TYPES = {dtype.pyarrow_dtype: dtype for dtype in (FLOAT_LISTS, INT_LISTS)}
"""Types of pandas for those of Arrow that it would make objects of."""


class TableFile(BaseModel):
    """A file with some consecutive rows of a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    """From the root of the store."""
    rows: int
    digest: str
    """sha256 of the file."""
    box: tuple[float, float, float, float] | None
    """x_min, y_min, x_max, y_max of all rows [m]; None where rows belong everywhere."""
    footer: int | None = None
    """Checksum (CRC-32) of the description at the end of the file; its pages have their own."""
    first_row: int = 0
    """Number in the whole table of the first of its rows."""
    replaced: Replaced | None = None
    """What it changed of the file whose place it took; None where that is not known."""

    def near(self, area: Bounds) -> bool:
        """Whether rows of the file may touch an area."""
        x_min, y_min, x_max, y_max = self.box or ANYWHERE
        across = x_min <= area.x_max and x_max >= area.x_min
        return self.rows > 0 and across and y_min <= area.y_max and y_max >= area.y_min


class Places:
    """Boxes, digests and buildings of the rows of one file.

    Parameters
    ----------
    index
        Boxes of the rows.
    digests
        Of what steps see of each row, shape (n,), uint64.
    buildings
        Hash of the building that each row is, or is a part of, shape (n,), uint64; 0 for none, as
        where they are left out.
    """

    def __init__(
        self,
        index: RowIndex,
        digests: NDArray[np.uint64],
        buildings: NDArray[np.uint64] | None = None,
    ) -> None:
        self.index = index
        self.digests = digests
        self.buildings = np.zeros(len(digests), np.uint64) if buildings is None else buildings

    @classmethod
    def of(cls, table: Table, frame: pd.DataFrame) -> Places:
        """Look at the rows of a table.

        Parameters
        ----------
        table, frame
            What :func:`citytwin.store.tables.conform` returned, with its schema.
        """
        seen = pd.DataFrame(frame).drop(columns=table.of_file)
        index = RowIndex(row_boxes(table, frame))
        return cls(index, row_digests(seen), building_hashes(table, frame))

    def in_place_of(self, before: Places) -> Replaced | None:
        """What a file with these rows changes of another; None where that is not known."""
        old = FileRows(before.index.boxes, before.digests, before.buildings)
        return replaced_rows(old, FileRows(self.index.boxes, self.digests, self.buildings))


def write_placed(
    root: Path, path: Path, frame: pd.DataFrame, places: Places, *, compared: bool = True
) -> TableFile:
    """Write a table atomically, so that the rows near an area can be read without the others.

    Parameters
    ----------
    root
        Folder of the store.
    path
        Parquet file below it.
    frame
        What :func:`citytwin.store.tables.conform` returned.
    places
        Boxes and digests of its rows.
    compared
        Whether to say what it changes of the file whose place it takes.
    """
    index = places.index
    plain = pd.DataFrame(frame)  # geopandas looks at the geometry whenever a column is asked for
    columns = {name: _column(plain, name) for name in plain.columns}
    stored = pa.table(columns).take(pa.array(index.order))
    edges = index.boxes[index.order]
    beside = [index.order.astype(np.int64), *edges.T]
    beside += [places.digests[index.order], places.buildings[index.order]]
    for name, values in zip(_BESIDE, beside, strict=True):
        stored = stored.append_column(name, pa.array(values))
    kinds = tuple((str(name), dtype) for name, dtype in frame.dtypes.items())
    crs = frame.crs.to_wkt() if isinstance(frame, gpd.GeoDataFrame) else None
    box, replaced = index.bounds, _in_place_of(root, path, places) if compared else None
    with replacing(path) as temporary:
        pq.write_table(
            stored.replace_schema_metadata(_metadata(kinds, crs)),
            temporary,
            compression="zstd",
            row_group_size=GROUP_ROWS,
            # Within a group hardly anything repeats, and only places are looked for.
            use_dictionary=False,
            write_statistics=list(_EDGES),
            write_page_checksum=True,
        )
        digest, footer = sha256_of(temporary), _footer(temporary)
    return TableFile(
        path=path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path),
        rows=len(frame),
        digest=digest,
        footer=footer,
        box=None if box is None else (box.x_min, box.y_min, box.x_max, box.y_max),
        replaced=replaced,
    )


def _in_place_of(root: Path, path: Path, places: Places) -> Replaced | None:
    """What a table changes of the file whose place it takes."""
    if not path.is_file():
        return None
    try:
        before = _read_places(root, TableFile(path=str(path), rows=0, digest="", box=None))
    except DamagedError:
        return None
    return places.in_place_of(before)


def _column(frame: pd.DataFrame, name: str) -> pa.Array:
    if name != "geometry":
        return pa.array(frame[name])
    outlines = shapely.to_wkb(np.asarray(frame[name], dtype=object), flavor="iso")
    return pa.array(outlines, type=pa.binary())


@lru_cache(maxsize=_KINDS_KEPT)
def _metadata(kinds: tuple[tuple[str, Any], ...], crs: str | None) -> dict[bytes, bytes]:
    """What pandas and geopandas note beside the columns of a file, the same for all of a kind."""
    columns = {name: pd.Series([], dtype=dtype) for name, dtype in kinds}
    geometry = columns.pop("geometry", None)
    beside = {
        _ROW: pd.Series([], dtype="int64"),
        **{name: pd.Series([], dtype="float64") for name in _EDGES},
        _DIGEST: pd.Series([], dtype="uint64"),
        _BUILDING: pd.Series([], dtype="uint64"),
    }
    frame = pd.DataFrame({**columns, **beside})
    if geometry is not None:
        frame = gpd.GeoDataFrame(frame, geometry=[], crs=crs)
    names = [*(name for name, _ in kinds), *beside]
    with io.BytesIO() as file:
        frame[names].to_parquet(file, index=False)
        noted = dict(pq.read_schema(file).metadata)
    if b"geo" in noted:
        said = json.loads(noted[b"geo"])
        said["columns"]["geometry"].pop("bbox", None)  # of the rows that are not there
        noted[b"geo"] = json.dumps(said).encode()
    return noted


def read_rows(
    root: Path, files: Sequence[TableFile], table: Table, area: Bounds | None = None
) -> pd.DataFrame:
    """Read the rows of a table whose boxes touch an area, or all.

    Parameters
    ----------
    root
        Folder of the store.
    files
        All files of the table, in order.
    table
        Its schema.
    area
        The area [m].

    Returns
    -------
    DataFrame
        In the original order; the index is the row number in the whole table.
    """
    filters = None if area is None else _touching(area)
    wanted = [file for file in files if area is None or file.near(area)] or files[:1]
    parts = [_in_order(_stored(root, file, None, filters), file) for file in wanted]
    return _framed(pa.concat_tables(parts), table)


def is_intact(root: Path, file: TableFile) -> bool:
    """Whether a file still is what was written, byte by byte.

    Parameters
    ----------
    root
        Folder of the store.
    file
        The file.
    """
    try:
        return sha256_of(root / file.path) == file.digest
    except OSError:
        return False


def read_columns(root: Path, file: TableFile, columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of a file, in the original order of its rows.

    Parameters
    ----------
    root
        Folder of the store.
    file
        The file.
    columns
        None of them a geometry.
    """
    # What pandas noted of the columns left out would be looked at as well.
    stored = _stored(root, file, [*columns, _ROW]).replace_schema_metadata()
    frame: pd.DataFrame = stored.to_pandas(types_mapper=_TYPES.get)
    return frame.set_index(_ROW).sort_index()


def places_of(root: Path, file: TableFile) -> Places:
    """Return boxes and digests of the rows of a file; those of the last files are kept at hand.

    Parameters
    ----------
    root
        Folder of the store.
    file
        The file.
    """
    return _places(root, file.model_copy(update={"first_row": 0, "replaced": None}))


@lru_cache(maxsize=_PLACES_KEPT)
def _places(root: Path, file: TableFile) -> Places:
    return _read_places(root, file)


def _read_places(root: Path, file: TableFile) -> Places:
    stored = _stored(root, file, list(_BESIDE))
    order = stored[_ROW].to_numpy().astype(np.intp)
    boxes = np.empty((len(order), 4))
    for edge, name in enumerate(_EDGES):
        boxes[order, edge] = stored[name].to_numpy()
    digests = np.empty(len(order), dtype=np.uint64)
    digests[order] = stored[_DIGEST].to_numpy()
    buildings = np.empty(len(order), dtype=np.uint64)
    buildings[order] = stored[_BUILDING].to_numpy()
    return Places(RowIndex(boxes, order), digests, buildings)


def _touching(area: Bounds) -> list[tuple[str, str, float]]:
    x_min, y_min, x_max, y_max = _EDGES
    return [
        (x_min, "<=", area.x_max),
        (x_max, ">=", area.x_min),
        (y_min, "<=", area.y_max),
        (y_max, ">=", area.y_min),
    ]


def _in_order(placed: pa.Table, file: TableFile) -> pa.Table:
    """Rows of a file in their order, with their numbers in the whole table."""
    rows = placed[_ROW].to_numpy()
    order = np.argsort(rows, kind="stable")
    ordered = placed.drop_columns(list(_BESIDE)).take(pa.array(order))
    return ordered.append_column(_ROW, pa.array(rows[order] + file.first_row))


def _framed(stored: pa.Table, table: Table) -> pd.DataFrame:
    """Rows as pandas has them; all files at once, for each would take as long as hundreds of rows."""
    names = [name for name in stored.column_names if name not in ("geometry", _ROW)]
    frame: pd.DataFrame = stored.select(names).to_pandas(types_mapper=_TYPES.get)
    frame.index = pd.Index(stored[_ROW].to_numpy())
    if table.geometry == "none":
        return frame
    outlines = shapely.from_wkb(stored["geometry"].to_numpy(zero_copy_only=False))
    geometry = from_shapely(outlines, crs=_crs_of(stored.schema.metadata[b"geo"]))
    frame.insert(stored.column_names.index("geometry"), "geometry", geometry)
    located: pd.DataFrame = gpd.GeoDataFrame(frame, geometry="geometry")
    return located


@lru_cache(maxsize=_KINDS_KEPT)
def _crs_of(noted: bytes) -> CRS:
    """CRS that a file names for its outlines."""
    return CRS.from_user_input(json.loads(noted)["columns"]["geometry"]["crs"])


def _stored(
    root: Path, file: TableFile, columns: list[str] | None, filters: Any = None
) -> pa.Table:
    path = root / file.path
    try:
        _check_footer(path, file)
        return pq.read_table(
            readable(path), columns=columns, filters=filters, page_checksum_verification=True
        )
    except (OSError, ValueError, pa.ArrowException) as error:
        raise unreadable(f"table {path}", error, [path]) from error


def _check_footer(path: Path, file: TableFile) -> None:
    if file.footer is not None and _footer(path) != file.footer:
        msg = "its description is not what was written"
        raise ValueError(msg)


def _footer(path: Path) -> int:
    """Checksum of what a Parquet file says of itself at its end."""
    with open_file(path) as file:
        size = file.seek(-_FOOT_BYTES, io.SEEK_END)
        length = int.from_bytes(file.read(4), "little")
        file.seek(max(0, size - length))
        return zlib.crc32(file.read())

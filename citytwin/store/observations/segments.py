"""Segments: files of rows in Parquet, there whole or not at all, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.store.at_rest import readable
from citytwin.store.atomic import replacing
from citytwin.store.observations.manifest import Segment
from citytwin.store.observations.schema import SEGMENT, Kind, counted, day_of

INCOMING = "incoming"
"""Folder of segments as they came, one per commit."""
_ROWS_PER_GROUP = 128 * 1024
_TEXTS = ("raw_ref", "raw_unit", "text")


def write_segment(folder: Path, kind: Kind, table: pa.Table, *, day: int | None = None) -> Segment:
    """Write rows to the disk; they count once the manifest says so.

    Parameters
    ----------
    folder
        Of the store.
    kind
        What the rows are.
    table
        Of the columns of `SEGMENT`.
    day
        Of rows that are sorted and all of one day; None: as they came.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    name = f"{uuid4().hex}.parquet"
    place = folder / kind.value / (INCOMING if day is None else str(np.datetime64(day, "D")))
    empty = [n for n in SEGMENT.names if SEGMENT.field(n).nullable and _all_null(table[n])]
    table = table.drop_columns(empty)
    with replacing(place / name) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=1,
            use_dictionary=[text for text in _TEXTS if text not in empty],
            row_group_size=_ROWS_PER_GROUP,
            write_statistics=day is not None,
        )
    if day is not None:
        return Segment(0, kind, place / name, True, table.num_rows, {day: table.num_rows})
    ends = table["phenomenon_end"].cast(pa.int64()).to_numpy()
    per_day = dict(zip(*counted(day_of(ends)), strict=True))
    return Segment(0, kind, place / name, False, table.num_rows, per_day)


def read_segment(
    path: Path, columns: Sequence[str], series: NDArray[np.int32] | None = None
) -> pa.Table:
    """Read columns of a segment.

    Parameters
    ----------
    path
        The file.
    columns
        Their names.
    series
        Sorted numbers: only the groups of rows that may hold one of them are read; the caller
        sorts out the others.

    Raises
    ------
    StoreError
        If the file is missing or damaged.
    """
    try:
        with ExitStack() as stack:
            file = pq.ParquetFile(readable(path), memory_map=False)
            stack.callback(file.close, force=True)  # also what was opened for it
            there = [name for name in columns if name in file.schema_arrow.names]
            if series is None:
                table = file.read(columns=there, use_threads=False)
            else:
                groups = _groups_with(file.metadata, series)
                table = file.read_row_groups(groups, columns=there, use_threads=False)
    except (FileNotFoundError, StoreError):
        raise
    except (OSError, pa.ArrowException) as error:
        msg = f"{path} cannot be read: {error}"
        raise StoreError(msg, hint="restore it from a backup of the store") from error
    return _completed(table, columns)


def _completed(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Put back the columns without any value, which are not written."""
    n = table.num_rows
    return pa.table(
        [
            table[name] if name in table.schema.names else pa.nulls(n, SEGMENT.field(name).type)
            for name in columns
        ],
        names=list(columns),
    )


def _all_null(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count == len(column))


def _groups_with(metadata: pq.FileMetaData, series: NDArray[np.int32]) -> list[int]:
    at = SEGMENT.get_field_index("series")
    found = []
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(at).statistics
        if statistics is None or not statistics.has_min_max:
            found.append(group)
            continue
        low, high = np.searchsorted(series, [statistics.min, statistics.max + 1])
        if high > low:
            found.append(group)
    return found

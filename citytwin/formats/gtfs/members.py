"""The text files that a GTFS timetable consists of, as columns of texts."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.csv as pc

from citytwin.errors import SourceError
from citytwin.model.notes import Reject
from citytwin.transports.files import open_binary, size_of

_LONGEST_HEADER = 65_536
_MOST_BYTES = 2_000_000_000
"""Of one file; the stop times of a large country have 1 GB."""


def read_member(
    path: Path, name: str, needed: Sequence[str], useful: Sequence[str] = ()
) -> tuple[pd.DataFrame, list[Reject]]:
    """Read a file of a timetable.

    Parameters
    ----------
    path
        The file, also within an archive.
    name
        How messages call it.
    needed
        Columns that it must have.
    useful
        Columns that come out empty where it has none.

    Returns
    -------
    DataFrame
        Texts without blanks around them; the empty text where a cell is empty.
    list of Reject
        One for all lines of another number of cells.

    Raises
    ------
    SourceError
        If it cannot be read, is too large, no UTF-8, no CSV, or lacks a column.
    """
    wanted, bad = [*needed, *useful], 0

    def skipped(row: pc.InvalidRow) -> str:  # noqa: ARG001 - that there is one is all that counts
        nonlocal bad
        bad += 1
        return "skip"

    try:
        if size_of(path) > _MOST_BYTES:
            raise SourceError(f"larger than {_MOST_BYTES} bytes", source=name)
        names = _header(path, name, needed)
        with open_binary(path) as file:
            table = pc.read_csv(
                file,
                pc.ReadOptions(column_names=names, skip_rows=1, use_threads=False),
                pc.ParseOptions(newlines_in_values=True, invalid_row_handler=skipped),
                pc.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=[column for column in wanted if column in names],
                ),
            )
    except pa.ArrowException as error:
        raise SourceError(f"no CSV in UTF-8: {error}", source=name) from error
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", source=name) from error
    frame = pd.DataFrame(
        {
            column: compute.utf8_trim_whitespace(table[column]).to_pandas()
            if column in table.column_names
            else ""
            for column in wanted
        },
        index=range(table.num_rows),
        dtype=object,
    )
    return frame, _told(name, bad)


def _told(name: str, bad: int) -> list[Reject]:
    message = f"{bad} lines have another number of cells than the first"
    return [Reject(source=name, record="lines", code="cells", message=message)] if bad else []


def _header(path: Path, name: str, needed: Sequence[str]) -> list[str]:
    with open_binary(path) as file:
        head = file.readline(_LONGEST_HEADER)
    try:
        names = [cell.strip() for cell in next(csv.reader([head.decode("utf-8-sig")]), [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"its first line is no CSV: {error}", source=name) from error
    lacking = [column for column in needed if column not in names]
    if lacking:
        raise SourceError(f"columns {', '.join(lacking)} are missing", source=name)
    if len(set(names)) < len(names):
        raise SourceError("names a column twice", source=name)
    return names

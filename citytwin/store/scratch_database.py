"""Databases of SQLite that are filled aside, and thrown away where that fails: they need no journal.

On a disk that machines share, a journal that is deleted may stay behind under another name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyogrio

_GDAL = {"OGR_SQLITE_JOURNAL": "OFF", "OGR_SQLITE_SYNCHRONOUS": "OFF"}


def let_gdal_fill() -> None:
    """Let GDAL, in this process, keep no journals beside what it writes, nor wait for the disk."""
    pyogrio.set_gdal_config_options(_GDAL)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open one, for the time of the block.

    Parameters
    ----------
    path
        File.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        yield connection

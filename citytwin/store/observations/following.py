"""What a reader knows of a store: it follows the manifest, and never waits for the writer."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citytwin.store.observations.manifest import MANIFEST, Segment, connect, segments_of, told
from citytwin.store.observations.schema import Kind

IntIndex = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class SeriesTable:
    """All series, by number."""

    source: NDArray[np.object_]
    thing: NDArray[np.object_]
    observed: NDArray[np.object_]
    unit: NDArray[np.object_]
    """Shape (number of series,) each."""

    def __len__(self) -> int:
        return len(self.thing)


class Following:
    """The manifest as a reader sees it, read again when it has changed.

    Parameters
    ----------
    folder
        Of the store.

    Raises
    ------
    StoreError
        If there is none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection: sqlite3.Connection = connect(folder, writing=False)
        self._closing = weakref.finalize(self, self.connection.close)
        self._version = -1
        self._segments: dict[Kind, tuple[Segment, ...]] = {}
        self._rows: list[tuple[str, str, str, str]] = []
        self._series: SeriesTable | None = None
        self.known_us = 0
        """When the last commit became known [us]."""

    def refresh(self) -> None:
        """Read what has been committed since."""
        with told(self.folder / MANIFEST, "read"):
            (version,) = self.connection.execute("PRAGMA data_version").fetchone()
            if version == self._version:
                return
            self.connection.execute("BEGIN")
            try:
                for kind in Kind:
                    self._segments[kind] = segments_of(self.connection, self.folder, kind)
                fresh = self.connection.execute(
                    "SELECT source, thing, property, unit FROM series WHERE id >= ? ORDER BY id",
                    (len(self._rows),),
                ).fetchall()
                (known,) = self.connection.execute("SELECT known_us FROM totals").fetchone()
            finally:
                self.connection.execute("COMMIT")
        self._version = version
        self.known_us = int(known)
        if fresh or self._series is None:
            self._rows += fresh
            self._series = _series_table(self._rows)

    def segments(self, kind: Kind) -> tuple[Segment, ...]:
        """Return the segments of a kind as of the last refresh.

        Parameters
        ----------
        kind
            Which rows.
        """
        return self._segments[kind]

    @property
    def series(self) -> SeriesTable:
        """All series as of the last refresh."""
        if self._series is None:
            self.refresh()
        assert self._series is not None  # noqa: S101
        return self._series

    def close(self) -> None:
        """Close the manifest."""
        self._closing()


def _series_table(rows: Sequence[tuple[str, str, str, str]]) -> SeriesTable:
    columns = np.empty((4, len(rows)), dtype=np.object_)
    for at, row in enumerate(rows):
        columns[:, at] = row
    return SeriesTable(*columns)

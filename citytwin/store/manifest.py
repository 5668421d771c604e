"""The manifest: what stands in the working store, and the fingerprint it was made from.

SQLite with full synchronisation, so that a record is either there or not after a kill at any
moment. A record is removed before its result is made anew and written after it is complete.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from citytwin.errors import StoreError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    step TEXT NOT NULL, part TEXT NOT NULL, fingerprint TEXT NOT NULL, payload TEXT NOT NULL,
    seconds REAL NOT NULL, PRIMARY KEY (step, part)
);
CREATE TABLE IF NOT EXISTS runs (
    key TEXT PRIMARY KEY, run_id TEXT NOT NULL, summary TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS file_hashes (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Standing:
    """A finished part of a step."""

    fingerprint: str
    payload: str
    """What the step had to say about this part, as JSON."""
    seconds: float
    """Time it took [s]."""


@dataclass(frozen=True)
class FinishedRun:
    """The last run that ended for a request."""

    run_id: str
    summary: str
    """Losses of the run, as a JSON list of texts."""


class Manifest:
    """Records of one city's working store.

    Parameters
    ----------
    path
        SQLite file; made when it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            msg = f"the manifest {path} cannot be opened: {error}"
            raise StoreError(
                msg, hint="check the disk, or delete the file to start over"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def standing(self, step: str, part: str) -> Standing | None:
        """Return the record of a finished part, or None."""
        row = self._connection.execute(
            "SELECT fingerprint, payload, seconds FROM results WHERE step=? AND part=?",
            (step, part),
        ).fetchone()
        return None if row is None else Standing(*row)

    def forget(self, step: str, part: str) -> None:
        """Remove a record, before its result is made anew."""
        self._connection.execute("DELETE FROM results WHERE step=? AND part=?", (step, part))

    def record(self, step: str, part: str, standing: Standing) -> None:
        """Write a record, after its result is complete."""
        self._connection.execute(
            "INSERT OR REPLACE INTO results VALUES (?,?,?,?,?)",
            (step, part, standing.fingerprint, standing.payload, standing.seconds),
        )

    def seconds_of(self, step: str) -> float | None:
        """Return the time that all recorded parts of a step took together [s]."""
        row = self._connection.execute(
            "SELECT SUM(seconds) FROM results WHERE step=?", (step,)
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def finished(self, key: str) -> FinishedRun | None:
        """Return the run that last ended for this request, or None."""
        row = self._connection.execute(
            "SELECT run_id, summary FROM runs WHERE key=?", (key,)
        ).fetchone()
        return None if row is None else FinishedRun(*row)

    def finish(self, key: str, run: FinishedRun) -> None:
        """Note that a request has been carried out; earlier notes are dropped."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM runs")
            connection.execute("INSERT INTO runs VALUES (?,?,?)", (key, run.run_id, run.summary))

    def unfinish(self) -> None:
        """Forget which request was carried out, before anything is changed."""
        self._connection.execute("DELETE FROM runs")

    def hash_of(self, path: Path) -> str | None:
        """Return the known sha256 of a file whose size and time stamp have not changed."""
        stat = path.stat()
        row = self._connection.execute(
            "SELECT sha256 FROM file_hashes WHERE path=? AND size=? AND mtime_ns=?",
            (str(path), stat.st_size, stat.st_mtime_ns),
        ).fetchone()
        return None if row is None else str(row[0])

    def hash_anew(self, path: Path, sha256_of: Callable[[Path], str]) -> str:
        """Hash a file and keep the result with the size and time stamp from before.

        A file that is written to meanwhile then has another time stamp than the one kept.
        """
        stat = path.stat()
        sha256 = sha256_of(path)
        self._connection.execute(
            "INSERT OR REPLACE INTO file_hashes VALUES (?,?,?,?)",
            (str(path), stat.st_size, stat.st_mtime_ns, sha256),
        )
        return sha256

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except sqlite3.Error:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

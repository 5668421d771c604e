"""The manifest: what stands in the working store, and the fingerprint it was made from.

SQLite with full synchronisation, so that a record is either there or not after a kill at any
moment. A record is removed before its result is made anew and written after it is complete.
In a sealed folder what records tell is sealed, the digests of files too, by which a guess at the
content could be confirmed; names of steps, parts and files, sizes, times, and fingerprints are not.
"""

from __future__ import annotations

import math
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citytwin.errors import DamagedError, SealError, StoreError
from citytwin.security.sealed_folders import folder_key, sealed_root
from citytwin.security.sealed_streams import opened_bytes, sealed_bytes
from citytwin.store.versions import Form, require_known, settle_form, version_of
from citytwin.transports.files import stamp_of

WORK = ".work"
"""Working stores lie in folders of this name, beside what is made from them."""
_NO_DATABASE = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    step TEXT NOT NULL, part TEXT NOT NULL, fingerprint TEXT NOT NULL, payload TEXT NOT NULL,
    seconds REAL NOT NULL, PRIMARY KEY (step, part)
);
CREATE TABLE IF NOT EXISTS runs (
    key TEXT PRIMARY KEY, run_id TEXT NOT NULL, summary TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS spells (
    key TEXT PRIMARY KEY, begin_s REAL NOT NULL, end_s REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS file_hashes (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL
);
"""
_FORM = Form(_SCHEMA)


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
    begin_s: float = -math.inf
    """From when on the same request would have made the same [s since 1970-01-01T00:00Z]."""
    end_s: float = math.inf
    """Until when it makes the same: then a record has something later to show."""


class Manifest:
    """Records of one city's working store.

    Parameters
    ----------
    path
        SQLite file; made when it does not exist.
    connection
        To that file, when it is open already.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection | None = None) -> None:
        self._path = path
        self._sealed = sealed_root(path)
        self._writes = connection is None
        with self._told("opened"):
            if connection is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                connection = sqlite3.connect(path, isolation_level=None)
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA secure_delete=ON")  # of what was kept in clear before
                (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                if said != "ok":
                    raise sqlite3.DatabaseError(said)
                settle_form(connection, path, _FORM)
        self._connection = connection

    @classmethod
    def reading(cls, path: Path) -> Manifest:
        """Open a manifest for looking only: nothing on the disk is made or changed.

        Parameters
        ----------
        path
            SQLite file; where there is none, there is nothing to be found.
        """
        try:
            return cls(path, _looking(path))
        except sqlite3.Error as error:
            raise _damaged(path, "opened", error) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def standing(self, step: str, part: str) -> Standing | None:
        """Return the record of a finished part, or None."""
        row = self._row(
            "SELECT fingerprint, payload, seconds FROM results WHERE step=? AND part=?",
            (step, part),
        )
        if row is None:
            return None
        fingerprint, payload, seconds = row
        return Standing(fingerprint, self._told_in(f"result {step} {part}", payload), seconds)

    def took(self, step: str, part: str) -> float | None:
        """Return the time that a finished part took when it was made whole [s], or None."""
        row = self._row("SELECT seconds FROM results WHERE step=? AND part=?", (step, part))
        return None if row is None else float(row[0])

    def forget(self, step: str, parts: Sequence[str]) -> None:
        """Remove records at once, before their results are made anew."""
        with self._transaction() as connection:
            rows = [(step, part) for part in parts]
            connection.executemany("DELETE FROM results WHERE step=? AND part=?", rows)

    def keep_only(self, step: str, parts: Collection[str]) -> None:
        """Remove the records of all other parts of a step, such as those of another tiling."""
        with self._transaction() as connection:
            found = connection.execute("SELECT part FROM results WHERE step=?", (step,))
            gone = [(step, part) for (part,) in found if part not in parts]
            connection.executemany("DELETE FROM results WHERE step=? AND part=?", gone)

    def steps(self, prefix: str) -> list[str]:
        """Return the steps of which parts are recorded and whose names begin with a text."""
        with self._told("read"):
            found = self._connection.execute("SELECT DISTINCT step FROM results").fetchall()
        return sorted(step for (step,) in found if step.startswith(prefix))

    def record(self, step: str, part: str, standing: Standing) -> None:
        """Write a record, after its result is complete."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO results VALUES (?,?,?,?,?)",
                (
                    step,
                    part,
                    standing.fingerprint,
                    self._kept(f"result {step} {part}", standing.payload),
                    standing.seconds,
                ),
            )

    def seconds_of(self, step: str) -> float | None:
        """Return the time that all recorded parts of a step took together [s]."""
        row = self._row("SELECT SUM(seconds) FROM results WHERE step=?", (step,))
        return None if row is None or row[0] is None else float(row[0])

    def finished(self, key: str) -> FinishedRun | None:
        """Return the run that last ended for this request, or None."""
        row = self._row("SELECT run_id, summary FROM runs WHERE key=?", (key,))
        if row is None:
            return None
        told = self._told_in(f"run {key}", row[1])
        spell = self._row("SELECT begin_s, end_s FROM spells WHERE key=?", (key,))
        return FinishedRun(row[0], told, *(spell or ()))

    def finish(self, key: str, run: FinishedRun) -> None:
        """Note that a request has been carried out; earlier notes are dropped."""
        with self._transaction() as connection:
            _forget_runs(connection)
            summary = self._kept(f"run {key}", run.summary)
            connection.execute("INSERT INTO runs VALUES (?,?,?)", (key, run.run_id, summary))
            spell = (key, run.begin_s, run.end_s)
            connection.execute("INSERT INTO spells VALUES (?,?,?)", spell)

    def unfinish(self) -> None:
        """Forget which request was carried out, before anything is changed."""
        with self._transaction() as connection:
            _forget_runs(connection)

    def hashes_of(
        self, files: Sequence[Path], sha256_of: Callable[[Path], str], *, verify: bool = False
    ) -> dict[Path, str]:
        """Return the sha256 of files, as kept where size and time stamp still hold.

        For a file in an archive they are those of the archive.

        What is hashed anew is kept with the size and time stamp from before: a file that is
        written to meanwhile then has another time stamp than the one kept.

        Parameters
        ----------
        files
            What to hash.
        sha256_of
            Reads a file.
        verify
            Whether to read every file again.

        Raises
        ------
        OSError
            If a file cannot be read.
        """
        found: dict[Path, str] = {}
        fresh: list[tuple[str, int, int, str | bytes]] = []
        for file in files:
            stamp = (str(file), *stamp_of(file))
            known = self._row(
                "SELECT sha256 FROM file_hashes WHERE path=? AND size=? AND mtime_ns=?", stamp
            )
            name = f"hash {file}"
            in_clear = known is not None and self._sealed is not None and isinstance(known[0], str)
            if known is None or in_clear or verify:  # in clear: of a store from before
                found[file] = sha256_of(file)
                fresh.append((*stamp, self._kept(name, found[file]) if self._writes else ""))
            else:
                found[file] = self._told_in(name, known[0])
        if fresh and self._writes:
            with self._transaction() as connection:
                if self._sealed is not None:
                    connection.execute("DELETE FROM file_hashes WHERE typeof(sha256)='text'")
                connection.executemany("INSERT OR REPLACE INTO file_hashes VALUES (?,?,?,?)", fresh)
        return found

    def _kept(self, name: str, text: str) -> str | bytes:
        """A text as it is kept."""
        if self._sealed is None:
            return text
        return sealed_bytes(folder_key(self._sealed), name, text.encode())

    def _told_in(self, name: str, kept: str | bytes) -> str:
        """A text that was kept."""
        if self._sealed is None:
            return str(kept)
        sealed = kept if isinstance(kept, bytes) else kept.encode()
        key = folder_key(self._sealed)
        try:
            return opened_bytes(key, name, sealed).decode()
        except SealError as error:
            files = (str(self._path), f"{self._path}-journal")
            msg = f"the manifest {self._path} cannot be read: {error.message}"
            hint = "run again: all is made anew"
            raise DamagedError(msg, files=files, hint=hint) from error

    def _row(self, query: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        with self._told("read"):
            row: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
        return row

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._told("written"), self._connection as connection:  # commits, or rolls back
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except StoreError:
            raise
        except (sqlite3.Error, OSError) as error:
            raise _damaged(self._path, what, error) from error


def _forget_runs(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM runs")
    connection.execute("DELETE FROM spells")


def _damaged(path: Path, what: str, error: Exception) -> StoreError:
    msg = f"the manifest {path} cannot be {what}: {error}"
    # Without a code it is what `quick_check` said.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if isinstance(error, sqlite3.DatabaseError) and code in _NO_DATABASE:
        files = (str(path), f"{path}-journal")
        return DamagedError(msg, files=files, hint="run again: all is made anew")
    hint = "check the disk and its free space, or delete the file to start over"
    return StoreError(msg, hint=hint)


def _looking(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        empty = sqlite3.connect(":memory:", isolation_level=None)
        empty.executescript(_SCHEMA)
        return empty
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        require_known(path, version_of(connection), _FORM.version)
        connection.execute("SELECT 1 FROM results").fetchone()
    except sqlite3.OperationalError:
        # A kill left a journal, which reading must roll back first: done on a copy.
        connection.close()
        return _repaired_copy(path)
    return connection


def _repaired_copy(path: Path) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with tempfile.TemporaryDirectory() as scratch:
        for file in (path, path.with_name(f"{path.name}-journal")):
            if file.is_file():
                shutil.copyfile(file, Path(scratch) / file.name)
        with closing(sqlite3.connect(Path(scratch) / path.name)) as copy:
            copy.executescript(_SCHEMA)
            copy.backup(memory)
    return memory

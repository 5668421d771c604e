"""The manifest of the observation store: which segments count, and where each feed stands.

SQLite in WAL mode with full synchronisation: one transaction makes a segment count, moves the
cursors of its feeds and keeps what was set aside, so that after a kill at any moment all of it is
there or none. Readers see the state before or after, and nobody waits for them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from citytwin.errors import StoreError
from citytwin.store.database import database_errors, open_database
from citytwin.store.observations.schema import Kind
from citytwin.store.versions import Form, migrate, require_known

MANIFEST = "manifest.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS format (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, path TEXT NOT NULL UNIQUE,
    sorted INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, known_us INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS segment_days (
    segment INTEGER NOT NULL, day INTEGER NOT NULL, rows INTEGER NOT NULL,
    PRIMARY KEY (segment, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS retired (path TEXT PRIMARY KEY, retired_us INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, thing TEXT NOT NULL, property TEXT NOT NULL,
    unit TEXT NOT NULL, UNIQUE (source, thing, property)
);
CREATE TABLE IF NOT EXISTS cursors (
    source TEXT PRIMARY KEY, cursor TEXT NOT NULL, moved_us INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS totals (
    one INTEGER PRIMARY KEY CHECK (one = 1), known_us INTEGER NOT NULL, commits INTEGER NOT NULL,
    stored INTEGER NOT NULL, repeats INTEGER NOT NULL, revisions INTEGER NOT NULL,
    late INTEGER NOT NULL, dead_letters INTEGER NOT NULL, settled INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, reason TEXT NOT NULL,
    message TEXT NOT NULL, record TEXT NOT NULL, raw_ref BLOB NOT NULL, known_us INTEGER NOT NULL,
    UNIQUE (source, reason, message, record, raw_ref)
);
CREATE TABLE IF NOT EXISTS things (
    thing TEXT NOT NULL, known_us INTEGER NOT NULL, source TEXT NOT NULL, name TEXT,
    kind TEXT NOT NULL, longitude_deg REAL NOT NULL, latitude_deg REAL NOT NULL, height_m REAL,
    cadence_s REAL, synthetic INTEGER NOT NULL, PRIMARY KEY (thing, known_us)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dirty (
    property TEXT NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
    marked_us INTEGER NOT NULL, PRIMARY KEY (property, start_us)
) WITHOUT ROWID;
"""
FORM = Form(_SCHEMA)


@dataclass(frozen=True)
class Segment:
    """A file of rows that counts."""

    number: int
    kind: Kind
    path: Path
    in_order: bool
    """Whether it holds one day, sorted by series and time."""
    rows: int
    days: dict[int, int]
    """Rows of each day since 1970-01-01 in UTC on which an interval ends."""


def connect(folder: Path, *, writing: bool) -> sqlite3.Connection:
    """Open the manifest of a store.

    Parameters
    ----------
    folder
        Of the store.
    writing
        Whether to make it where it is missing, and to change it.

    Raises
    ------
    StoreError
        If there is none to read, or it is damaged, or of another version.
    """
    path = folder / MANIFEST
    if not writing and not path.is_file():
        msg = f"{folder} holds no observations"
        raise StoreError(msg, hint="name the folder that `citytwin sync` writes")
    with told(path, "opened"), ExitStack() as opened:
        folder.mkdir(parents=True, exist_ok=True)
        connection = open_database(path, read_only=not writing, one_thread=False)
        opened.callback(connection.close)
        found = known_version(connection, path)
        if writing:
            _settle_form(connection, path, found)
        elif not found:
            msg = f"{folder} holds no observations yet"
            raise StoreError(msg, hint="wait until `citytwin sync` has written some")
        elif found != FORM.version:
            msg = f"{path} is of version {found}, and must be brought to {FORM.version} first"
            raise StoreError(msg, hint="take a backup and start `citytwin sync`: that does it")
        opened.pop_all()
    return connection


def known_version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of a manifest, and refuse what only a later program knows.

    Parameters
    ----------
    connection
        To it, or to a copy.
    path
        The manifest.

    Returns
    -------
    int
        0 where nothing has been written yet.

    Raises
    ------
    StoreError
        If it is newer.
    """
    found = _version_of(connection)
    require_known(path, found, FORM.version)
    return found


def _version_of(connection: sqlite3.Connection) -> int:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'format'"
    if connection.execute(query).fetchone() is None:
        return 0
    row = connection.execute("SELECT version FROM format").fetchone()
    return 0 if row is None else int(row[0])


def _settle_form(connection: sqlite3.Connection, path: Path, found: int) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    if 0 < found < FORM.version:
        migrate(connection, path, FORM, _version_of, _mark)
    connection.executescript(FORM.schema)
    if not found:
        connection.execute("INSERT INTO format VALUES (?)", (FORM.version,))
        connection.execute("INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0)")


def _mark(connection: sqlite3.Connection, version: int) -> None:
    connection.execute("UPDATE format SET version = ?", (version,))


def settle(connection: sqlite3.Connection) -> None:
    """Write something, so that what is seen now is what everybody will see.

    A writer that was killed may have left a whole transaction in the log that nobody knows of, as
    long as a reader keeps the index of the log. It would come back with the next recovery, after
    its segment had been taken for an orphan; the write takes its place in the log.

    Parameters
    ----------
    connection
        To the manifest, of the writer.
    """
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE totals SET settled = settled + 1")


@contextmanager
def told(path: Path, what: str) -> Iterator[None]:
    """Turn what SQLite or the disk refuses into an error for readers.

    Parameters
    ----------
    path
        The manifest.
    what
        What was being done to it.

    Raises
    ------
    StoreError
        If anything was refused.
    """
    try:
        yield
    except StoreError:
        raise
    except database_errors(OSError) as error:
        msg = f"the manifest {path} cannot be {what}: {error}"
        raise StoreError(msg, hint="check the disk, its free space and rights") from error


def segments_of(connection: sqlite3.Connection, folder: Path, kind: Kind) -> tuple[Segment, ...]:
    """Return the segments of a kind that count, in the order in which they were written.

    Parameters
    ----------
    connection
        To the manifest.
    folder
        Of the store.
    kind
        Which rows.
    """
    days: dict[int, dict[int, int]] = {}
    rows = connection.execute(
        "SELECT s.id, s.path, s.sorted, s.rows, d.day, d.rows FROM segments s"
        " JOIN segment_days d ON d.segment = s.id WHERE s.kind = ? ORDER BY s.id, d.day",
        (kind.value,),
    ).fetchall()
    heads: dict[int, tuple[str, int, int]] = {}
    for number, path, in_order, count, day, of_day in rows:
        heads[number] = (path, in_order, count)
        days.setdefault(number, {})[day] = of_day
    return tuple(
        Segment(number, kind, folder / path, bool(in_order), count, days[number])
        for number, (path, in_order, count) in heads.items()
    )


def series_in(connection: sqlite3.Connection) -> Iterator[tuple[str, str, str, str]]:
    """Yield source, thing, property and unit of every series, in the order of their numbers.

    Parameters
    ----------
    connection
        To the manifest.
    """
    yield from connection.execute("SELECT source, thing, property, unit FROM series ORDER BY id")


def add_segment(
    connection: sqlite3.Connection, folder: Path, segment: Segment, known_us: int
) -> int:
    """Make a segment count; the caller holds the transaction.

    Parameters
    ----------
    connection
        To the manifest.
    folder
        Of the store.
    segment
        The file, complete and on the disk; its number is not looked at.
    known_us
        When it is written [us].

    Returns
    -------
    int
        Its number.
    """
    cursor = connection.execute(
        "INSERT INTO segments (kind, path, sorted, rows, bytes, known_us) VALUES (?,?,?,?,?,?)",
        (
            segment.kind.value,
            segment.path.relative_to(folder).as_posix(),
            int(segment.in_order),
            segment.rows,
            segment.path.stat().st_size,
            known_us,
        ),
    )
    number = int(cursor.lastrowid or 0)
    connection.executemany(
        "INSERT INTO segment_days VALUES (?,?,?)",
        [(number, day, rows) for day, rows in segment.days.items()],
    )
    return number

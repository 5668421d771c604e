"""Versions of the databases that a city keeps for years: newer ones are refused, older ones migrated.

Each file carries the version of its form. What this program does not know it does not touch; what
is older is brought up by registered steps, one for each version, in a single transaction: after a
kill the file is of the old version or of the new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from citytwin.errors import StoreError

Step = Callable[[sqlite3.Connection], None]
"""Brings a database from one version to the next; it executes single statements and commits
nothing."""
FIRST = 1
"""Version of databases from before they carried one."""


@dataclass(frozen=True)
class Form:
    """What a database looks like in this program."""

    schema: str
    """Statements that make what is missing."""
    version: int = FIRST
    steps: Mapping[int, Step] = field(default_factory=dict)
    """By the version that they begin with."""


def require_known(path: Path, found: int, known: int) -> None:
    """Refuse a version that only a later program knows.

    Parameters
    ----------
    path
        The database.
    found, known
        Its version, and the latest that this program knows.

    Raises
    ------
    StoreError
        If it is newer.
    """
    if found > known:
        msg = f"{path} is of version {found}, and this citytwin knows none above {known}"
        raise StoreError(msg, hint="a newer citytwin wrote it: install that one again")


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version that a database carries in its head; 0 where it holds nothing.

    Parameters
    ----------
    connection
        To the database.
    """
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found == 0 and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        return FIRST
    return int(found)


def settle_form(connection: sqlite3.Connection, path: Path, form: Form) -> None:
    """Bring a database that is open for writing to the form that this program knows.

    Parameters
    ----------
    connection
        To the database, outside of any transaction.
    path
        The database.
    form
        What it shall be.

    Raises
    ------
    StoreError
        If it is newer, or of a version that nothing leads from.
    """
    found = version_of(connection)
    require_known(path, found, form.version)
    if FIRST <= found < form.version:
        migrate(connection, path, form, version_of, _mark)
    connection.executescript(form.schema)
    _mark(connection, form.version)


def migrate(
    connection: sqlite3.Connection,
    path: Path,
    form: Form,
    read: Callable[[sqlite3.Connection], int],
    mark: Callable[[sqlite3.Connection, int], None],
) -> None:
    """Carry out the steps from the version of a database to this one, all of them or none.

    Parameters
    ----------
    connection
        To the database, outside of any transaction.
    path
        The database.
    form
        What it shall be.
    read, mark
        Read its version, and set it.

    Raises
    ------
    StoreError
        If there is no step from a version.
    """
    with connection:  # commits, or rolls back
        connection.execute("BEGIN IMMEDIATE")
        # Asked again: somebody else may have migrated it before this transaction began.
        for version in range(read(connection), form.version):
            step = form.steps.get(version)
            if step is None:
                msg = f"{path} is of version {version}, from which nothing leads to {form.version}"
                raise StoreError(msg, hint="open it with an earlier citytwin first")
            step(connection)
        mark(connection, form.version)


def _mark(connection: sqlite3.Connection, version: int) -> None:
    if connection.execute("PRAGMA user_version").fetchone() != (version,):
        connection.execute(f"PRAGMA user_version = {version:d}")

"""Opens SQLite databases, in clear or sealed: the place of a file says which.

A sealed one is SQLCipher's: every page of the database, of its log and of its journal is encrypted
(AES-256) and authenticated (HMAC-SHA-512) by itself, so a transaction writes as few pages as in clear.
Its key is derived from that of the folder and from the name of the file: a database in the place of
another does not open.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from types import ModuleType
from typing import cast

from citytwin.errors import ConfigError, SealError
from citytwin.security.sealed_folders import folder_key, name_in, sealed_root

_WAIT_S = 30.0
"""For others who write."""


def open_database(
    path: Path,
    *,
    read_only: bool = False,
    autocommit: bool = True,
    one_thread: bool = True,
    sealed_as: Path | None = None,
) -> sqlite3.Connection:
    """Open a database.

    Parameters
    ----------
    path
        The file; made where it is missing, unless it is only read.
    read_only
        Whether nothing is to be changed.
    autocommit
        Whether each statement counts at once outside of ``BEGIN``; else the first one that changes
        something begins a transaction.
    one_thread
        Whether only the thread that opens it may use it.
    sealed_as
        A database whose place and name count instead, for a copy of it elsewhere.

    Returns
    -------
    sqlite3.Connection
        Or SQLCipher's, which has the same methods and raises errors of its own
        (:func:`database_errors`).

    Raises
    ------
    SealError
        If it is to be sealed and its key is not there, or it is damaged, in clear, or another.
    ConfigError
        If it is to be sealed, and SQLCipher is not installed.
    sqlite3.Error
        If it cannot be opened.
    """
    home = sealed_as or path
    root = sealed_root(home)
    library = sqlite3 if root is None else _sqlcipher(home)
    connection = library.connect(
        f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}",
        uri=True,
        timeout=_WAIT_S,
        isolation_level=None if autocommit else "",
        check_same_thread=one_thread,
    )
    if root is not None:
        try:
            _unlock(connection, root, home)
        except (library.Error, SealError) as error:
            connection.close()
            if type(error) is not library.DatabaseError:
                raise
            msg = f"{path} is damaged, lies in clear, or was sealed under another name"
            raise SealError(msg, hint="restore it from a backup") from error
    return cast("sqlite3.Connection", connection)


def _unlock(connection: sqlite3.Connection, root: Path, home: Path) -> None:
    key = folder_key(root).derived(f"database {name_in(root, home)}")
    connection.execute("PRAGMA cipher_log_level = NONE")  # what is wrong is raised, not printed
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # the first look needs the key


def _sqlcipher(path: Path) -> ModuleType:
    try:
        from sqlcipher3 import dbapi2
    except ImportError as error:
        msg = f"{path} is a sealed database, and the package sqlcipher3 is missing"
        raise ConfigError(msg, hint="pip install 'citytwin[live]'") from error
    return cast("ModuleType", dbapi2)


def database_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Return what a database raises: errors of SQLite, and of SQLCipher where it is in use.

    Parameters
    ----------
    others
        Errors that are caught with them.
    """
    sealed = sys.modules.get("sqlcipher3.dbapi2")
    return (sqlite3.Error, *others) if sealed is None else (sqlite3.Error, sealed.Error, *others)

"""Opens SQLite databases, in clear or sealed: the place of a file says which.

A sealed one is SQLCipher's: every page of the database, of its log and of its journal is encrypted
(AES-256) and authenticated (HMAC-SHA-512) by itself, so a transaction writes as few pages as in clear.
Its key is derived from that of the folder and from the name of the file: a database in the place of
another does not open.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import cast

from citytwin.errors import ConfigError, SealError, StoreError
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
            _unlock(connection, home)
        except (library.Error, SealError) as error:
            connection.close()
            if type(error) is not library.DatabaseError:
                raise
            msg = f"{path} is damaged, lies in clear, or was sealed under another name"
            raise SealError(msg, hint="restore it from a backup") from error
    return cast("sqlite3.Connection", connection)


def seal_database(source: Path, target: Path) -> None:
    """Write what a database in clear holds into a new sealed one.

    Parameters
    ----------
    source
        The database, which nobody writes meanwhile.
    target
        Below ``.sealed``; must not exist.

    Raises
    ------
    ConfigError
        If SQLCipher is not installed.
    StoreError
        If the database is damaged, or the disk refuses.
    """
    library, key = _sqlcipher(target), _key(target)
    try:
        with closing(
            library.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True, timeout=_WAIT_S)
        ) as connection:
            connection.execute("ATTACH DATABASE ? AS sealed KEY ?", (str(target), key))
            connection.execute("SELECT sqlcipher_export('sealed')")
            (said,) = connection.execute("PRAGMA sealed.quick_check(1)").fetchone()
            if said != "ok":
                raise library.DatabaseError(said)
            (version,) = connection.execute("PRAGMA main.user_version").fetchone()
            connection.execute(f"PRAGMA sealed.user_version = {version:d}")
            connection.execute("DETACH DATABASE sealed")
    except library.Error as error:
        msg = f"{source} cannot be sealed: {error}"
        raise StoreError(msg, hint="restore it from a backup, or check the disk") from error


def _key(home: Path) -> str:
    """Key of a sealed database, as SQLCipher takes it."""
    root = sealed_root(home)
    if root is None:
        msg = f"{home} does not lie below a sealed folder"
        raise SealError(msg, hint="the program is at fault")
    return f"x'{folder_key(root).derived(f'database {name_in(root, home)}').hex()}'"


def _unlock(connection: sqlite3.Connection, home: Path) -> None:
    connection.execute("PRAGMA cipher_log_level = NONE")  # what is wrong is raised, not printed
    connection.execute(f'PRAGMA key = "{_key(home)}"')
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

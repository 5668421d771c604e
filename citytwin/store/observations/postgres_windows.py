"""Times whose results are out of date, in PostgreSQL: as :mod:`dirty_windows` keeps them on disk."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from citytwin.store.observations.dirty_windows import Window


def mark_windows(connection: psycopg.Connection, windows: Iterable[Window], known_us: int) -> None:
    """Keep windows until somebody has looked after them; the caller holds the transaction.

    Parameters
    ----------
    connection
        To the database.
    windows
        To keep.
    known_us
        When they became so [us].
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO dirty VALUES (%s,%s,%s,%s) ON CONFLICT (property, start_us) DO UPDATE SET"
            " end_us = greatest(dirty.end_us, excluded.end_us), marked_us = excluded.marked_us",
            [(w.observed, w.start_us, w.end_us, known_us) for w in windows],
        )


def marked_windows(connection: psycopg.Connection) -> tuple[Window, ...]:
    """Return the windows that nobody has looked after.

    Parameters
    ----------
    connection
        To the database.
    """
    rows = connection.execute("SELECT * FROM dirty ORDER BY property, start_us").fetchall()
    return tuple(Window(*row) for row in rows)


def clean_windows(connection: psycopg.Connection, windows: Iterable[Window]) -> None:
    """Forget windows, unless they were marked again since.

    Parameters
    ----------
    connection
        To the database.
    windows
        As :func:`marked_windows` gave them.
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            "DELETE FROM dirty WHERE property = %s AND start_us = %s AND marked_us = %s",
            [(w.observed, w.start_us, w.marked_us) for w in windows],
        )

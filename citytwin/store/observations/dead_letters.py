"""Records that could not become observations, kept with the reason until somebody looks."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from citytwin.store.observations.observed import DeadLetter


@dataclass(frozen=True)
class KeptLetter:
    """A dead letter, and when it was first met."""

    letter: DeadLetter
    known_us: int
    """[us since 1970-01-01T00:00Z]."""


def put_letters(
    connection: sqlite3.Connection, letters: Sequence[DeadLetter], known_us: int
) -> int:
    """Keep letters that are not kept already; the caller holds the transaction.

    Parameters
    ----------
    connection
        To the manifest.
    letters
        To keep.
    known_us
        Now [us].

    Returns
    -------
    int
        How many were new.
    """
    return (
        connection.executemany(
            "INSERT OR IGNORE INTO dead_letters"
            " (source, reason, message, record, raw_ref, known_us) VALUES (?,?,?,?,?,?)",
            [(x.source, x.reason, x.message, x.record, x.raw_ref, known_us) for x in letters],
        ).rowcount
        if letters
        else 0
    )


def letters_in(connection: sqlite3.Connection, last: int) -> tuple[KeptLetter, ...]:
    """Return the letters that were kept last, in the order in which they came.

    Parameters
    ----------
    connection
        To the manifest.
    last
        At most so many.
    """
    rows = connection.execute(
        "SELECT source, reason, message, record, raw_ref, known_us FROM dead_letters"
        " ORDER BY id DESC LIMIT ?",
        (last,),
    ).fetchall()
    return tuple(KeptLetter(DeadLetter(*row[:5]), row[5]) for row in reversed(rows))

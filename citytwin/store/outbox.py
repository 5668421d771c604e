"""Alert states, their history, and what is still to be delivered: in one file, so that they agree.

A change of an alert and the messages it calls for are one transaction. Each sink has a queue of
its own, in order; a message leaves it when the receiver has said so, hence at least once, and its
key tells the receiver whether it came before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from citytwin.errors import StoreError
from citytwin.store.alert_base import open_alerts
from citytwin.store.database import database_errors


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one sink is to deliver."""

    sink: str
    key: str
    """The same for every repetition; within a sink, a key is put in once."""
    body: bytes
    media_type: str
    target: str = ""
    """Topic or file name, where the sink has several."""
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Queued:
    """A parcel in its queue."""

    number: int
    parcel: Parcel
    created_s: float
    attempts: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One message of an alert, as it was said."""

    id: str
    alert: str
    at_s: float
    said: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class QueueLength:
    """How a sink stands."""

    waiting: int
    given_up: int
    oldest_s: float | None
    """When the oldest waiting parcel was put in [s since 1970]."""


class Outbox:
    """One connection to the file; every thread has its own.

    Parameters
    ----------
    path
        SQLite file; made where it is missing.

    Raises
    ------
    StoreError
        If it cannot be opened, or is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._base = open_alerts(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._base as base:  # commits, or rolls back
                base.execute("BEGIN IMMEDIATE")
                yield base
        except database_errors() as error:
            msg = f"{self.path} cannot be written: {error}"
            raise StoreError(msg, hint="check the disk and who else uses the file") from error

    def states(self) -> dict[str, str]:
        """State of each rule, as JSON."""
        return dict(self._base.execute("SELECT rule, state FROM alert_states"))

    def record(
        self,
        states: Mapping[str, str],
        history: Sequence[HistoryEntry],
        parcels: Sequence[Parcel],
        now_s: float,
    ) -> None:
        """Keep new states and put in what they call for, all or nothing.

        Parameters
        ----------
        states
            JSON by rule.
        history
            Messages that were made.
        parcels
            What the sinks are to deliver; a key that a sink has had before is left alone.
        now_s
            Now [s since 1970].
        """
        with self._transaction() as base:
            base.executemany("INSERT OR REPLACE INTO alert_states VALUES (?, ?)", states.items())
            base.executemany(
                "INSERT INTO alert_history VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                [(entry.id, entry.alert, entry.at_s, entry.said) for entry in history],
            )
            base.executemany(
                "INSERT INTO outbox (sink, key, target, media_type, retain, body, created_s, "
                "due_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sink, key) DO NOTHING",
                [
                    (p.sink, p.key, p.target, p.media_type, p.retain, p.body, now_s, now_s)
                    for p in parcels
                ],
            )

    def first(self, sink: str, now_s: float) -> Queued | None:
        """Return the first parcel of a queue; None where it is empty, or its first is not due.

        Parameters
        ----------
        sink
            Whose queue.
        now_s
            Now [s since 1970].
        """
        row = self._base.execute(
            "SELECT number, key, body, media_type, target, retain, created_s, attempts, due_s "
            "FROM outbox WHERE sink = ? AND state = 'waiting' ORDER BY number LIMIT 1",
            (sink,),
        ).fetchone()
        if row is None or row[8] > now_s:
            return None
        parcel = Parcel(sink, row[1], row[2], row[3], row[4], bool(row[5]))
        return Queued(row[0], parcel, row[6], row[7])

    def delivered(self, queued: Queued) -> None:
        """Take a parcel out: its receiver has it.

        Parameters
        ----------
        queued
            From :meth:`first`.
        """
        self._settle(queued, "delivered", "")

    def gave_up(self, queued: Queued, error: str) -> None:
        """Take a parcel out that will never be delivered; it is kept with the reason.

        Parameters
        ----------
        queued
            From :meth:`first`.
        error
            Why.
        """
        self._settle(queued, "given up", error)

    def later(self, queued: Queued, due_s: float, error: str) -> None:
        """Keep a parcel for another try.

        Parameters
        ----------
        queued
            From :meth:`first`.
        due_s
            When [s since 1970].
        error
            What went wrong.
        """
        with self._transaction() as base:
            base.execute(
                "UPDATE outbox SET due_s = ?, attempts = attempts + 1, error = ? WHERE number = ?",
                (due_s, error[:500], queued.number),
            )

    def _settle(self, queued: Queued, state: str, error: str) -> None:
        with self._transaction() as base:
            base.execute(
                "UPDATE outbox SET state = ?, attempts = attempts + 1, error = ? WHERE number = ?",
                (state, error[:500], queued.number),
            )

    def lengths(self) -> dict[str, QueueLength]:
        """How each sink stands."""
        rows = self._base.execute(
            "SELECT sink, SUM(state = 'waiting'), SUM(state = 'given up'), "
            "MIN(CASE WHEN state = 'waiting' THEN created_s END) FROM outbox GROUP BY sink"
        )
        return {row[0]: QueueLength(row[1], row[2], row[3]) for row in rows}

    def history(self, since_s: float = 0.0) -> tuple[HistoryEntry, ...]:
        """Messages from a time on, oldest first.

        Parameters
        ----------
        since_s
            Seconds since 1970.
        """
        rows = self._base.execute(
            "SELECT id, alert, at_s, said FROM alert_history WHERE at_s >= ? ORDER BY at_s, rowid",
            (since_s,),
        )
        return tuple(HistoryEntry(*row) for row in rows)

    def forget(self, before_s: float) -> None:
        """Remove what was delivered long ago; the history of alerts stays.

        Parameters
        ----------
        before_s
            Seconds since 1970.
        """
        with self._transaction() as base:
            base.execute(
                "DELETE FROM outbox WHERE state = 'delivered' AND created_s < ?", (before_s,)
            )

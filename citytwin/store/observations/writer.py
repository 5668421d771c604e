"""The one writer of an observation store: rows, cursors and dead letters, all of them or none."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from citytwin.errors import BusyError
from citytwin.kernels.observation_keys import REPEAT, REVISION, Versions
from citytwin.model.tables import QualityTest
from citytwin.store.atomic import remove_stale
from citytwin.store.observations.compaction import (
    INCOMING_MANY,
    exchange,
    put_together,
    remove_retired,
)
from citytwin.store.observations.dead_letters import put_letters
from citytwin.store.observations.dirty_windows import Window, clean, mark, marked
from citytwin.store.observations.known_days import KnownDays
from citytwin.store.observations.manifest import (
    MANIFEST,
    Segment,
    add_segment,
    connect,
    segments_of,
    series_in,
    settle,
    told,
)
from citytwin.store.observations.pending import joined, table_of
from citytwin.store.observations.placed_things import put_things
from citytwin.store.observations.queueing import (
    GroupCommit,
    ObservationWriter,
    Receipt,
    Tally,
    system_clock,
)
from citytwin.store.observations.schema import IntArray, Kind, counted, day_of
from citytwin.store.observations.segments import write_segment
from citytwin.store.observations.series_names import SeriesNames

Enlist = Callable[[sqlite3.Connection], None]
"""Writes of others that belong into the same transaction, such as those of an outbox."""


def _let_go(connection: sqlite3.Connection, lock: FileLock) -> None:
    connection.close()
    lock.release()


def only_writer(folder: Path) -> FileLock:
    """Hold the observations of a city: whoever else would write them has to wait.

    Parameters
    ----------
    folder
        Of the observations; it exists.

    Returns
    -------
    FileLock
        To be released.

    Raises
    ------
    BusyError
        If another process holds them.
    """
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"another process writes the observations in {folder}"
        raise BusyError(msg, hint="stop it, or read them only") from error
    return lock


class ObservationStore(ObservationWriter):
    """The writer; at most one per folder, in one process.

    Open it with :meth:`open`. It is not for several threads at a time.
    """

    def __init__(
        self,
        folder: Path,
        connection: sqlite3.Connection,
        lock: FileLock,
        rules: GroupCommit,
        clock: Callable[[], int],
    ) -> None:
        super().__init__(rules, SeriesNames(series_in(connection)))
        self.folder = folder
        self._connection = connection
        self._closing = weakref.finalize(self, _let_go, connection, lock)
        self._clock = clock
        self._segments: dict[Kind, list[Segment]] = {
            kind: list(segments_of(connection, folder, kind)) for kind in Kind
        }
        self._known = {
            kind: KnownDays(partial(self._segments.__getitem__, kind), kind, rules.most_known_rows)
            for kind in Kind
        }
        (last,) = connection.execute("SELECT known_us FROM totals").fetchone()
        self._last_us = int(last)
        self._unsure = False
        """Whether a commit was broken off: only the manifest knows what became of it."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        rules: GroupCommit | None = None,
        clock: Callable[[], int] | None = None,
    ) -> ObservationStore:
        """Open a store for writing, and remove what a kill left behind in it.

        Parameters
        ----------
        folder
            Made when it does not exist.
        rules
            When to commit.
        clock
            Gives the time of knowledge [us since 1970-01-01T00:00Z]; None: that of the system.

        Raises
        ------
        BusyError
            If another writer holds it.
        StoreError
            If the disk refuses, or the manifest is damaged.
        """
        with told(folder / MANIFEST, "opened"):
            folder.mkdir(parents=True, exist_ok=True)
        lock = only_writer(folder)
        with ExitStack() as opened:
            opened.callback(lock.release)
            connection = connect(folder, writing=True)
            opened.callback(connection.close)
            with told(folder / MANIFEST, "written"):
                settle(connection)
            store = cls(folder, connection, lock, rules or GroupCommit(), clock or system_clock)
            store._remove_orphans()
            opened.pop_all()
        return store

    def commit(
        self, cursors: Mapping[str, str] | None = None, *, enlist: Enlist | None = None
    ) -> Receipt:
        """Bring everything that waits to the disk, in one transaction with the cursors.

        Parameters
        ----------
        cursors
            How far the feeds have been read, by source.
        enlist
            Writes into the same transaction.

        Returns
        -------
        Receipt
            When it comes back everything is durable.

        Raises
        ------
        StoreError
            If the disk refuses: nothing has changed then, and what waited still does.
        """
        if self._unsure:
            self._look_again()
        known_us = max(self._clock(), self._last_us + 1)
        tally = Tally()
        self._unsure = True
        written = [s for kind in Kind for s in self._write(kind, known_us, tally)]
        self._record(written, known_us, cursors or {}, tally, enlist)
        self._unsure = False
        receipt = tally.receipt(known_us)
        self._last_us = known_us
        self._names.written()
        self._committed()
        for known in self._known.values():
            known.trim()
        return receipt

    def cursor(self, source: str) -> str | None:
        """As :class:`ObservationWriter` says."""
        with told(self.folder / MANIFEST, "read"):
            row = self._connection.execute(
                "SELECT cursor FROM cursors WHERE source = ?", (source,)
            ).fetchone()
        return None if row is None else str(row[0])

    def close(self) -> None:
        """Give up what waits, and the lock."""
        self._closing()

    def dirty_windows(self) -> tuple[Window, ...]:
        """As :class:`ObservationWriter` says."""
        return marked(self._connection)

    def clean(self, windows: Sequence[Window]) -> None:
        """As :class:`ObservationWriter` says."""
        with told(self.folder / MANIFEST, "written"), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            clean(connection, windows)

    def tidy(self) -> None:
        """As :class:`ObservationWriter` says."""
        incoming = [s for segments in self._segments.values() for s in segments if not s.in_order]
        if len(incoming) >= INCOMING_MANY:
            self.compact()

    def compact(self) -> int:
        """Put the segments that came in together, sorted, a day each; no row changes.

        Returns
        -------
        int
            How many segments count less than before.

        Raises
        ------
        StoreError
            If the disk refuses, or a segment is damaged: nothing has changed then.
        """
        if self._unsure:
            self._look_again()
        before = sum(map(len, self._segments.values()))
        now_us = max(self._clock(), self._last_us)
        for kind in Kind:
            done = put_together(self.folder, kind, self._segments[kind])
            with told(self.folder / MANIFEST, "written"), self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                numbers = exchange(connection, self.folder, done, now_us)
                remove_retired(connection, self.folder, now_us)
            kept = [s for s in self._segments[kind] if s not in done.old]
            new = [replace(s, number=n) for s, n in zip(done.new, numbers, strict=True)]
            self._segments[kind] = kept + new
        return before - sum(map(len, self._segments.values()))

    def _look_again(self) -> None:
        """Take what counts from the manifest, and remove what does not."""
        with told(self.folder / MANIFEST, "read"):
            settle(self._connection)
            for kind in Kind:
                self._segments[kind] = list(segments_of(self._connection, self.folder, kind))
                self._known[kind].forget()
            names = list(series_in(self._connection))
            self._remove_orphans()
        if len(names) == len(self._names):
            self._names.written()

    def _write(self, kind: Kind, known_us: int, tally: Tally) -> list[Segment]:
        """Write what is new of the rows of a kind, live and replayed ones one after the other."""
        found = []
        for replayed in (False, True):
            pending = self._waiting_rows(kind, replayed=replayed)
            if not pending:
                continue
            rows = joined(pending, known_us)
            verdict, superseded = self._admit(kind, rows.versions, replayed=replayed)
            stored = verdict != REPEAT
            tests = self._tests(rows.tests, rows.versions)
            tally.repeats += int((~stored).sum())
            if not stored.any():
                continue
            tally.stored += int(stored.sum())
            tally.revisions += int((verdict == REVISION).sum())
            late = stored & ((tests & QualityTest.LATE) != 0)
            tally.late += int(late.sum())
            old = late | (verdict == REVISION)
            if old.any() and kind is Kind.OBSERVATION:
                tally.windows += rows.windows(old)
            table = table_of(rows, tests, verdict, superseded)
            found.append(write_segment(self.folder, kind, table))
        return found

    def _admit(
        self, kind: Kind, rows: Versions, *, replayed: bool
    ) -> tuple[NDArray[np.int8], IntArray]:
        verdict = np.empty(len(rows.series), dtype=np.int8)
        superseded = np.empty(len(rows.series), dtype=np.int64)
        days = day_of(rows.end_us)
        for day in counted(days)[0]:
            here = np.flatnonzero(days == day)
            of_day = rows if here.size == days.size else Versions(*(c[here] for c in rows))
            series = np.array(counted(of_day.series)[0], dtype=np.int32)
            known = self._known[kind].day(day, series)
            verdict[here], superseded[here] = known.admit(of_day, replayed=replayed)
            if of_day is not rows:
                rows.known_us[here] = of_day.known_us
        return verdict, superseded

    def _tests(self, tests: NDArray[np.int32], rows: Versions) -> NDArray[np.int32]:
        late = rows.known_us - rows.end_us > self._rules.lateness_s * 1e6
        late &= rows.issued_us == 0
        return tests | np.where(late, int(QualityTest.LATE), 0).astype(np.int32)

    def _record(
        self,
        written: Sequence[Segment],
        known_us: int,
        cursors: Mapping[str, str],
        tally: Tally,
        enlist: Enlist | None,
    ) -> None:
        with told(self.folder / MANIFEST, "written"), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            numbers = [add_segment(connection, self.folder, s, known_us) for s in written]
            connection.executemany("INSERT INTO series VALUES (?,?,?,?,?)", self._names.fresh())
            connection.executemany(
                "INSERT OR REPLACE INTO cursors VALUES (?,?,?)",
                [(source, cursor, known_us) for source, cursor in cursors.items()],
            )
            tally.letters = put_letters(connection, self._letters, known_us)
            put_things(connection, self._things, known_us)
            mark(connection, tally.windows, known_us)
            connection.execute(
                "UPDATE totals SET known_us = ?, commits = commits + 1, stored = stored + ?,"
                " repeats = repeats + ?, revisions = revisions + ?, late = late + ?,"
                " dead_letters = dead_letters + ?",
                (known_us, tally.stored, tally.repeats, tally.revisions, tally.late, tally.letters),
            )
            if enlist is not None:
                enlist(connection)
        for number, segment in zip(numbers, written, strict=True):
            self._segments[segment.kind].append(replace(segment, number=number))

    def _remove_orphans(self) -> None:
        """Remove files that a kill left before the manifest knew of them."""
        counted = {s.path for segments in self._segments.values() for s in segments}
        retired = {
            self.folder / path
            for (path,) in self._connection.execute("SELECT path FROM retired").fetchall()
        }
        for kind in Kind:
            for place in sorted((self.folder / kind.value).glob("*")):
                remove_stale(place)
                for path in sorted(place.glob("*.parquet")):
                    if path not in counted and path not in retired:
                        path.unlink()

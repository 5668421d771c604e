"""Observations in PostgreSQL, for those whom one writer on one disk no longer serves.

The same rows, versions and answers as of :class:`ObservationStore`; rows go by COPY into a stage and
from there by one statement, in a transaction with the cursors. Several writers take turns.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv as pc
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.kernels.observation_keys import REPEAT
from citytwin.model.tables import QualityTest
from citytwin.store.observations.known_days import KnownDay
from citytwin.store.observations.observed import Observed, code_names
from citytwin.store.observations.pending import Pending, joined
from citytwin.store.observations.postgres_tables import SCHEMA, STAGE, STAGED, TAKE_OVER
from citytwin.store.observations.queueing import GroupCommit, Queueing, Receipt
from citytwin.store.observations.schema import Kind

_LOCK = 0x63697479  # "city"


class PostgresStore(Queueing):
    """A writer of observations into a PostgreSQL database; open it with :meth:`open`."""

    def __init__(
        self, connection: psycopg.Connection, rules: GroupCommit, clock: Callable[[], int]
    ) -> None:
        super().__init__(rules)
        self._db = connection
        self._clock = clock
        self._numbers: dict[tuple[str, str, str], tuple[int, str]] = {}

    @classmethod
    def open(
        cls,
        address: str,
        *,
        rules: GroupCommit | None = None,
        clock: Callable[[], int] | None = None,
    ) -> PostgresStore:
        """Connect, and make the tables where they are missing.

        Parameters
        ----------
        address
            Of the database, as libpq reads it; keep passwords in the environment (PGPASSWORD).
        rules
            When to commit.
        clock
            Gives the time of knowledge [us since 1970-01-01T00:00Z]; None: that of the system.

        Raises
        ------
        StoreError
            If there is no such database, or it refuses.
        """
        with told_of_database("opened"):
            connection = psycopg.connect(address, autocommit=True)
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                connection.execute(SCHEMA)
        return cls(connection, rules or GroupCommit(), clock or (lambda: time.time_ns() // 1000))

    def append(self, rows: Observed, kind: Kind = Kind.OBSERVATION) -> None:
        """Queue rows; they are safe after the next commit.

        Parameters
        ----------
        rows
            Of one source.
        kind
            What they are.

        Raises
        ------
        StoreError
            If they bring times of knowledge of their own: a replay goes into a store on disk. If a
            series comes in another unit than before, or the database refuses.
        """
        if rows.known_us is not None:
            msg = f"rows of {rows.source} bring their own times of knowledge"
            raise StoreError(msg, hint="replay them into a store on disk, or without these times")
        if len(rows):
            # Series are made at once, on their own: a commit that is taken back must leave them.
            self._wait_with(Pending.of(rows, kind, self._series(rows)))

    def commit(self, cursors: Mapping[str, str] | None = None) -> Receipt:
        """Bring everything that waits into the database, in one transaction with the cursors.

        Parameters
        ----------
        cursors
            How far the feeds have been read, by source.

        Returns
        -------
        Receipt
            Without windows; when it comes back everything is durable.

        Raises
        ------
        StoreError
            If the database refuses: nothing has changed then, and what waited still does.
        """
        with told_of_database("written"), self._db.transaction():
            self._db.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            (last,) = self._db.execute("SELECT known_us FROM last_commit").fetchone() or (0,)
            known_us = max(self._clock(), int(last) + 1)
            stored = repeats = revisions = late = 0
            for kind in Kind:
                waiting = [rows for rows in self._waiting if rows.kind is kind]
                if waiting:
                    counts = self._write(joined(waiting, known_us), known_us)
                    stored, repeats = stored + counts[0], repeats + counts[1]
                    revisions, late = revisions + counts[2], late + counts[3]
            letters = self._put_letters(known_us)
            self._put_things(known_us)
            with self._db.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO cursors VALUES (%s,%s) ON CONFLICT (source)"
                    " DO UPDATE SET cursor = excluded.cursor",
                    list((cursors or {}).items()),
                )
            self._db.execute("UPDATE last_commit SET known_us = %s", (known_us,))
        self._committed()
        return Receipt(stored, repeats, revisions, late, letters, (), known_us)

    def cursor(self, source: str) -> str | None:
        """Return how far a feed has been read, None where it has not.

        Parameters
        ----------
        source
            Its name.
        """
        with told_of_database("read"):
            row = self._db.execute(
                "SELECT cursor FROM cursors WHERE source = %s", (source,)
            ).fetchone()
        return None if row is None else str(row[0])

    def close(self) -> None:
        """Give up what waits, and the connection."""
        self._db.close()

    def _write(self, rows: Pending, known_us: int) -> tuple[int, int, int, int]:
        """Stored, repeated, revised and late rows of a kind."""
        verdict, _ = KnownDay().admit(rows.versions, replayed=False)
        late = rows.versions.known_us - rows.versions.end_us > self._rules.lateness_s * 1e6
        late &= rows.versions.issued_us == 0
        table = _staged(rows, late)
        # Versions of one key within a commit one after the other: each is compared with the last.
        turns = np.where(verdict == REPEAT, -1, rows.versions.known_us - known_us)
        stored = revisions = arrived_late = 0
        self._db.execute(STAGE)
        for turn in np.unique(turns[turns >= 0]).tolist():
            chosen = turns == turn
            text = io.BytesIO()
            pc.write_csv(
                table.filter(pa.array(chosen)), text, pc.WriteOptions(include_header=False)
            )
            self._db.execute("TRUNCATE stage")
            names = ", ".join(STAGED)
            with self._db.cursor() as cursor:
                with cursor.copy(f"COPY stage ({names}) FROM STDIN (FORMAT csv)".encode()) as copy:
                    copy.write(text.getvalue())
                cursor.execute(TAKE_OVER)
                found = cursor.fetchall()
            stored += len(found)
            revisions += sum(revises for revises, _ in found)
            arrived_late += sum(bool(tests & QualityTest.LATE) for _, tests in found)
        return stored, len(rows) - stored, revisions, arrived_late

    def _series(self, rows: Observed) -> NDArray[np.int32]:
        codes, names = zip(
            *(code_names(c) for c in (rows.thing, rows.observed, rows.unit)), strict=True
        )
        every, which = np.unique(np.stack(codes), axis=1, return_inverse=True)
        keys = [
            ((rows.source, names[0][t], names[1][p]), names[2][u]) for t, p, u in every.T.tolist()
        ]
        missing = [key for key in keys if key[0] not in self._numbers]
        if missing:
            with told_of_database("written"), self._db.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO series (source, thing, property, unit) VALUES (%s,%s,%s,%s)"
                    " ON CONFLICT DO NOTHING",
                    [(*key, unit) for key, unit in missing],
                )
                cursor.execute("SELECT source, thing, property, id, unit FROM series")
                self._numbers |= {(s, t, p): (i, u) for s, t, p, i, u in cursor.fetchall()}
        for key, unit in keys:
            if self._numbers[key][1] != unit:
                msg = f"rows of {rows.source} come in {unit!r}, before in {self._numbers[key][1]!r}"
                raise StoreError(msg, hint="convert them to the canonical unit of the property")
        numbers = np.array([self._numbers[key][0] for key, _ in keys], dtype=np.int32)
        return numbers[which.ravel()]

    def _put_letters(self, known_us: int) -> int:
        with self._db.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO dead_letters (source, reason, message, record, raw_ref, known_us)"
                " VALUES (%s,%s,%s,%s,%s,%s) ON CONFLICT DO NOTHING",
                [(x.source, x.reason, x.message, x.record, x.raw_ref.hex(), known_us)
                 for x in self._letters],
            )  # fmt: skip
            return max(cursor.rowcount, 0) if self._letters else 0

    def _put_things(self, known_us: int) -> None:
        for thing in {t.thing: t for t in self._things}.values():
            row = (
                thing.source, thing.name, thing.kind, thing.longitude_deg, thing.latitude_deg,
                thing.height_m, thing.cadence_s, thing.synthetic,
            )  # fmt: skip
            last = self._db.execute(
                "SELECT source, name, kind, longitude_deg, latitude_deg, height_m, cadence_s,"
                " synthetic FROM things WHERE thing = %s ORDER BY known_us DESC LIMIT 1",
                (thing.thing,),
            ).fetchone()
            if last != row:
                self._db.execute(
                    "INSERT INTO things VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",
                    (thing.thing, known_us, *row),
                )


def _staged(rows: Pending, late: NDArray[np.bool_]) -> pa.Table:
    n, v = len(rows), rows.versions
    refs = pa.array([ref.hex() for ref in rows.raw_refs])
    tests = rows.tests | np.where(late, int(QualityTest.LATE), 0).astype(np.int32)
    values = {
        "kind": pa.array([rows.kind.value] * n),
        "series": v.series, "end_us": v.end_us, "start_us": v.start_us, "issued_us": v.issued_us,
        "known_us": v.known_us, "content": v.content, "flag": v.flag, "result": rows.result,
        "tests": tests, "seq": rows.seq, "raw_ref": refs.take(pa.array(rows.raw_codes)),
        "raw_value": pa.nulls(n, pa.float64()) if rows.raw_value is None
        else pa.array(rows.raw_value, mask=np.isnan(rows.raw_value)),
        "raw_unit": pa.nulls(n, pa.string()) if rows.raw_unit is None else rows.raw_unit,
        "synthetic": rows.synthetic,
        "text": pa.nulls(n, pa.string()) if rows.text is None else rows.text,
    }  # fmt: skip
    return pa.table([values[name] for name in STAGED], names=list(STAGED))


@contextmanager
def told_of_database(what: str) -> Iterator[None]:
    """Turn what the database refuses into an error for readers.

    Parameters
    ----------
    what
        What was being done.

    Raises
    ------
    StoreError
        If anything was refused.
    """
    try:
        yield
    except psycopg.Error as error:
        said = str(error).strip().splitlines()
        msg = f"the database of observations cannot be {what}: {said[0] if said else error!r}"
        raise StoreError(msg, hint="check the server, its address and rights") from error

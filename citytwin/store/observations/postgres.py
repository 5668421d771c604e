"""Observations in PostgreSQL, for those whom one writer on one disk no longer serves.

The same rows, versions and answers as of :class:`ObservationStore`; rows go by COPY into a stage and
from there by one statement, in a transaction with the cursors. Several writers take turns.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv as pc
from numpy.typing import NDArray
from psycopg import sql

from citytwin.errors import StoreError
from citytwin.kernels.observation_keys import REPEAT, REVISION
from citytwin.model.tables import QualityTest
from citytwin.store.observations.dirty_windows import Window, windows_of
from citytwin.store.observations.known_days import KnownDay
from citytwin.store.observations.observed import code_names
from citytwin.store.observations.pending import Pending, joined
from citytwin.store.observations.postgres_connection import Database, told_of_database
from citytwin.store.observations.postgres_place import PostgresPlace
from citytwin.store.observations.postgres_tables import (
    NUMBER,
    NUMBERS,
    SCHEMA,
    STAGE,
    STAGED,
    TAKE_BACK,
    TAKE_OVER,
    VERSION,
)
from citytwin.store.observations.postgres_windows import (
    clean_windows,
    mark_windows,
    marked_windows,
)
from citytwin.store.observations.queueing import (
    GroupCommit,
    ObservationWriter,
    Receipt,
    Tally,
    system_clock,
)
from citytwin.store.observations.schema import Kind
from citytwin.store.observations.series_names import SeriesNames

_LOCK = 0x63697479  # "city"
_KEY = ("series", "end_us", "start_us", "issued_us")
_Taken = tuple[int, int, int, bool, int]
"""Of a row that was stored: series, begin and end [us], whether it revises one, its tests."""


class PostgresStore(ObservationWriter):
    """A writer of observations into a PostgreSQL database; open it with :meth:`open`."""

    def __init__(self, database: Database, rules: GroupCommit, clock: Callable[[], int]) -> None:
        rows = database.connection.execute(
            "SELECT id, property, source, thing, property, unit FROM series ORDER BY id"
        ).fetchall()
        super().__init__(rules, SeriesNames(row[2:] for row in rows))
        self._database = database
        self._clock = clock
        self._ids = [row[0] for row in rows]
        """Of the database, by number of the series here."""
        self._observed: dict[int, str] = {row[0]: row[1] for row in rows}

    @classmethod
    def open(
        cls,
        place: PostgresPlace,
        *,
        rules: GroupCommit | None = None,
        clock: Callable[[], int] | None = None,
    ) -> PostgresStore:
        """Connect, and make the schema and its tables where they are missing.

        Parameters
        ----------
        place
            Of the database.
        rules
            When to commit.
        clock
            Gives the time of knowledge [us since 1970-01-01T00:00Z]; None: that of the system.

        Raises
        ------
        ConfigError
            If the variable with the password is not set.
        StoreError
            If there is no such database, it refuses, or it is of another version.
        """
        database = Database(place)
        try:
            with told_of_database("opened"):
                _settle(database.connection, place.namespace)
                return cls(database, rules or GroupCommit(), clock or system_clock)
        except BaseException:  # Ctrl-C too leaves no connection open; raised again
            database.close()
            raise

    def commit(self, cursors: Mapping[str, str] | None = None) -> Receipt:
        """As :class:`ObservationWriter` says."""
        connection, tally = self._database.connection, Tally()
        with told_of_database("written"), connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            (last,) = connection.execute("SELECT known_us FROM totals").fetchone()
            known_us = max(self._clock(), int(last) + 1)
            fresh = self._number_fresh(connection)
            ids = np.array([*self._ids, *fresh], dtype=np.int32)
            for kind in Kind:
                for replayed in (False, True):
                    waiting = self._waiting_rows(kind, replayed=replayed)
                    if waiting:
                        rows = joined(waiting, known_us)
                        found = self._write(connection, rows, ids[rows.versions.series])
                        self._count(tally, rows, found, fresh)
            tally.letters = self._put_letters(connection, known_us)
            self._put_things(connection, known_us)
            mark_windows(connection, tally.windows, known_us)
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO cursors VALUES (%s,%s) ON CONFLICT (source)"
                    " DO UPDATE SET cursor = excluded.cursor",
                    list((cursors or {}).items()),
                )
            connection.execute(
                "UPDATE totals SET known_us = %s, commits = commits + 1, stored = stored + %s,"
                " repeats = repeats + %s, revisions = revisions + %s, late = late + %s,"
                " dead_letters = dead_letters + %s",
                (known_us, tally.stored, tally.repeats, tally.revisions, tally.late, tally.letters),
            )
        self._ids += fresh
        self._observed |= fresh
        self._names.written()
        self._committed()
        return tally.receipt(known_us)

    def cursor(self, source: str) -> str | None:
        """As :class:`ObservationWriter` says."""
        with told_of_database("read"):
            row = self._database.connection.execute(
                "SELECT cursor FROM cursors WHERE source = %s", (source,)
            ).fetchone()
        return None if row is None else str(row[0])

    def dirty_windows(self) -> tuple[Window, ...]:
        """As :class:`ObservationWriter` says."""
        with told_of_database("read"):
            return marked_windows(self._database.connection)

    def clean(self, windows: Sequence[Window]) -> None:
        """As :class:`ObservationWriter` says."""
        with told_of_database("written"):
            clean_windows(self._database.connection, windows)

    def tidy(self) -> None:
        """Nothing: PostgreSQL does so itself."""

    def close(self) -> None:
        """As :class:`ObservationWriter` says."""
        self._database.close()

    def _number_fresh(self, connection: psycopg.Connection) -> dict[int, str]:
        """Numbers of the database of series that are new here, in their order, and properties."""
        fresh = self._names.fresh()
        if not fresh:
            return {}
        _, sources, things, properties, units = map(list, zip(*fresh, strict=True))
        connection.execute(NUMBER, {"s": sources, "t": things, "p": properties, "u": units})
        rows = connection.execute(NUMBERS, {"s": sources, "t": things, "p": properties}).fetchall()
        for (_, kept), source, unit in zip(rows, sources, units, strict=True):
            if kept != unit:
                msg = f"rows of {source} come in {unit!r}, another writer keeps them in {kept!r}"
                raise StoreError(msg, hint="convert them to the canonical unit of the property")
        return {row[0]: observed for row, observed in zip(rows, properties, strict=True)}

    def _write(
        self, connection: psycopg.Connection, rows: Pending, ids: NDArray[np.int32]
    ) -> list[_Taken]:
        """Store what is new; return it."""
        verdict, _ = KnownDay().admit(rows.versions, replayed=rows.replayed)
        late = rows.versions.known_us - rows.versions.end_us > self._rules.lateness_s * 1e6
        late &= rows.versions.issued_us == 0
        table = _staged(rows, ids, verdict == REVISION, late)
        turns = np.zeros(len(rows), dtype=np.int64) if rows.replayed else _turns(rows, verdict)
        turns[verdict == REPEAT] = -1
        connection.execute(STAGE)
        found: list[_Taken] = []
        for turn in range(int(turns.max()) + 1):
            connection.execute("TRUNCATE stage")
            _copy(connection, table.filter(pa.array(turns == turn)))
            with connection.cursor() as cursor:
                cursor.execute(TAKE_BACK if rows.replayed else TAKE_OVER)
                found += cursor.fetchall()
        return found

    def _count(
        self, tally: Tally, rows: Pending, found: Sequence[_Taken], fresh: dict[int, str]
    ) -> None:
        tally.stored += len(found)
        tally.repeats += len(rows) - len(found)
        tally.revisions += sum(revises for _, _, _, revises, _ in found)
        tally.late += sum(bool(tests & QualityTest.LATE) for *_, tests in found)
        if rows.kind is not Kind.OBSERVATION:
            return
        old = [row for row in found if row[3] or row[4] & QualityTest.LATE]
        if old:
            names = self._observed | fresh
            codes, observed = code_names([names[row[0]] for row in old])
            begin, end = np.array([row[1:3] for row in old], dtype=np.int64).T
            tally.windows += windows_of(observed, codes, begin, end)

    def _put_letters(self, connection: psycopg.Connection, known_us: int) -> int:
        if not self._letters:
            return 0
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO dead_letters (source, reason, message, record, raw_ref, known_us)"
                " VALUES (%s,%s,%s,%s,%s,%s) ON CONFLICT DO NOTHING",
                [(x.source, *map(_plain, (x.reason, x.message, x.record)), x.raw_ref.hex(), known_us)
                 for x in self._letters],
            )  # fmt: skip
            return max(int(cursor.rowcount), 0)

    def _put_things(self, connection: psycopg.Connection, known_us: int) -> None:
        for thing in {t.thing: t for t in self._things}.values():
            row = (
                thing.source, thing.name, thing.kind, thing.longitude_deg, thing.latitude_deg,
                thing.height_m, thing.cadence_s, thing.synthetic,
            )  # fmt: skip
            last = connection.execute(
                "SELECT source, name, kind, longitude_deg, latitude_deg, height_m, cadence_s,"
                " synthetic FROM things WHERE thing = %s ORDER BY known_us DESC LIMIT 1",
                (thing.thing,),
            ).fetchone()
            if last != row:
                connection.execute(
                    "INSERT INTO things VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",
                    (thing.thing, known_us, *row),
                )


def _settle(connection: psycopg.Connection, namespace: str) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        there = connection.execute(
            "SELECT 1 FROM pg_namespace WHERE nspname = %s", (namespace,)
        ).fetchone()
        if there is None:  # asked first: who may not make schemas may use one that was made
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(namespace)))
        connection.execute(SCHEMA)
        (version,) = connection.execute("SELECT version FROM format").fetchone()
    if version != VERSION:
        msg = f"the schema {namespace} is of version {version}, and this program knows {VERSION}"
        raise StoreError(msg, hint="use the program that wrote it, or a newer one")


def _turns(rows: Pending, verdict: NDArray[np.int8]) -> NDArray[np.int64]:
    """How many versions of its key stand before each row: each is compared with the one before."""
    turns = np.zeros(len(rows), dtype=np.int64)
    if (verdict == REVISION).any():
        new, v = verdict != REPEAT, rows.versions
        keys = pd.DataFrame({name: getattr(v, name)[new] for name in _KEY})
        turns[new] = keys.groupby(list(_KEY), sort=False).cumcount()
    return turns


def _copy(connection: psycopg.Connection, table: pa.Table) -> None:
    text = io.BytesIO()
    pc.write_csv(table, text, pc.WriteOptions(include_header=False))
    into = sql.SQL("COPY stage ({}) FROM STDIN (FORMAT csv)").format(
        sql.SQL(", ").join(map(sql.Identifier, STAGED))
    )
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        copy.write(text.getvalue())


def _staged(
    rows: Pending,
    ids: NDArray[np.int32],
    revises: NDArray[np.bool_],
    late: NDArray[np.bool_],
) -> pa.Table:
    n, v = len(rows), rows.versions
    refs = pa.array([ref.hex() for ref in rows.raw_refs])
    tests = rows.tests | np.where(late, int(QualityTest.LATE), 0).astype(np.int32)
    values = {
        "kind": pa.array([rows.kind.value] * n),
        "series": ids, "end_us": v.end_us, "start_us": v.start_us, "issued_us": v.issued_us,
        "known_us": v.known_us, "content": v.content, "flag": v.flag, "result": rows.result,
        "tests": tests, "revises": revises, "seq": rows.seq,
        "raw_ref": refs.take(pa.array(rows.raw_codes)),
        "raw_value": pa.nulls(n, pa.float64()) if rows.raw_value is None
        else pa.array(rows.raw_value, mask=np.isnan(rows.raw_value)),
        "raw_unit": pa.nulls(n, pa.string()) if rows.raw_unit is None else rows.raw_unit,
        "synthetic": rows.synthetic,
        "text": pa.nulls(n, pa.string()) if rows.text is None else rows.text,
    }  # fmt: skip
    return pa.table([values[name] for name in STAGED], names=list(STAGED))


def _plain(text: str) -> str:
    """A text that PostgreSQL takes: without NUL, and without halves of characters."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()

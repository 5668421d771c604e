"""The stores that observations are measured against, each as it is used best.

Every one of them drops repeats by key; PostgreSQL and SQLite are told so by `on conflict`.
"""

from __future__ import annotations

import io
import json
import sqlite3
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.json as pj

from benchmarks.processor import seconds_of
from citytwin.formats.units import conversion
from citytwin.model.properties import ALL
from citytwin.store.observations import (
    GroupCommit,
    ObservationReader,
    ObservationStore,
    Observed,
    RawRows,
    checked,
)
from citytwin.store.observations.postgres import PostgresStore
from citytwin.store.observations.postgres_place import PostgresPlace
from citytwin.store.observations.postgres_reader import PostgresReader

Rows = list[tuple[str, str, str, int, int, float, int, int]]
"""Source, thing, property, begin, end, result, flag, time of knowledge."""
_TABLE = (
    "source text, thing text, property text, s bigint, e bigint, result double precision,"
    " flag smallint, known bigint"
)
_KEY = "source, thing, property, s, e"
_LATEST = (
    "SELECT thing, property, max(e), result FROM o WHERE e <= ? AND known <= ? AND flag = 1"
    " GROUP BY source, thing, property"
)
_PROPERTIES = {p.name: p for p in ALL}


class Sqlite:
    """WAL, primary key, one transaction a batch; ``full``: brought to the disk in each."""

    def __init__(self, folder: Path, *, full: bool) -> None:
        self.name = f"SQLite, key, synchronous={'full' if full else 'normal'}"
        self._db = sqlite3.connect(folder / f"{full}.sqlite", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")
        self._db.execute(f"CREATE TABLE o ({_TABLE}, PRIMARY KEY ({_KEY})) WITHOUT ROWID")

    def ingest(self, rows: Rows) -> None:
        """One batch."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR IGNORE INTO o VALUES (?,?,?,?,?,?,?,?)", rows)
        self._db.execute("COMMIT")

    def decode(self, payload: bytes, arrival_us: int) -> None:
        """A payload of JSON lines: units, times, ranges as in :func:`checked`, row by row."""
        rows = []
        for line in payload.splitlines():
            record = json.loads(line)
            observed = _PROPERTIES[record["property"]]
            moment = datetime.fromisoformat(record["time"])
            if moment.tzinfo is None:
                continue
            moment_us = round(moment.timestamp() * 1e6)
            if moment_us > arrival_us + 300_000_000:
                continue
            change = conversion(record["unit"], observed.unit)
            value = record["result"]
            result = None if value is None else change(value)
            inside = result is not None and observed.valid_min <= result <= observed.valid_max
            flag = 9 if result is None else 1 if inside else 4
            rows.append(("feed", record["thing"], observed.name, moment_us, moment_us, result,
                         flag, arrival_us))  # fmt: skip
        self.ingest(rows)

    def count(self) -> int:
        """Rows."""
        return int(self._db.execute("SELECT count(*) FROM o").fetchone()[0])

    def as_of(self, valid_us: int, known_us: int) -> int:
        """Latest row of each series."""
        return len(self._db.execute(_LATEST, (valid_us, known_us)).fetchall())

    def cpu(self) -> float:
        """Processor time used so far [s]."""
        return time.process_time()


class Duck:
    """A table with a primary key, from Arrow."""

    name = "DuckDB, key"

    def __init__(self, folder: Path) -> None:
        self._db = duckdb.connect(str(folder / "o.duckdb"), config={"threads": 1})
        self._db.execute(f"CREATE TABLE o ({_TABLE}, PRIMARY KEY ({_KEY}))")

    def ingest(self, rows: pa.Table) -> None:
        """One batch."""
        self._db.register("batch", rows)
        self._db.execute("INSERT OR IGNORE INTO o SELECT * FROM batch")
        self._db.unregister("batch")

    def count(self) -> int:
        """Rows."""
        return int(self._db.execute("SELECT count(*) FROM o").fetchone()[0])

    def as_of(self, valid_us: int, known_us: int) -> int:
        """Latest row of each series."""
        query = (
            "SELECT thing, property, max(e), arg_max(result, e) FROM o WHERE e <= ? AND known <= ?"
            " AND flag = 1 GROUP BY source, thing, property"
        )
        return len(self._db.execute(query, [valid_us, known_us]).to_arrow_table())

    def cpu(self) -> float:
        """Processor time used so far [s]."""
        return time.process_time()


class Postgres:
    """COPY into a stage, then insert what is new; its server's processor time counts too."""

    name = "PostgreSQL, COPY to stage + on conflict"

    def __init__(self, connection: str) -> None:
        self._db = psycopg.connect(connection, autocommit=True)
        self._server = int(self._db.execute("SELECT pg_backend_pid()").fetchone()[0])
        self._db.execute("DROP TABLE IF EXISTS o")
        self._db.execute(f"CREATE TABLE o ({_TABLE}, PRIMARY KEY ({_KEY}))")
        self._db.execute(f"CREATE TEMP TABLE stage ({_TABLE})")

    def ingest(self, rows: Rows) -> None:
        """One batch."""
        text = io.StringIO()
        for row in rows:
            text.write("\t".join(map(str, row)))
            text.write("\n")
        with self._db.transaction():
            self._db.execute("TRUNCATE stage")
            with self._db.cursor().copy("COPY stage FROM STDIN") as copy:
                copy.write(text.getvalue())
            self._db.execute("INSERT INTO o SELECT * FROM stage ON CONFLICT DO NOTHING")

    def count(self) -> int:
        """Rows."""
        return int(self._db.execute("SELECT count(*) FROM o").fetchone()[0])

    def as_of(self, valid_us: int, known_us: int) -> int:
        """Latest row of each series."""
        query = (
            "SELECT DISTINCT ON (source, thing, property) thing, property, e, result FROM o"
            " WHERE e <= %s AND known <= %s AND flag = 1 ORDER BY source, thing, property, e DESC"
        )
        return len(self._db.execute(query, (valid_us, known_us)).fetchall())

    def cpu(self) -> float:
        """Processor time used so far, of the server's process for us as well [s]."""
        return time.process_time() + seconds_of(self._server)


class Ours:
    """`ObservationStore`: every version kept, on the disk before it is acknowledged."""

    name = "citytwin"

    def __init__(self, folder: Path) -> None:
        self._now = 0
        self.store = ObservationStore.open(
            folder / "observations", rules=GroupCommit(lateness_s=1e9), clock=lambda: self._now
        )
        self._reader: ObservationReader | None = None
        self.letters = 0

    def ingest(self, rows: Observed, known_us: int) -> None:
        """One batch."""
        self._now = known_us
        self.store.append(rows)
        self.store.commit({"feed": str(known_us)})

    def decode(self, payload: bytes, arrival: datetime) -> None:
        """A payload of JSON lines."""
        schema = pa.schema({name: pa.string() for name in ("thing", "property", "unit", "time")})
        schema = schema.append(pa.field("result", pa.float64()))
        table = pj.read_json(
            io.BytesIO(payload), pj.ReadOptions(use_threads=False),
            pj.ParseOptions(explicit_schema=schema),
        ).combine_chunks()  # fmt: skip
        thing, observed, unit, moment, result = (
            table[name].chunk(0) for name in ("thing", "property", "unit", "time", "result")
        )
        raw = RawRows("feed", thing, observed, unit, moment, moment, result, bytes(16))
        done = checked(raw, arrival)
        self.letters += len(done.letters)
        self.ingest(done.rows, round(arrival.timestamp() * 1e6))

    def count(self) -> int:
        """Rows."""
        reader = ObservationReader(self.store.folder)
        total = reader.totals().stored
        reader.close()
        return total

    def as_of(self, valid_at: datetime, known_at: datetime) -> int:
        """Latest row of each series, as a table."""
        if self._reader is None:
            self._reader = ObservationReader(self.store.folder)
        return len(self._reader.state(valid_at, known_at).frame)

    def cpu(self) -> float:
        """Processor time used so far [s]."""
        return time.process_time()


class OursInPostgres:
    """`PostgresStore`: the same versions and answers, in a database."""

    name = "citytwin on PostgreSQL"

    def __init__(self, place: PostgresPlace, address: str) -> None:
        self._now = 0
        rules = GroupCommit(lateness_s=1e9)
        self.store = PostgresStore.open(place, rules=rules, clock=lambda: self._now)
        self._reader = PostgresReader(place)
        with psycopg.connect(address) as asked:
            own = "SELECT pid FROM pg_stat_activity WHERE application_name = 'citytwin'"
            self._servers = [int(pid) for (pid,) in asked.execute(own).fetchall()]

    def ingest(self, rows: Observed, known_us: int) -> None:
        """One batch."""
        self._now = known_us
        self.store.append(rows)
        self.store.commit({"feed": str(known_us)})

    def count(self) -> int:
        """Rows."""
        return self._reader.totals().stored

    def as_of(self, valid_at: datetime, known_at: datetime) -> int:
        """Latest row of each series, as a table."""
        return len(self._reader.state(valid_at, known_at).frame)

    def cpu(self) -> float:
        """Processor time used so far, of the server's processes for us as well [s]."""
        return time.process_time() + sum(map(seconds_of, self._servers))


def tuples(columns: Sequence[Sequence[object]]) -> Rows:
    """Rows as Python has them."""
    return list(zip(*columns, strict=True))  # type: ignore[arg-type]

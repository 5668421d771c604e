"""Observations: idempotent durable ingest, late rows, and the state as of a time, beside databases.

Needs `duckdb` and `psycopg` (neither is a dependency) and PostgreSQL, which is started in a folder
of its own. All in one process and in turn; processor time counts, that of PostgreSQL's process too.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.observation_stores import Duck, Ours, OursInPostgres, Postgres, Rows, Sqlite, tuples
from benchmarks.processor import processor
from citytwin.store.observations import Observed
from citytwin.store.observations.postgres_place import PostgresPlace
from citytwin.testing.postgres import RunningPostgres, running_postgres

BEGIN_US = 1_782_864_000_000_000
"""2026-07-01T00:00Z."""
STEP_US = 600_000_000
PROPERTIES = (
    ("rainfall_rate", "mm/h"), ("wind_speed", "m/s"), ("air_temperature", "Cel"),
    ("relative_humidity", "%"),
)  # fmt: skip
SERIES = 16_000
THINGS = [f"urn:citytwin:feed:sensor-{i:06d}" for i in range(SERIES // 4)]


@dataclass(frozen=True)
class Batch:
    """Rows of one commit, in the forms that the stores take."""

    observed: Observed
    rows: Rows
    table: pa.Table
    payload: bytes
    known_us: int


def batch_of(series: np.ndarray, moment_us: np.ndarray, result: np.ndarray, known_us: int) -> Batch:
    """Prepare a batch; none of this is measured."""
    things = pa.DictionaryArray.from_arrays(pa.array((series // 4).astype(np.int32)), THINGS)
    names = [name for name, _ in PROPERTIES]
    units = [unit for _, unit in PROPERTIES]
    kind = pa.array((series % 4).astype(np.int32))
    n = len(series)
    observed = Observed(
        "feed", things, pa.DictionaryArray.from_arrays(kind, names),
        pa.DictionaryArray.from_arrays(kind, units), moment_us, moment_us, result,
        np.ones(n, np.int8), np.zeros(n, np.int32), bytes(16),
    )  # fmt: skip
    thing_texts, names_of = [THINGS[k // 4] for k in series], [names[k % 4] for k in series]
    moments = moment_us.tolist()
    columns = (["feed"] * n, thing_texts, names_of, moments, moments, result.tolist(), [1] * n,
               [known_us] * n)  # fmt: skip
    times = np.datetime_as_string(moment_us.view("M8[us]"), unit="s")
    lines = [
        json.dumps({"thing": t, "property": p, "unit": units[k % 4], "time": f"{m}Z", "result": r})
        for t, p, k, m, r in zip(thing_texts, names_of, series, times, result, strict=True)
    ]
    table = pa.table(
        dict(zip(("source", "thing", "property", "s", "e", "result", "flag", "known"), columns,
                 strict=True))
    )  # fmt: skip
    return Batch(observed, tuples(columns), table, "\n".join(lines).encode(), known_us)


def stream(rows: int, size: int, seed: int) -> list[Batch]:
    """A feed of 16,000 series every 10 minutes, 6 % of it sent twice."""
    rng = np.random.default_rng(seed)
    order = np.arange(rows)
    series = np.concatenate([rng.permutation(SERIES) for _ in range(rows // SERIES + 1)])[:rows]
    moment = BEGIN_US + order // SERIES * STEP_US
    result = rng.random(rows).round(3) * 20
    again = np.flatnonzero((rng.random(rows) < 0.06) & (order > 5000))
    source = again - rng.integers(1, 5000, len(again))
    source = np.where(np.isin(source, again), 0, source)
    for column in (series, moment, result):
        column[again] = column[source]
    known = [int(moment[min(a + size, rows) - 1]) + 30_000_000 for a in range(0, rows, size)]
    return [
        batch_of(series[a : a + size], moment[a : a + size], result[a : a + size], k)
        for a, k in zip(range(0, rows, size), known, strict=True)
    ]


Work = tuple[str, Callable[[Batch], None], Callable[[], float], Callable[[], int]]


def in_turn(works: Sequence[Work], batches: Sequence[Batch]) -> list[tuple[str, float, float, int]]:
    """Feed every store batch by batch, one after the other; processor and wall time of each [s]."""
    cpu, wall = [0.0] * len(works), [0.0] * len(works)
    for batch in batches:
        for i, (_, ingest, clock, _) in enumerate(works):
            begin, begun = clock(), time.perf_counter()
            ingest(batch)
            cpu[i] += clock() - begin
            wall[i] += time.perf_counter() - begun
    return [(w[0], c, t, w[3]()) for w, c, t in zip(works, cpu, wall, strict=True)]


def show(title: str, found: Sequence[tuple[str, float, float, int]], rows: int) -> None:
    """A table; ratios to the second store, SQLite with a key."""
    print(f"\n{title}\n\n| store | CPU s | wall s | rows/CPU s | kept | x SQLite (CPU) | (wall) |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    base = found[1]
    for name, cpu, wall, count in found:
        ratios = f"{base[1] / cpu:.1f} | {base[2] / wall:.1f}"
        print(f"| {name} | {cpu:.2f} | {wall:.2f} | {rows / cpu:,.0f} | {count:,} | {ratios} |")


def ingest(folder: Path, server: RunningPostgres, rows: int, size: int, seed: int) -> None:
    """Rows that are ready."""
    warm, batches = stream(2 * size, size, 99), stream(rows, size, seed)
    ours, full, normal = Ours(folder), Sqlite(folder, full=True), Sqlite(folder, full=False)
    duck, postgres = Duck(folder), Postgres(server.address)
    place = PostgresPlace(
        host=str(server.folder), port=server.port, database=server.database, user=server.user,
        password_env=None, authorities=None, namespace=f"round_{seed}",
    )  # fmt: skip
    in_database = OursInPostgres(place, server.address)
    works: list[Work] = [
        (ours.name, lambda b: ours.ingest(b.observed, b.known_us), ours.cpu, ours.count),
        (normal.name, lambda b: normal.ingest(b.rows), normal.cpu, normal.count),
        (full.name, lambda b: full.ingest(b.rows), full.cpu, full.count),
        (duck.name, lambda b: duck.ingest(b.table), duck.cpu, duck.count),
        (postgres.name, lambda b: postgres.ingest(b.rows), postgres.cpu, postgres.count),
        (
            in_database.name,
            lambda b: in_database.ingest(b.observed, b.known_us),
            in_database.cpu,
            in_database.count,
        ),
    ]
    Ours(folder / "warm").ingest(warm[0].observed, warm[0].known_us)  # loads compiled kernels
    show(f"Ingest, {rows:,} rows in commits of {size:,}", in_turn(works, batches), rows)
    moment = datetime.fromtimestamp(batches[-1].known_us / 1e6, UTC)
    us = batches[-1].known_us
    ours.as_of(moment, moment)
    print("\n| as of, warm | CPU ms | wall ms | series |\n|---|---:|---:|---:|")
    asked: list[tuple[str, Callable[[], int], Callable[[], float]]] = [
        (ours.name, lambda: ours.as_of(moment, moment), ours.cpu),
        (normal.name, lambda: normal.as_of(us, us), normal.cpu),
        (duck.name, lambda: duck.as_of(us, us), duck.cpu),
        (postgres.name, lambda: postgres.as_of(us, us), postgres.cpu),
        (in_database.name, lambda: in_database.as_of(moment, moment), in_database.cpu),
    ]
    for name, ask, clock in asked:
        best = min(_timed(ask, clock) for _ in range(5))
        print(f"| {name} | {best[0] * 1e3:.0f} | {best[1] * 1e3:.0f} | {best[2]:,} |")


def _timed(ask: Callable[[], int], clock: Callable[[], float]) -> tuple[float, float, int]:
    begin, begun = clock(), time.perf_counter()
    count = ask()
    return clock() - begin, time.perf_counter() - begun, count


def decoded(folder: Path, rows: int, size: int, seed: int) -> None:
    """JSON lines, with units, times, ranges and clocks checked."""
    batches = stream(rows, size, seed)
    ours, normal = Ours(folder), Sqlite(folder, full=False)
    works: list[Work] = [
        (ours.name, lambda b: ours.decode(b.payload, datetime.fromtimestamp(b.known_us / 1e6, UTC)),
         ours.cpu, ours.count),
        (normal.name, lambda b: normal.decode(b.payload, b.known_us), normal.cpu, normal.count),
    ]  # fmt: skip
    show("The same from JSON lines, decoded and checked", in_turn(works, batches), rows)


def late(folder: Path, total: int, size: int) -> None:
    """Rows of 500 loggers that nobody emptied for three weeks, into a store with a month in it."""
    ours = Ours(folder)
    hours = np.arange(30 * 24)
    for day in range(30):
        series = np.tile(np.arange(SERIES, dtype=np.int64), 6)
        moment = np.repeat(BEGIN_US + (day * 24 + hours[:24:4]) * 3_600_000_000, SERIES)
        batch = batch_of(series, moment, np.ones(len(series)), int(moment[-1]) + 30_000_000)
        ours.ingest(batch.observed, batch.known_us)
        ours.store.compact()
    before = ours.count()
    loggers = np.arange(0, 2000, 4, dtype=np.int64)
    steps = total // len(loggers)
    moment = np.tile(BEGIN_US + 60_000_000 + np.arange(steps) * 3_600_000_000, len(loggers))
    series = np.repeat(loggers, steps)
    known = BEGIN_US + 30 * 86_400_000_000
    result = np.random.default_rng(3).random(len(series))
    parts = [
        batch_of(series[a : a + size], moment[a : a + size], result[a : a + size], known)
        for a in range(0, len(series), size)
    ]
    begin, begun = time.process_time(), time.perf_counter()
    for number, part in enumerate(parts):
        ours.ingest(part.observed, known + number)
    cpu, wall = time.process_time() - begin, time.perf_counter() - begun
    kept = ours.count() - before
    print(f"\n{len(series):,} late rows of {len(loggers)} loggers over {steps / 24:.0f} days into a "
          f"store of {before:,}: {cpu:.2f} s of CPU, {wall:.2f} s; {kept:,} kept")  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--batch", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{date.today().isoformat()}, {processor()}")  # noqa: DTZ011
    with running_postgres() as server:
        for round_ in range(options.rounds):
            with tempfile.TemporaryDirectory() as name:
                ingest(Path(name), server, options.rows, options.batch, round_)
    for round_ in range(options.rounds):
        with tempfile.TemporaryDirectory() as name:
            decoded(Path(name), options.rows // 2, options.batch, round_)
    with tempfile.TemporaryDirectory() as name:
        late(Path(name), 250_000, options.batch)


if __name__ == "__main__":
    main()

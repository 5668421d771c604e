"""Looking observations up in PostgreSQL: the same states as of a store on disk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from citytwin.kernels.as_of import Recent
from citytwin.kernels.observation_keys import NEVER, Versions
from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations.as_of import DEPTH, Answer, Question
from citytwin.store.observations.blocks import Block
from citytwin.store.observations.following import SeriesTable
from citytwin.store.observations.observed import Thing
from citytwin.store.observations.postgres import told_of_database
from citytwin.store.observations.postgres_tables import LATEST
from citytwin.store.observations.reader import (
    LOOKBACK,
    USABLE,
    length_us,
    microseconds_of,
    things_in,
)
from citytwin.store.observations.schema import RAW_REF_BYTES, Kind
from citytwin.store.observations.state import State, state_of


class PostgresReader:
    """Looks observations up in a database, and changes nothing.

    The test for stuck sensors sees the latest eight rows of a series only.

    Parameters
    ----------
    address
        Of the database, as libpq reads it.

    Raises
    ------
    StoreError
        If there is no such database.
    """

    def __init__(self, address: str) -> None:
        with told_of_database("opened"):
            self._db = psycopg.connect(address, autocommit=True)
            self._db.execute("SET default_transaction_read_only = on")

    def state(
        self,
        valid_at: datetime,
        known_at: datetime | None = None,
        *,
        properties: Collection[str] = (),
        bbox: tuple[float, float, float, float] | None = None,
        usable: Collection[Flag] = USABLE,
        lookback: timedelta = LOOKBACK,
    ) -> State:
        """Return what the city was like at a time, as far as it was known at another.

        Parameters
        ----------
        valid_at, known_at, properties, bbox, usable, lookback
            As of :meth:`ObservationReader.state`.

        Raises
        ------
        StoreError
            If a time is not aware, or the database refuses.
        """
        known_us = NEVER - 1 if known_at is None else microseconds_of(known_at)
        question = Question(
            Kind.OBSERVATION, microseconds_of(valid_at), known_us, usable, length_us(lookback)
        )
        with told_of_database("read"), self._db.transaction():
            self._db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            (last_us,) = self._db.execute("SELECT known_us FROM last_commit").fetchone() or (0,)
            things = self._things(known_us)
            names = self._names()
            series = things_in(names, properties, bbox, things)
            rows = self._db.execute(LATEST, self._parameters(question, series.tolist())).fetchall()
            answer = _answer(series, rows)
        return state_of(question, answer, names, things, int(last_us))

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _parameters(self, question: Question, series: list[int]) -> dict[str, Any]:
        low = question.valid_us - question.lookback_us
        return {
            "kind": question.kind.value, "series": series, "known": question.known_us, "low": low,
            "valid": question.valid_us, "usable": [int(flag) for flag in question.usable],
            "depth": DEPTH,
        }  # fmt: skip

    def _things(self, known_us: int) -> dict[str, Thing]:
        rows = self._db.execute(
            "SELECT DISTINCT ON (thing) thing, source, name, kind, longitude_deg, latitude_deg,"
            " height_m, cadence_s, synthetic FROM things WHERE known_us <= %s"
            " ORDER BY thing, known_us DESC",
            (known_us,),
        ).fetchall()
        return {row[0]: Thing(*row) for row in rows}

    def _names(self) -> SeriesTable:
        rows = self._db.execute("SELECT id, source, thing, property, unit FROM series").fetchall()
        columns = np.full((4, max((row[0] for row in rows), default=-1) + 1), None, dtype=object)
        for number, *names in rows:
            columns[:, number] = names
        return SeriesTable(*columns)


def _answer(series: np.ndarray, rows: Sequence[tuple[Any, ...]]) -> Answer:
    """Put rows that the database found into the form in which states are made."""
    m = len(series)
    times = np.zeros((4, m, DEPTH), dtype=np.int64)
    empty = np.full((m, DEPTH), -1, dtype=np.int32)
    recent = Recent(times[0], times[1], times[2], empty, times[3])
    (_, number, end, start, issued, known, content, flag, result, tests, revises, _, raw_ref, _, _,
     synthetic, text, rank) = zip(*rows, strict=True) if rows else ((),) * 18  # fmt: skip
    own = np.array(number, dtype=np.int32)
    at = np.searchsorted(series, own), np.array(rank, dtype=np.int64) - 1
    order = np.arange(len(own))
    for column, values in zip(recent, (start, end, issued, 0, order), strict=True):
        column[at] = values
    wide = np.array([start, end, issued, known, content], dtype=np.int64).reshape(5, len(own))
    versions = Versions(
        own, wide[0], wide[1], wide[2], wide[3], wide[4], np.array(flag, dtype=np.int8)
    )
    corrected = np.where(np.array(revises, dtype=np.bool_), int(QualityTest.CORRECTED), 0)
    table = pa.table(
        {
            "raw_ref": pa.array([bytes.fromhex(r) for r in raw_ref], pa.binary(RAW_REF_BYTES)),
            "synthetic": pa.array(synthetic, pa.bool_()),
            "text": pa.array(text, pa.string()),
        }
    )
    block = Block(
        table, versions, np.full(len(own), NEVER), np.array(result, dtype=np.float64),
        np.array(tests, dtype=np.int32) | corrected.astype(np.int32), np.zeros(0, dtype=np.int64),
    )  # fmt: skip
    return Answer(series, recent, {0: block})

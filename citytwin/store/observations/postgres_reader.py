"""Looking observations up in PostgreSQL: the same answers as of a store on disk."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.store.observations.as_of import Answer, Question, look_up
from citytwin.store.observations.dead_letters import KeptLetter
from citytwin.store.observations.dirty_windows import Window
from citytwin.store.observations.following import SeriesTable
from citytwin.store.observations.history import history_of
from citytwin.store.observations.lookup import ObservationLookup, Totals, known_us_of, things_in
from citytwin.store.observations.observed import DeadLetter, Thing
from citytwin.store.observations.postgres_connection import Database, told_of_database
from citytwin.store.observations.postgres_place import PostgresPlace
from citytwin.store.observations.postgres_rows import Span, latest_rows, rows_of
from citytwin.store.observations.postgres_windows import marked_windows
from citytwin.store.observations.schema import Kind
from citytwin.store.observations.series_quality import standing_still
from citytwin.store.observations.state import State, state_of

_FURTHER_BACK = 1
"""Number of the block with rows of sensors that may be stuck."""


class PostgresReader(ObservationLookup):
    """Looks observations up in a database, and changes nothing.

    Parameters
    ----------
    place
        Of the database.

    Raises
    ------
    StoreError
        If there is no such database, or it holds no observations.
    """

    def __init__(self, place: PostgresPlace) -> None:
        self._database = Database(place)
        try:
            self.totals()
        except BaseException:  # Ctrl-C too leaves no connection open; raised again
            self._database.close()
            raise

    def dead_letters(self, last: int = 1000) -> tuple[KeptLetter, ...]:
        """As :class:`ObservationLookup` says."""
        with told_of_database("read"):
            rows = self._database.connection.execute(
                "SELECT source, reason, message, record, raw_ref, known_us FROM dead_letters"
                " ORDER BY id DESC LIMIT %s",
                (last,),
            ).fetchall()
        return tuple(
            KeptLetter(DeadLetter(source, reason, message, record, bytes.fromhex(ref)), known_us)
            for source, reason, message, record, ref, known_us in reversed(rows)
        )

    def cursors(self) -> dict[str, str]:
        """As :class:`ObservationLookup` says."""
        with told_of_database("read"):
            rows = self._database.connection.execute(
                "SELECT source, cursor FROM cursors"
            ).fetchall()
        return dict(rows)

    def totals(self) -> Totals:
        """As :class:`ObservationLookup` says."""
        with told_of_database("read"):
            row = self._database.connection.execute(
                "SELECT known_us, commits, stored, repeats, revisions, late, dead_letters"
                " FROM totals"
            ).fetchone()
        return Totals(*row)

    def dirty_windows(self) -> tuple[Window, ...]:
        """As :class:`ObservationLookup` says."""
        with told_of_database("read"):
            return marked_windows(self._database.connection)

    def things(self, known_at: datetime | None = None) -> dict[str, Thing]:
        """As :class:`ObservationLookup` says."""
        with told_of_database("read"):
            return self._things_at(known_us_of(known_at))

    def close(self) -> None:
        """As :class:`ObservationLookup` says."""
        self._database.close()

    def _things_at(self, known_us: int) -> dict[str, Thing]:
        rows = self._database.connection.execute(
            "SELECT DISTINCT ON (thing) thing, source, name, kind, longitude_deg, latitude_deg,"
            " height_m, cadence_s, synthetic FROM things WHERE known_us <= %s"
            " ORDER BY thing, known_us DESC",
            (known_us,),
        ).fetchall()
        return {row[0]: Thing(*row) for row in rows}

    def _names(self) -> SeriesTable:
        with told_of_database("read"):
            rows = self._database.connection.execute(
                "SELECT id, source, thing, property, unit FROM series"
            ).fetchall()
        columns = np.full((4, max((row[0] for row in rows), default=-1) + 1), None, dtype=object)
        for number, *names in rows:
            columns[:, number] = names
        return SeriesTable(*columns)

    def _answer(
        self,
        question: Question,
        properties: Collection[str],
        bbox: tuple[float, float, float, float] | None,
    ) -> State:
        connection = self._database.connection
        with told_of_database("read"), connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            last_us = self.totals().known_us
            things = self._things_at(question.known_us)
            names = self._names()
            series = things_in(names, properties, bbox, things)
            answer = look_up(question, series, latest_rows(connection, question, series))
            if question.kind is Kind.OBSERVATION:
                self._look_further_back(question, answer, names)
        return state_of(question, answer, names, things, last_us)

    def _look_further_back(self, question: Question, answer: Answer, names: SeriesTable) -> None:
        """Fetch what says whether a sensor is stuck: more than the latest rows of those that stand."""
        still, low_us = standing_still(names.observed[answer.series].tolist(), question, answer)
        if still.size:
            span = Span(answer.series[still], low_us - 1, answer.recent.end_us[still, 0])
            rows = rows_of(self._database.connection, question.kind, span, question.known_us)
            answer.blocks[_FURTHER_BACK] = rows

    def _over_time(
        self, kind: Kind, series: NDArray[np.int32], span_us: tuple[int, int], known_us: int
    ) -> pd.DataFrame:
        with told_of_database("read"):
            span = Span.same(series, *span_us)
            block = rows_of(self._database.connection, kind, span, known_us)
        return history_of(series, [block], span_us, known_us)

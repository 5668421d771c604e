"""Readers of an observation store: as many as there are, while the writer goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.store.observations.as_of import Question, SegmentRows, look_up
from citytwin.store.observations.blocks import BlockCache
from citytwin.store.observations.dead_letters import KeptLetter, letters_in
from citytwin.store.observations.dirty_windows import Window, marked
from citytwin.store.observations.following import Following, SeriesTable
from citytwin.store.observations.history import blocks_with, history_of
from citytwin.store.observations.lookup import ObservationLookup, Totals, known_us_of, things_in
from citytwin.store.observations.observed import Thing
from citytwin.store.observations.placed_things import things_at
from citytwin.store.observations.schema import Kind
from citytwin.store.observations.state import State, state_of

_ATTEMPTS = 5
T = TypeVar("T")


class ObservationReader(ObservationLookup):
    """Looks things up in a store, and never changes it.

    Parameters
    ----------
    folder
        Of the store.
    most_bytes
        Memory for decoded segments.

    Raises
    ------
    StoreError
        If there is none, or it is damaged.
    """

    def __init__(self, folder: Path, *, most_bytes: int = 1 << 30) -> None:
        self._following = Following(folder)
        self._cache = BlockCache(most_bytes)

    def _again(self, read: Callable[[], T]) -> T:
        """Read, and read again where the writer has put segments together meanwhile."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return read()
            except FileNotFoundError:
                self._following.refresh()
        try:
            return read()
        except FileNotFoundError as error:
            msg = f"a segment of the observations is missing: {error.filename or error}"
            raise StoreError(msg, hint="restore it from a backup of the store") from error

    def _answer(
        self,
        question: Question,
        properties: Collection[str],
        bbox: tuple[float, float, float, float] | None,
    ) -> State:
        self._following.refresh()
        things = things_at(self._following.connection, question.known_us)
        series = things_in(self._following.series, properties, bbox, things)
        answer = self._again(
            lambda: look_up(
                question, series, SegmentRows(self._following.segments(question.kind), self._cache)
            )
        )
        return state_of(question, answer, self._following.series, things, self._following.known_us)

    def _names(self) -> SeriesTable:
        self._following.refresh()
        return self._following.series

    def _over_time(
        self, kind: Kind, series: NDArray[np.int32], span_us: tuple[int, int], known_us: int
    ) -> pd.DataFrame:
        def read() -> pd.DataFrame:
            blocks = blocks_with(series, self._following.segments(kind), self._cache, span_us)
            return history_of(series, blocks, span_us, known_us)

        return self._again(read)

    def dead_letters(self, last: int = 1000) -> tuple[KeptLetter, ...]:
        """As :class:`ObservationLookup` says."""
        return letters_in(self._following.connection, last)

    def cursors(self) -> dict[str, str]:
        """As :class:`ObservationLookup` says."""
        found = self._following.connection.execute("SELECT source, cursor FROM cursors").fetchall()
        return dict(found)

    def totals(self) -> Totals:
        """As :class:`ObservationLookup` says."""
        row = self._following.connection.execute(
            "SELECT known_us, commits, stored, repeats, revisions, late, dead_letters FROM totals"
        ).fetchone()
        return Totals(*row)

    def dirty_windows(self) -> tuple[Window, ...]:
        """As :class:`ObservationLookup` says."""
        return marked(self._following.connection)

    def things(self, known_at: datetime | None = None) -> dict[str, Thing]:
        """As :class:`ObservationLookup` says."""
        return things_at(self._following.connection, known_us_of(known_at))

    def close(self) -> None:
        """As :class:`ObservationLookup` says."""
        self._following.close()

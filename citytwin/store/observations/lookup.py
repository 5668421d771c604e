"""What can be asked of observations, wherever they are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.kernels.observation_keys import NEVER
from citytwin.model.tables import Flag
from citytwin.store.observations.as_of import Question
from citytwin.store.observations.dead_letters import KeptLetter
from citytwin.store.observations.dirty_windows import Window
from citytwin.store.observations.following import SeriesTable
from citytwin.store.observations.history import History, with_tests
from citytwin.store.observations.observed import Thing
from citytwin.store.observations.schema import Kind
from citytwin.store.observations.state import State

USABLE = (Flag.GOOD, Flag.NOT_EVALUATED)
"""Flags of rows that are used by default."""
LOOKBACK = timedelta(days=7)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_EDIT_US = 1_577_836_800_000_000
"""2020: there are no edits from before; they hold until the next one."""


@dataclass(frozen=True)
class Totals:
    """What has been committed since the store was made."""

    known_us: int
    """When the last commit became known [us since 1970-01-01T00:00Z]; 0 before the first."""
    commits: int
    stored: int
    repeats: int
    revisions: int
    late: int
    dead_letters: int


class ObservationLookup(ABC):
    """Looks observations up, and changes nothing."""

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
        valid_at
            Aware; the latest interval that had ended by then counts.
        known_at
            Aware; None for all that is known now.
        properties
            Names; none for all.
        bbox
            West, south, east, north of the things [degrees, WGS 84]; None for everywhere.
        usable
            Flags of rows that count.
        lookback
            How old a value may be.

        Raises
        ------
        StoreError
            If a time is not aware, or the store is damaged.
        """
        question = Question(
            Kind.OBSERVATION,
            microseconds_of(valid_at),
            known_us_of(known_at),
            usable,
            length_us(lookback),
        )
        return self._answer(question, properties, bbox)

    def forecast(
        self,
        valid_at: datetime,
        known_at: datetime | None = None,
        *,
        properties: Collection[str] = (),
        bbox: tuple[float, float, float, float] | None = None,
    ) -> State:
        """Return what was expected of a time: of each series the latest issue that covers it.

        Parameters
        ----------
        valid_at
            Aware.
        known_at
            Aware; later issues do not count. None for all that is known now.
        properties, bbox
            As of :meth:`state`.
        """
        known_us = known_us_of(known_at)
        lookback = length_us(timedelta(days=1))
        question = Question(Kind.FORECAST, microseconds_of(valid_at), known_us, USABLE, lookback)
        return self._answer(question, properties, bbox)

    def edits(self, valid_at: datetime, known_at: datetime | None = None) -> State:
        """Return what people have corrected of the city by hand: the last edit of each attribute.

        Parameters
        ----------
        valid_at
            Aware.
        known_at
            Aware; None for all that is known now.
        """
        known_us = known_us_of(known_at)
        valid_us = microseconds_of(valid_at)
        question = Question(Kind.EDIT, valid_us, known_us, USABLE, valid_us - _FIRST_EDIT_US)
        return self._answer(question, (), None)

    def history(
        self,
        thing: str,
        observed: str,
        start: datetime,
        end: datetime,
        known_at: datetime | None = None,
        *,
        kind: Kind = Kind.OBSERVATION,
        tested: bool = True,
    ) -> History:
        """Return what a thing has observed over time, as far as it was known.

        Parameters
        ----------
        thing
            URN.
        observed
            Name of a property.
        start, end
            Aware; intervals end after the first and not after the second.
        known_at
            Aware; None for all that is known now.
        kind
            What is asked for; of forecasts every issue is given.
        tested
            Whether values are tested against their series; else flags are those that were stored.

        Raises
        ------
        StoreError
            If a time is not aware, the thing has never reported the property, or the store is
            damaged.
        """
        names = self._names()
        series = np.flatnonzero((names.thing == thing) & (names.observed == observed))
        if not series.size:
            msg = f"{thing} has never reported {observed}"
            reported = sorted(set(names.observed[names.thing == thing]))
            raise StoreError(msg, hint=f"it reports {', '.join(reported) or 'nothing'}")
        span_us = microseconds_of(start), microseconds_of(end)
        frame = self._over_time(kind, series.astype(np.int32), span_us, known_us_of(known_at))
        if tested and kind is Kind.OBSERVATION:
            frame = with_tests(frame, observed)
        frame.insert(0, "source", names.source[frame.pop("series").to_numpy(dtype=np.int64)])
        return History(frame, thing, observed, str(names.unit[series[0]]))

    def within(
        self, things: Collection[tuple[str, str]], start: datetime, end: datetime
    ) -> pd.DataFrame:
        """Return what things have observed within a time, with the flags that were stored.

        Parameters
        ----------
        things
            URNs and names of properties.
        start, end
            Aware; intervals end after the first and not after the second.

        Returns
        -------
        DataFrame
            thing, property and the columns of :class:`History`'s frame, by series and time.

        Raises
        ------
        StoreError
            If a time is not aware, or the store is damaged.
        """
        names, wanted = self._names(), set(things)
        found = enumerate(zip(names.thing, names.observed, strict=True))
        series = np.array([number for number, key in found if key in wanted], dtype=np.int32)
        if not series.size:
            return pd.DataFrame({"thing": [], "property": [], "result": [], "flag": []})
        span_us = microseconds_of(start), microseconds_of(end)
        frame = self._over_time(Kind.OBSERVATION, series, span_us, known_us_of(None))
        own = frame.pop("series").to_numpy(dtype=np.int64)
        return frame.assign(thing=names.thing[own], property=names.observed[own])

    @abstractmethod
    def dead_letters(self, last: int = 1000) -> tuple[KeptLetter, ...]:
        """Return the records that were set aside last.

        Parameters
        ----------
        last
            At most so many.
        """

    @abstractmethod
    def cursors(self) -> dict[str, str]:
        """Return how far each feed has been read."""

    @abstractmethod
    def totals(self) -> Totals:
        """Return what has been committed in all."""

    @abstractmethod
    def dirty_windows(self) -> tuple[Window, ...]:
        """Return the times whose results are out of date."""

    @abstractmethod
    def things(self, known_at: datetime | None = None) -> dict[str, Thing]:
        """Return all things by URN, as they were known at a time.

        Parameters
        ----------
        known_at
            Aware; None for now.
        """

    @abstractmethod
    def close(self) -> None:
        """Close what is open."""

    @abstractmethod
    def _answer(
        self,
        question: Question,
        properties: Collection[str],
        bbox: tuple[float, float, float, float] | None,
    ) -> State:
        """Look up the latest rows."""

    @abstractmethod
    def _names(self) -> SeriesTable:
        """All series of now."""

    @abstractmethod
    def _over_time(
        self, kind: Kind, series: NDArray[np.int32], span_us: tuple[int, int], known_us: int
    ) -> pd.DataFrame:
        """Rows of some series, as :func:`history_of` gives them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def known_us_of(known_at: datetime | None) -> int:
    """Return a time of knowledge in microseconds; None stands for all that is known.

    Parameters
    ----------
    known_at
        Aware, or None.
    """
    return NEVER - 1 if known_at is None else microseconds_of(known_at)


def things_in(
    names: SeriesTable,
    properties: Collection[str],
    bbox: tuple[float, float, float, float] | None,
    things: dict[str, Thing],
) -> NDArray[np.int32]:
    """Return the numbers of the series that are asked for, in order.

    Parameters
    ----------
    names
        All series.
    properties
        Names; none for all.
    bbox
        West, south, east, north of their things [degrees, WGS 84]; None for everywhere.
    things
        By URN.
    """
    keep = np.array([thing is not None for thing in names.thing], dtype=np.bool_)
    if properties:
        keep &= np.isin(names.observed, list(properties))
    if bbox is not None:
        west, south, east, north = bbox
        inside = {
            t.thing
            for t in things.values()
            if west <= t.longitude_deg <= east and south <= t.latitude_deg <= north
        }
        keep &= np.array([thing in inside for thing in names.thing], dtype=np.bool_)
    return np.flatnonzero(keep).astype(np.int32)


def microseconds_of(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970-01-01T00:00Z.

    Parameters
    ----------
    moment
        Aware.

    Raises
    ------
    StoreError
        If it is not.
    """
    if moment.tzinfo is None:
        msg = f"{moment.isoformat()} has no time zone"
        raise StoreError(msg, hint="give an aware time, such as 2026-07-01T09:00+09:00")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def length_us(span: timedelta) -> int:
    """Return a length of time in microseconds.

    Parameters
    ----------
    span
        The length.
    """
    return span // timedelta(microseconds=1)

"""Writers of observations, and what waits for their next commit: rows, things, records set aside.

:class:`ObservationStore` writes it to disk, :class:`PostgresStore` into a database.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from citytwin.store.observations.dirty_windows import Window
from citytwin.store.observations.observed import DeadLetter, Observed, Thing
from citytwin.store.observations.pending import Pending
from citytwin.store.observations.schema import Kind
from citytwin.store.observations.series_names import SeriesNames


@dataclass(frozen=True)
class GroupCommit:
    """When what was queued is worth a commit: durability costs little by the thousand rows."""

    rows: int = 10_000
    seconds: float = 1.0
    """Since the first row that waits."""
    lateness_s: float = 600.0
    """A row known longer than this after its interval is late, and makes results around it old."""
    most_known_rows: int = 6_000_000
    """Keys kept in memory, 45 bytes each."""


@dataclass(frozen=True)
class Receipt:
    """What a commit did; all of it is on the disk."""

    stored: int
    """Rows written: new ones and further versions."""
    repeats: int
    """Rows that said what was known."""
    revisions: int
    """Of those stored, rows whose key was known with another result."""
    late: int
    """Of those stored."""
    dead_letters: int
    """Records set aside that were not kept already."""
    windows: tuple[Window, ...] = ()
    """Times whose results are out of date now."""
    known_us: int = 0
    """When it became known [us]."""


@dataclass
class Tally:
    """What a commit has done so far."""

    stored: int = 0
    repeats: int = 0
    revisions: int = 0
    late: int = 0
    letters: int = 0
    windows: list[Window] = field(default_factory=list)

    def receipt(self, known_us: int) -> Receipt:
        """Return what is handed out once it is durable.

        Parameters
        ----------
        known_us
            When it became known [us].
        """
        return Receipt(
            self.stored, self.repeats, self.revisions, self.late, self.letters,
            tuple(self.windows), known_us,
        )  # fmt: skip


def system_clock() -> int:
    """Return the time of the system [us since 1970-01-01T00:00Z]."""
    return time.time_ns() // 1000


class ObservationWriter(ABC):
    """Queues what comes in, and commits it together; not for several threads at a time.

    Parameters
    ----------
    rules
        When to commit.
    names
        All series that are known.
    """

    def __init__(self, rules: GroupCommit, names: SeriesNames) -> None:
        self._rules = rules
        self._names = names
        self._waiting: list[Pending] = []
        self._letters: list[DeadLetter] = []
        self._things: list[Thing] = []
        self._since_s = 0.0

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
            If a series comes in another unit than before.
        """
        if len(rows):
            self._wait_with(Pending.of(rows, kind, self._names.numbers_of(rows)))

    def dead_letter(self, letter: DeadLetter) -> None:
        """Queue a record that was set aside; the same one again is not kept twice.

        Parameters
        ----------
        letter
            The record and the reason.
        """
        self._waits()
        self._letters.append(letter)

    def things(self, things: Sequence[Thing]) -> None:
        """Queue things; one that is where it was is not kept again.

        Parameters
        ----------
        things
            As their source describes them now.
        """
        if things:
            self._waits()
            self._things.extend(things)

    def due(self) -> bool:
        """Return whether what waits should be committed now."""
        if not self._anything():
            return False
        enough = sum(map(len, self._waiting)) >= self._rules.rows
        return enough or time.monotonic() - self._since_s >= self._rules.seconds

    @abstractmethod
    def commit(self, cursors: Mapping[str, str] | None = None) -> Receipt:
        """Bring everything that waits into the store, in one transaction with the cursors.

        Parameters
        ----------
        cursors
            How far the feeds have been read, by source.

        Returns
        -------
        Receipt
            When it comes back everything is durable.

        Raises
        ------
        StoreError
            If the store refuses: nothing has changed then, and what waited still does.
        """

    @abstractmethod
    def cursor(self, source: str) -> str | None:
        """Return how far a feed has been read, None where it has not.

        Parameters
        ----------
        source
            Its name.
        """

    @abstractmethod
    def dirty_windows(self) -> tuple[Window, ...]:
        """Return the times whose results are out of date."""

    @abstractmethod
    def clean(self, windows: Sequence[Window]) -> None:
        """Forget windows whose results have been made anew, unless they were marked again since.

        Parameters
        ----------
        windows
            As :meth:`dirty_windows` gave them.
        """

    @abstractmethod
    def tidy(self) -> None:
        """Do what is worth doing now and then, such as putting small files together; no row changes.

        Raises
        ------
        StoreError
            If the store refuses: nothing has changed then.
        """

    @abstractmethod
    def close(self) -> None:
        """Give up what waits, and what the store holds open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _waiting_rows(self, kind: Kind, *, replayed: bool) -> list[Pending]:
        return [p for p in self._waiting if p.kind is kind and p.replayed is replayed]

    def _wait_with(self, rows: Pending) -> None:
        self._waits()
        self._waiting.append(rows)

    def _committed(self) -> None:
        """Forget what waited: it is durable."""
        self._waiting, self._letters, self._things = [], [], []

    def _anything(self) -> bool:
        return bool(self._waiting or self._letters or self._things)

    def _waits(self) -> None:
        if not self._anything():
            self._since_s = time.monotonic()

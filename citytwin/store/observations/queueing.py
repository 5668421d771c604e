"""What waits for a commit: rows, records that were set aside and things, whatever the store.

:class:`ObservationStore` writes it to disk, :class:`PostgresStore` into a database.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from citytwin.store.observations.dirty_windows import Window
from citytwin.store.observations.observed import DeadLetter, Thing
from citytwin.store.observations.pending import Pending


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


class Queueing(ABC):
    """The side of a store on which things are queued until a commit.

    Parameters
    ----------
    rules
        When to commit.
    """

    def __init__(self, rules: GroupCommit) -> None:
        self._rules = rules
        self._waiting: list[Pending] = []
        self._letters: list[DeadLetter] = []
        self._things: list[Thing] = []
        self._since_s = 0.0

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

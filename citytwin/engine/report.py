"""What a run tells: events while it runs, a table at its end, an exit code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Protocol

from citytwin.engine.left_out import LeftOut
from citytwin.errors import CityTwinError, DamagedError
from citytwin.model.checkpoints import Counted


class Exit(IntEnum):
    """Exit codes of the commands."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    LOSSES = 3
    TRY_LATER = 75


class Progress(Protocol):
    """Receives the events of a run."""

    def begin(self, key: str, parts: int, standing: int) -> None:
        """Say that a job begins: `parts` in all, of which `standing` need not be made."""

    def advance(self, key: str, cells: int) -> None:
        """Say that a part with so many cells is made; bytes where sources are read."""

    def simulated(self, key: str, done: float, whole: float, counted: Counted) -> None:
        """Say how much of what it counts a long run has simulated, of how much in all."""

    def end(self, key: str) -> None:
        """Say that a job is complete."""


class Silent:
    """Ignores all events."""

    def begin(self, key: str, parts: int, standing: int) -> None:
        """Ignore."""

    def advance(self, key: str, cells: int) -> None:
        """Ignore."""

    def simulated(self, key: str, done: float, whole: float, counted: Counted) -> None:
        """Ignore."""

    def end(self, key: str) -> None:
        """Ignore."""


@dataclass
class Row:
    """One line of the summary."""

    key: str
    parts: int = 0
    standing: int = 0
    cells: int = 0
    seconds: float = 0.0
    """Time on workers, summed over parts [s]."""


@dataclass
class RunReport:
    """Outcome of a run."""

    city: str
    run_id: str = ""
    rows: list[Row] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    """Layers whose content changed."""
    unchanged: list[str] = field(default_factory=list)
    no_longer: list[str] = field(default_factory=list)
    """Layers that stood published before it and do no longer."""
    left_out: list[LeftOut] = field(default_factory=list)
    lost_tiles: int = 0
    """Tiles that no worker could make and that were left empty."""
    damage: list[DamagedError] = field(default_factory=list)
    """What was met in the working store that is not what was written."""
    healed: list[str] = field(default_factory=list)
    """Damage that was met and made anew."""
    newest_observations: dict[str, datetime] = field(default_factory=dict)
    """End of the newest observation of each source that has any."""
    map: str = ""
    seconds: float = 0.0

    def fail(self, message: str, error: CityTwinError | None = None) -> None:
        """Note a failure once; damage in the working store is remembered, to be made anew.

        Parameters
        ----------
        message
            What failed.
        error
            As it was raised, where that was on purpose.
        """
        if message not in self.failures:
            self.failures.append(message)
        if isinstance(error, DamagedError):
            self.damage.append(error)

    @property
    def exit_code(self) -> Exit:
        """Exit code of the command."""
        if self.failures:
            return Exit.FAILED
        return Exit.LOSSES if self.losses else Exit.DONE

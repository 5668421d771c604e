"""Keeps the state of a long run every few minutes, and when it is asked to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from citytwin.model.checkpoints import NamedArrays
from citytwin.store.checkpoints import DamagedCheckpointError, read_checkpoint, write_checkpoint

log = logging.getLogger(__name__)
CHECKPOINT_MINUTES = 5.0
"""A state of 25 million cells is 2 GB, which a disk takes in some ten seconds."""


class StopRequest(Protocol):
    """Whether a run shall stop."""

    waits: bool
    """Whether the run looks at the request between its steps, so that nothing else needs to stop
    it."""

    @property
    def asked(self) -> bool:
        """Whether it was asked to."""

    def check(self) -> None:
        """Stop here if it was."""


class NeverAsked:
    """No request to stop."""

    waits = False
    asked = False

    def check(self) -> None:
        """Go on."""


@dataclass(frozen=True)
class Keeping:
    """How the state of a run on bare rasters is kept."""

    file: Path
    """Where, ``.npz``. It stays when the run has ended: the same run finds its last steps in it."""
    every_minutes: float = CHECKPOINT_MINUTES
    """Time after which the state is kept again."""
    stop: StopRequest = field(default_factory=NeverAsked)
    """Request to stop: the state is kept before it is followed."""


@dataclass
class Keeper:
    """Keeps the state of one run in a file.

    Parameters
    ----------
    file
        Where the state is kept.
    fingerprint
        Of all that the run depends on.
    every_s
        Time after which the state is kept again [s], >= 0.
    stop
        Request to stop: the state is kept before it is followed.
    clock
        Time of the wall [s].
    """

    file: Path
    fingerprint: str
    every_s: float
    stop: StopRequest = field(default_factory=NeverAsked)
    clock: Callable[[], float] = time.monotonic
    _since_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._since_s = self.clock()

    def latest(self) -> NamedArrays | None:
        """Return the state that an equal run before has kept last."""
        self.stop.waits = True
        try:
            state = read_checkpoint(self.file, self.fingerprint)
        except DamagedCheckpointError as error:
            log.warning("%s; the run begins from its start", error)
            return None
        if state is not None:
            log.info("the run goes on from its state in %s", self.file)
        return state

    def offer(self, state: Callable[[], NamedArrays]) -> None:
        """Keep the state if it is time to, or if the run is asked to stop.

        Parameters
        ----------
        state
            Gives the state now.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        asked = self.stop.asked
        if not asked and self.clock() - self._since_s < self.every_s:
            return
        write_checkpoint(self.file, self.fingerprint, state())
        self._since_s = self.clock()
        self.stop.check()

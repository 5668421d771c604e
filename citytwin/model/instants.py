"""Moments of fields over time: the frames that the slider of the map goes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from citytwin.model.text import Text


@dataclass(frozen=True)
class Instant:
    """A moment for which a field over time has values."""

    time: datetime
    """Aware."""
    said: Text | None = None
    """What holds at that moment, such as where the sun stands; a phrase without a full stop."""

    @property
    def iso(self) -> str:
        """The moment as ISO 8601 in UTC, to the second."""
        return self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def stamp(self) -> str:
        """The moment as part of a file name."""
        return self.time.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def spans(times: Sequence[datetime]) -> tuple[tuple[datetime, datetime], ...]:
    """Return from when to when each of several moments stands for the time, end excluded.

    Each stands until the next; the last as long as the one before it, an only one for an hour.

    Parameters
    ----------
    times
        Ascending, at least one.
    """
    last = times[-1] - times[-2] if len(times) > 1 else timedelta(hours=1)
    return (*pairwise(times), (times[-1], times[-1] + last))


def times_of(instants: Sequence[Instant]) -> NDArray[np.datetime64]:
    """Return moments as a time coordinate of arrays, shape (nt,), in UTC to the second.

    Parameters
    ----------
    instants
        The moments.
    """
    seconds = [int(one.time.timestamp()) for one in instants]
    return np.array(seconds, dtype="datetime64[s]")

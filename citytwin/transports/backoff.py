"""How long to wait before trying again, and when to stop asking for a while."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential waits with full jitter, so that many clients do not return at once.

    Brooker, M. (2015): Exponential backoff and jitter. AWS Architecture Blog: the wait is drawn
    evenly between nothing and the exponential bound.
    """

    first_s: float = 1.0
    """Bound of the first wait [s]."""
    most_s: float = 300.0
    """Bound of all waits [s]."""

    def bound_s(self, failures: int) -> float:
        """Longest wait after so many failures in a row [s].

        Parameters
        ----------
        failures
            At least 1.
        """
        return min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 60))

    def wait_s(self, failures: int, dice: random.Random, asked_s: float = 0.0) -> float:
        """Wait after so many failures in a row [s].

        Parameters
        ----------
        failures
            At least 1.
        dice
            Where the jitter comes from.
        asked_s
            What the other side asked for [s]; kept up to the bound of all waits.
        """
        drawn = dice.uniform(0.0, self.bound_s(failures))
        return max(drawn, min(asked_s, self.most_s))


@dataclass(frozen=True, slots=True)
class Breaker:
    """Circuit breaker: after several failures in a row it opens, and lets single tries through.

    Nygard, M. (2018): Release It!, 2nd edition, chapter 5. A value: each outcome gives a new one.
    """

    limit: int = 5
    """Failures in a row that open it."""
    rest_s: float = 60.0
    """How long it stays open before one try is let through [s]."""
    failures: int = 0
    opened_s: float | None = None
    """When it opened, or was last tried."""

    def allows(self, now_s: float) -> bool:
        """Whether a try may be made.

        Parameters
        ----------
        now_s
            Time on any clock that never goes back [s].
        """
        return self.opened_s is None or now_s - self.opened_s >= self.rest_s

    def succeeded(self) -> Breaker:
        """Return it closed."""
        return replace(self, failures=0, opened_s=None)

    def failed(self, now_s: float) -> Breaker:
        """Return it with one more failure.

        Parameters
        ----------
        now_s
            Time on the same clock [s].
        """
        failures = self.failures + 1
        opened = now_s if failures >= self.limit else None
        return replace(self, failures=failures, opened_s=opened)

    @property
    def is_open(self) -> bool:
        """Whether it keeps the other side from being asked."""
        return self.opened_s is not None

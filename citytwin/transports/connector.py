"""What every way in has in common, whether it asks or is told: deliveries, and a cursor.

A delivery is kept by its receiver together with its cursor, in one transaction, and only then
acknowledged. What was not acknowledged comes again; so nothing is lost, and what comes twice is
found by its content.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Payload:
    """Bytes as they came, before anybody has looked at them."""

    content: bytes
    origin: str
    """Address, file or topic, without secrets."""
    fetched_at: datetime
    """Aware."""


def _nothing_to_do() -> None:
    """Polls and files are acknowledged by their cursor alone."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Payloads, and where to go on after them."""

    payloads: tuple[Payload, ...]
    cursor: str
    """To be kept with them, and given back at the next call."""
    acknowledge: Callable[[], None] = _nothing_to_do
    """To be called once both are kept for good."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connector fares, for health and metrics."""

    connected: bool
    failures: int = 0
    """In a row."""
    last_error: str = ""
    last_success_s: float | None = None
    """Seconds since 1970."""


class Connector(Protocol):
    """A way in. One thread calls `take`; nothing is thrown for what may be well later."""

    @property
    def name(self) -> str:
        """Name of the source."""

    def take(self, cursor: str, wait_s: float) -> Delivery | None:
        """Wait for something new.

        Parameters
        ----------
        cursor
            From the last delivery that was kept; empty at first.
        wait_s
            Longest wait [s].

        Returns
        -------
        Delivery or None
            None where there was nothing new in that time.
        """

    def standing(self) -> Standing:
        """How it fares; from any thread."""

    def close(self) -> None:
        """Let go of connections and files."""

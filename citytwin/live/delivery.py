"""One worker per sink, each with its own queue: who does not answer delays nobody else."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

from citytwin.errors import CityTwinError, UnreachableError
from citytwin.store.outbox import Outbox, Parcel, Queued
from citytwin.transports.backoff import Backoff, Breaker

_LOG = logging.getLogger(__name__)
_LOOK_S = 0.5
"""A worker without work looks at its queue this often."""
GIVE_UP_AFTER_S = 24 * 3600.0


class Sink(Protocol):
    """A receiver of parcels."""

    @property
    def name(self) -> str:
        """Name in the configuration."""

    def send(self, parcel: Parcel) -> None:
        """Deliver, and return when the receiver has it.

        Raises
        ------
        UnreachableError
            If it may succeed later.
        CityTwinError
            If it never will.
        """

    def close(self) -> None:
        """Let go of connections."""


class Courier:
    """Delivers the parcels of one sink, in order.

    Parameters
    ----------
    path
        File of the outbox.
    sink
        Where parcels go.
    backoff
        Waits between tries.
    give_up_after_s
        Age of a parcel after which it is put aside [s].
    """

    def __init__(
        self,
        path: Path,
        sink: Sink,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        give_up_after_s: float = GIVE_UP_AFTER_S,
    ) -> None:
        self._path, self._sink, self._backoff = path, sink, backoff
        self._give_up_after_s = give_up_after_s
        self._breaker = Breaker()
        self._dice = random.Random()
        self._stop, self._wake = threading.Event(), threading.Event()
        name = f"courier-{sink.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something new."""
        self._wake.set()

    def ask_to_stop(self) -> None:
        """Let it end after the parcel in hand."""
        self._stop.set()
        self._wake.set()

    def ended(self, timeout_s: float) -> bool:
        """Wait for the end; return whether it came in time.

        Parameters
        ----------
        timeout_s
            How long to wait [s].
        """
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        with Outbox(self._path) as outbox:
            while not self._stop.is_set():
                try:
                    worked = self._deliver_first(outbox)
                except CityTwinError as error:
                    _LOG.warning("sink %s: %s", self._sink.name, error)
                    worked = False
                if not worked:
                    self._wake.wait(_LOOK_S)
                    self._wake.clear()
        self._sink.close()

    def _deliver_first(self, outbox: Outbox) -> bool:
        if not self._breaker.allows(time.monotonic()):
            return False
        queued = outbox.first(self._sink.name, time.time())
        if queued is None:
            return False
        try:
            self._sink.send(queued.parcel)
        except UnreachableError as error:
            self._breaker = self._breaker.failed(time.monotonic())
            self._put_off(outbox, queued, error)
        except CityTwinError as error:
            _LOG.warning("sink %s gave up %s: %s", self._sink.name, queued.parcel.key, error)
            outbox.gave_up(queued, str(error))
        else:
            self._breaker = self._breaker.succeeded()
            outbox.delivered(queued)
        return True

    def _put_off(self, outbox: Outbox, queued: Queued, error: UnreachableError) -> None:
        now_s = time.time()
        if now_s - queued.created_s > self._give_up_after_s:
            hours = self._give_up_after_s / 3600.0
            outbox.gave_up(queued, f"not delivered within {hours:g} h: {error}")
            return
        wait_s = self._backoff.wait_s(queued.attempts + 1, self._dice, error.retry_after_s)
        _LOG.warning("sink %s: %s; next try in %.0f s", self._sink.name, error.message, wait_s)
        outbox.later(queued, now_s + wait_s, str(error))


class Couriers:
    """The workers of all sinks.

    Parameters
    ----------
    path
        File of the outbox.
    sinks
        All receivers, with names of their own.
    backoff
        Waits between tries.
    """

    def __init__(
        self,
        path: Path,
        sinks: Sequence[Sink],
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
    ) -> None:
        self._all = [Courier(path, sink, backoff) for sink in sinks]

    def __enter__(self) -> Self:
        for courier in self._all:
            courier.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(10.0)

    def wake(self) -> None:
        """Say that there is something new."""
        for courier in self._all:
            courier.wake()

    def stop(self, timeout_s: float) -> bool:
        """End all; return whether all did in time. What waits stays in the outbox.

        Parameters
        ----------
        timeout_s
            For all of them [s].
        """
        deadline_s = time.monotonic() + timeout_s
        for courier in self._all:
            courier.ask_to_stop()
        ended = [courier.ended(max(0.0, deadline_s - time.monotonic())) for courier in self._all]
        return all(ended)

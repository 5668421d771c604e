"""Takes deliveries of all feeds in: archived, decoded, kept with their cursors, then acknowledged."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from citytwin.errors import StoreError
from citytwin.live.decoding import FeedDecoder
from citytwin.live.recent import Recent
from citytwin.store.observations import DeadLetter, ObservationWriter, Receipt
from citytwin.store.raw_archive import RawArchive
from citytwin.transports.connector import Connector, Delivery

_LOG = logging.getLogger(__name__)
_WAIT_S = 1.0
_AGAIN_S = 5.0
"""After a commit that the disk refused [s]."""
_MOST_PAYLOADS = 20_000
"""In one commit."""


@dataclass(frozen=True)
class Way:
    """A connector and what reads its payloads."""

    connector: Connector
    decoder: FeedDecoder


@dataclass
class _Arrival:
    way: Way
    delivery: Delivery
    kept: threading.Event = field(default_factory=threading.Event)


class Intake:
    """One thread per feed waits for deliveries; the caller's thread keeps them.

    Parameters
    ----------
    ways
        Of all feeds.
    store, archive, recent
        Where everything goes; used by the caller's thread only.
    stop
        Set to end.
    """

    def __init__(
        self,
        ways: Sequence[Way],
        store: ObservationWriter,
        archive: RawArchive,
        recent: Recent,
        stop: threading.Event,
    ) -> None:
        self._ways, self._store, self._archive, self._recent = ways, store, archive, recent
        self._stop = stop
        self._queue: queue.SimpleQueue[_Arrival] = queue.SimpleQueue()
        self._waiting: list[_Arrival] = []
        self._decoded = False
        """Whether what waits is queued in the store already, for a commit that failed once."""
        self._again_s = 0.0
        self.fault = ""
        """Why the last commit failed; empty when it did not."""
        self.payloads: Counter[str] = Counter()
        """By feed, since the start."""
        self.totals: Counter[str] = Counter()
        """Rows by what became of them, since the start."""
        cursors = {way.connector.name: store.cursor(way.connector.name) or "" for way in ways}
        self._threads = [
            threading.Thread(
                target=self._wait_for,
                args=(way, cursors[way.connector.name]),
                name=f"feed-{way.connector.name}",
                daemon=True,
            )
            for way in ways
        ]

    def start(self) -> None:
        """Begin to wait for deliveries."""
        for thread in self._threads:
            thread.start()

    def _wait_for(self, way: Way, cursor: str) -> None:
        while not self._stop.is_set():
            try:
                delivery = way.connector.take(cursor, _WAIT_S)
            except Exception:  # noqa: BLE001 - see below
                # Whatever a library throws, the other feeds go on, and this one tries again.
                _LOG.exception("feed %s: its way in fails", way.connector.name)
                self._stop.wait(_AGAIN_S)
                continue
            if delivery is None:
                continue
            arrival = _Arrival(way, delivery)
            self._queue.put(arrival)
            arrival.kept.wait()
            cursor = delivery.cursor

    def step(self, wait_s: float) -> Receipt | None:
        """Keep what has arrived; all that came close together is one commit.

        Parameters
        ----------
        wait_s
            Longest wait for the first delivery [s].

        Returns
        -------
        Receipt or None
            None where nothing came, or the disk refuses.
        """
        if not self._waiting and not self._arrived(wait_s):
            return None
        if time.monotonic() < self._again_s:
            self._stop.wait(min(wait_s, 1.0))
            return None
        try:
            if not self._decoded:
                self._decode_all()
            receipt = self._store.commit(
                {a.way.connector.name: a.delivery.cursor for a in self._waiting}
            )
        except StoreError as error:
            _LOG.error("observations cannot be kept: %s; nothing is acknowledged", error)
            self._again_s = time.monotonic() + _AGAIN_S
            self.fault = str(error)
            return None
        self.fault = ""
        for arrival in self._waiting:
            arrival.delivery.acknowledge()
            arrival.kept.set()
        self._waiting = []
        self.totals.update(
            stored=receipt.stored,
            repeats=receipt.repeats,
            revisions=receipt.revisions,
            late=receipt.late,
            dead_letters=receipt.dead_letters,
        )
        return receipt

    def _arrived(self, wait_s: float) -> bool:
        """Take for the next commit all that is here; return whether there is anything."""
        try:
            self._waiting = [self._queue.get(timeout=wait_s)]
        except queue.Empty:
            return False
        self._decoded = False
        count = len(self._waiting[0].delivery.payloads)
        while count < _MOST_PAYLOADS:
            try:
                self._waiting.append(self._queue.get_nowait())
            except queue.Empty:
                break
            count += len(self._waiting[-1].delivery.payloads)
        return True

    def _decode_all(self) -> None:
        payloads = [p for arrival in self._waiting for p in arrival.delivery.payloads]
        self._archive.keep([payload.content for payload in payloads])
        self._decoded = True
        for arrival in self._waiting:
            self._decode(arrival)

    def _decode(self, arrival: _Arrival) -> None:
        decoder = arrival.way.decoder
        for payload in arrival.delivery.payloads:
            self.payloads[decoder.feed.name] += 1
            batch, stored = decoder.decode(payload)
            if isinstance(stored, DeadLetter):
                self._store.dead_letter(stored)
                continue
            for letter in stored.letters:
                self._store.dead_letter(letter)
            try:
                self._store.append(stored.rows)
            except StoreError as error:
                letter = DeadLetter(
                    decoder.feed.name, "rows", str(error), payload.origin, stored.rows.raw_ref
                )
                self._store.dead_letter(letter)
                continue
            self._store.things(stored.things)
            if batch is not None:
                self._recent.add(decoder.feed.name, batch, stored.things)

    def drain(self, timeout_s: float) -> bool:
        """Keep what is still on its way after a stop; return whether all of it was.

        Parameters
        ----------
        timeout_s
            Longest wait [s].
        """
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            self.step(0.05)
            alive = any(thread.is_alive() for thread in self._threads)
            if not alive and not self._waiting and self._queue.empty():
                break
        for way in self._ways:
            way.connector.close()
        return not self._waiting and self._queue.empty()

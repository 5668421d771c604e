"""A feed that is asked for every few minutes: only what is new comes, and a sick service is spared."""

from __future__ import annotations

import hashlib
import json
import logging
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

from citytwin.errors import CityTwinError, UnreachableError
from citytwin.transports.addresses import without_secrets
from citytwin.transports.backoff import Backoff, Breaker
from citytwin.transports.connector import Delivery, Payload, Standing
from citytwin.transports.https import Answer, HttpsClient

_LOG = logging.getLogger(__name__)
_MOST_TAG = 1000


@dataclass(frozen=True)
class Poll:
    """One address to be asked again and again."""

    name: str
    url: str
    every_s: float
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Headers that only this host may see; never told."""
    backoff: Backoff = field(default_factory=Backoff)
    breaker: Breaker = field(default_factory=Breaker)


class HttpsPolling:
    """Asks an address, unless it is too early, with ``If-None-Match`` and ``If-Modified-Since``.

    Parameters
    ----------
    poll
        What is asked, and how often.
    client
        Through which.
    stop
        Set to end a wait at once.
    """

    def __init__(self, poll: Poll, client: HttpsClient, stop: threading.Event) -> None:
        self._poll, self._client, self._stop = poll, client, stop
        self._breaker = poll.breaker
        self._dice = random.Random()
        self._due_s = time.monotonic()
        self._standing = Standing(connected=False)

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._poll.name

    def take(self, cursor: str, wait_s: float) -> Delivery | None:
        """Ask when it is time to.

        Parameters
        ----------
        cursor
            From the last delivery.
        wait_s
            Longest wait for the time to ask [s].
        """
        now_s = time.monotonic()
        pause_s = max(self._due_s - now_s, 0.0)
        if not self._breaker.allows(now_s):
            pause_s = max(pause_s, self._breaker.rest_s - (now_s - (self._breaker.opened_s or 0.0)))
        if pause_s > wait_s:
            self._stop.wait(wait_s)
            return None
        if self._stop.wait(pause_s):
            return None
        return self._ask(_Seen.read(cursor))

    def _ask(self, seen: _Seen) -> Delivery | None:
        asked_at = datetime.now(UTC)
        headers = {**self._poll.headers, **seen.conditions()}
        try:
            answer = self._client.get(self._poll.url, headers, self._poll.secrets)
        except CityTwinError as error:
            self._failed(error)
            return None
        self._breaker = self._breaker.succeeded()
        self._due_s = time.monotonic() + self._poll.every_s
        self._standing = Standing(connected=True, last_success_s=time.time())
        found = _Seen.of(answer)
        if answer.status == HTTPStatus.NOT_MODIFIED or found.sha256 == seen.sha256:
            return None
        payload = Payload(answer.body, without_secrets(self._poll.url), asked_at)
        return Delivery((payload,), found.text())

    def _failed(self, error: CityTwinError) -> None:
        """Also what says no for good is asked again, but rarely: keys and addresses get mended."""
        now_s = time.monotonic()
        self._breaker = self._breaker.failed(now_s)
        failures = self._standing.failures + 1
        asked_s = error.retry_after_s if isinstance(error, UnreachableError) else 0.0
        wait_s = self._poll.backoff.wait_s(failures, self._dice, asked_s)
        if not isinstance(error, UnreachableError):
            wait_s = max(wait_s, self._poll.every_s)
        self._due_s = now_s + wait_s
        self._standing = Standing(
            connected=False,
            failures=failures,
            last_error=str(error),
            last_success_s=self._standing.last_success_s,
        )
        _LOG.warning("source %s: %s; next try in %.0f s", self.name, error, wait_s)

    def standing(self) -> Standing:
        """How it fares."""
        return self._standing

    def close(self) -> None:
        """Nothing stays open between two polls."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of the last answer that was kept."""

    etag: str = ""
    modified: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, answer: Answer) -> _Seen:
        tags = (answer.headers.get(name, "") for name in ("etag", "last-modified"))
        etag, modified = (tag if len(tag) <= _MOST_TAG else "" for tag in tags)
        return cls(etag, modified, hashlib.sha256(answer.body).hexdigest())

    @classmethod
    def read(cls, cursor: str) -> _Seen:
        try:
            content = json.loads(cursor)
            return cls(str(content["etag"]), str(content["modified"]), str(content["sha256"]))
        except (ValueError, TypeError, KeyError):
            return cls()  # none yet, or of another connector: everything is new

    def text(self) -> str:
        return json.dumps(
            {"etag": self.etag, "modified": self.modified, "sha256": self.sha256}, sort_keys=True
        )

    def conditions(self) -> dict[str, str]:
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in said.items() if value}

"""A subscription: messages come as deliveries, and are acknowledged once they are kept.

The session outlives the connection. What was not acknowledged before a fall comes again; what was
acknowledged is on disk.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from citytwin.transports.connector import Delivery, Payload, Standing
from citytwin.transports.mqtt_broker import Broker

_LOG = logging.getLogger(__name__)
_WINDOW = 2000
"""Messages on their way without an acknowledgement."""
_QUIET_S = 0.02
"""A batch ends when nothing more comes for so long: brokers send no more than their window."""
_LONGEST_S = 0.25
_QOS = 1


@dataclass(frozen=True)
class Subscription:
    """What is listened to."""

    name: str
    topics: Sequence[str]
    most_messages: int = 2000
    """In one delivery."""
    most_bytes: int = 1_000_000
    """Of one message; larger ones are acknowledged and dropped, with a warning."""


@dataclass(frozen=True, slots=True)
class _Arrived:
    payload: Payload
    message_id: int
    qos: int
    connection: int


class MqttSubscription:
    """Listens to topics of a broker.

    Parameters
    ----------
    subscription
        Which topics.
    broker
        Of which broker.
    stop
        Set to end a wait at once.

    Raises
    ------
    SourceError, UnreachableError
        If the broker may not be asked, or has no address.
    """

    def __init__(self, subscription: Subscription, broker: Broker, stop: threading.Event) -> None:
        self._subscription, self._broker, self._stop = subscription, broker, stop
        self._queue: queue.SimpleQueue[_Arrived] = queue.SimpleQueue()
        self._connection = 0
        self._standing = Standing(connected=False)
        self._client = broker.client(keep_session=True, manual_ack=True)
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._not_connected
        self._client.on_disconnect = self._disconnected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._came
        broker.connect(
            self._client,
            keep_session=True,
            window=_WINDOW,
            most_bytes=subscription.most_bytes + 66_000,
        )

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._subscription.name

    def take(self, cursor: str, wait_s: float) -> Delivery | None:
        """Wait for messages; those that come close together are one delivery.

        Parameters
        ----------
        cursor
            Not needed: the broker knows what was acknowledged.
        wait_s
            Longest wait for the first [s].
        """
        first = self._wait(wait_s)
        if first is None:
            return None
        batch, begun_s = [first], time.monotonic()
        while (
            len(batch) < self._subscription.most_messages
            and time.monotonic() - begun_s < _LONGEST_S
        ):
            try:
                batch.append(self._queue.get(timeout=_QUIET_S))
            except queue.Empty:
                break
        payloads = tuple(arrived.payload for arrived in batch)
        return Delivery(payloads, cursor, lambda: self._acknowledge(batch))

    def _wait(self, wait_s: float) -> _Arrived | None:
        end_s = time.monotonic() + wait_s
        while not self._stop.is_set():
            try:
                return self._queue.get(timeout=max(0.0, min(0.2, end_s - time.monotonic())))
            except queue.Empty:
                if time.monotonic() >= end_s:
                    return None
        return None

    def _acknowledge(self, batch: Sequence[_Arrived]) -> None:
        """Numbers of messages mean something within one connection only."""
        for arrived in batch:
            if arrived.qos and arrived.connection == self._connection:
                self._client.ack(arrived.message_id, arrived.qos)

    def _connected(
        self,
        client: Client,
        _userdata: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._told(f"{self._broker.shown} refuses: {reason}")
            return
        client.subscribe([(topic, _QOS) for topic in self._subscription.topics])

    def _subscribed(
        self,
        _client: Client,
        _userdata: Any,
        _message_id: int,
        reasons: Sequence[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        """Only from now on does the broker keep what is published, and not if it refuses a topic."""
        refused = [
            f"{topic}: {reason}"
            for topic, reason in zip(self._subscription.topics, reasons, strict=False)
            if reason.is_failure
        ]
        if refused:
            self._told(f"{self._broker.shown} refuses {', '.join(refused)}")
            return
        self._standing = Standing(connected=True, last_success_s=time.time())

    def _not_connected(self, _client: Client, _userdata: Any) -> None:
        self._told(f"{self._broker.shown} does not answer, or is not trusted")

    def _disconnected(
        self,
        _client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._connection += 1
        if reason.is_failure:
            self._told(f"{self._broker.shown} is gone: {reason}")

    def _told(self, error: str) -> None:
        _LOG.warning("source %s: %s; it is tried again", self.name, error)
        failures = self._standing.failures + 1
        self._standing = replace(
            self._standing, connected=False, failures=failures, last_error=error
        )

    def _came(self, client: Client, _userdata: Any, message: MQTTMessage) -> None:
        if len(message.payload) > self._subscription.most_bytes:
            size, most = len(message.payload), self._subscription.most_bytes
            _LOG.warning(
                "source %s: a message of %d bytes is dropped, allowed are %d", self.name, size, most
            )
            client.ack(message.mid, message.qos)
            return
        payload = Payload(bytes(message.payload), _topic(message), datetime.now(UTC))
        self._queue.put(_Arrived(payload, message.mid, message.qos, self._connection))

    def standing(self) -> Standing:
        """How it fares."""
        return self._standing

    def close(self) -> None:
        """Disconnect; the broker keeps the session."""
        self._client.disconnect()
        self._client.loop_stop()


def _topic(message: MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return "a topic that is no UTF-8"

"""Publishes to a broker, and knows when the broker has it."""

from __future__ import annotations

import threading
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from citytwin.errors import UnreachableError
from citytwin.transports.mqtt_broker import Broker

_WINDOW = 200
_MOST_BYTES = 1_000_000


class MqttPublisher:
    """One connection, opened when it is first needed.

    Parameters
    ----------
    broker
        Where to.
    timeout_s
        Longest wait for a connection, and for an acknowledgement [s].
    """

    def __init__(self, broker: Broker, timeout_s: float = 10.0) -> None:
        self._broker, self._timeout_s = broker, timeout_s
        self._client: Client | None = None
        self._ready = threading.Event()
        self._fault = ""
        self._refused: dict[int, str] = {}
        """Why the broker took a message and let it fall, by its number; MQTT 3.1.1 cannot say so."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish, and wait until the broker has it.

        Parameters
        ----------
        topic
            Without wildcards.
        payload
            Bytes.
        qos
            Quality of service; with 0 nobody says that it has arrived.
        retain
            Whether the broker keeps it for later subscribers.

        Raises
        ------
        SourceError
            If the broker may not be asked.
        UnreachableError
            If it cannot be reached, does not acknowledge in time, or refuses the topic.
        """
        client = self._connected()
        said = client.publish(topic, payload, qos=qos, retain=retain)
        if said.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._unreachable(f"takes nothing: {said.rc.name}")
        try:
            said.wait_for_publish(self._timeout_s)
        except RuntimeError as error:
            raise self._unreachable(str(error)) from error
        if not said.is_published():
            self.close()  # else it would be sent a second time by the session, beside our own try
            raise self._unreachable(f"acknowledges nothing within {self._timeout_s:g} s")
        reason = self._refused.pop(said.mid, "")
        if reason:
            raise self._unreachable(f"refuses {topic}: {reason}")

    def _connected(self) -> Client:
        if self._client is None:
            client = self._broker.client(keep_session=False)
            client.on_connect = self._on_connect
            client.on_disconnect = self._on_disconnect
            client.on_publish = self._on_publish
            self._client = client
            self._broker.connect(client, keep_session=False, window=_WINDOW, most_bytes=_MOST_BYTES)
        if not self._ready.wait(self._timeout_s):
            fault = self._fault or f"no connection within {self._timeout_s:g} s"
            self.close()
            raise self._unreachable(fault)
        return self._client

    def _on_connect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._fault = f"refuses: {reason}"
        else:
            self._fault = ""
            self._ready.set()

    def _on_publish(
        self,
        _client: Client,
        _userdata: Any,
        mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        """Called before the message counts as published."""
        if reason.is_failure:
            self._refused[mid] = str(reason)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._ready.clear()

    def _unreachable(self, what: str) -> UnreachableError:
        msg = f"{self._broker.shown}: {what}"
        hint = "check the broker, the user, the password and the certificate authority"
        return UnreachableError(msg, hint=hint)

    def close(self) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()
        self._ready.clear()
        self._refused.clear()

"""A broker of MQTT 3.1.1 or 5: how to reach it, as whom, and whom to trust."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from citytwin.transports.addresses import Allowed

_SESSION_S = 7 * 24 * 3600
"""How long a broker keeps what a client has missed (MQTT 5)."""
_FIRST_WAIT_S, _MOST_WAIT_S = 1, 60


class Protocol(IntEnum):
    """Version of MQTT."""

    V311 = int(MQTTProtocolVersion.MQTTv311)
    V5 = int(MQTTProtocolVersion.MQTTv5)


@dataclass(frozen=True)
class Broker:
    """Where the broker is, and who comes."""

    host: str
    port: int
    allowed: Allowed
    client_id: str
    """The same after a restart, so that nothing is missed in between."""
    protocol: Protocol = Protocol.V5
    username: str = ""
    password: str = field(default="", repr=False)
    authorities: Path | None = None
    """File of certificate authorities that are trusted beside those of the system."""
    keepalive_s: int = 30

    @property
    def shown(self) -> str:
        """The broker, as messages call it."""
        return f"mqtts://{self.host}:{self.port}"

    def client(self, *, keep_session: bool, manual_ack: bool = False) -> Client:
        """Return a client that is set up, and not yet connected; TLS is not optional.

        Parameters
        ----------
        keep_session
            Whether the broker keeps messages for it while it is away (MQTT 3.1.1; see
            :meth:`connect` for MQTT 5).
        manual_ack
            Whether messages are acknowledged by hand.

        Raises
        ------
        SourceError
            If the host is not allowed.
        UnreachableError
            If it has no address.
        """
        self.allowed.addresses(self.host, self.port, self.shown)
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            clean_session=None if self.protocol is Protocol.V5 else not keep_session,
            protocol=MQTTProtocolVersion(self.protocol),
            manual_ack=manual_ack,
        )
        if self.username:
            client.username_pw_set(self.username, self.password)
        context = ssl.create_default_context()
        if self.authorities is not None:
            context.load_verify_locations(self.authorities)
        client.tls_set_context(context)
        client.reconnect_delay_set(_FIRST_WAIT_S, _MOST_WAIT_S)
        return client

    def connect(self, client: Client, *, keep_session: bool, window: int, most_bytes: int) -> None:
        """Begin to connect in a thread of the client's own; it goes on trying by itself.

        Parameters
        ----------
        client
            From :meth:`client`.
        keep_session
            As there.
        window
            Messages that may be on their way without an acknowledgement (MQTT 5).
        most_bytes
            Of one message (MQTT 5; the broker drops larger ones).
        """
        if self.protocol is not Protocol.V5:
            client.connect_async(self.host, self.port, self.keepalive_s)
        else:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = _SESSION_S if keep_session else 0
            properties.ReceiveMaximum = window
            properties.MaximumPacketSize = most_bytes
            client.connect_async(
                self.host,
                self.port,
                self.keepalive_s,
                clean_start=not keep_session,
                properties=properties,
            )
        client.loop_start()

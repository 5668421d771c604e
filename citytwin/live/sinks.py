"""Receivers of alerts: web hooks, a broker of MQTT, a folder of CAP files that a server may publish."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from citytwin.engine.web_hooks import WebHook
from citytwin.errors import SourceError, StoreError, UnreachableError
from citytwin.store.atomic import write_bytes
from citytwin.store.outbox import Parcel
from citytwin.transports.mqtt_publisher import MqttPublisher

_FILE = re.compile(r"[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True)
class WebhookSink:
    """Posts signed messages to one address."""

    name: str
    hook: WebHook

    def send(self, parcel: Parcel) -> None:
        """Post a parcel, signed at this moment."""
        self.hook.post(parcel.body, parcel.key, parcel.media_type)

    def close(self) -> None:
        """Nothing stays open."""


@dataclass(frozen=True)
class FolderSink:
    """Writes each message as a file, whole or not at all."""

    name: str
    folder: Path

    def send(self, parcel: Parcel) -> None:
        """Write a parcel under the name of its target."""
        if not _FILE.fullmatch(parcel.target) or parcel.target.startswith("."):
            msg = f"{parcel.target!r} is no name of a file"
            raise SourceError(msg, source=self.name, hint="this is a fault of citytwin: tell us")
        try:
            write_bytes(self.folder / parcel.target, parcel.body)
        except StoreError as error:  # a full disk or a share that is away, which may be back soon
            msg = f"{self.folder} takes no files: {error.message}"
            raise UnreachableError(msg, hint=error.hint) from error

    def close(self) -> None:
        """Nothing stays open."""


@dataclass(frozen=True)
class MqttSink:
    """Publishes events, and states that the broker retains."""

    name: str
    publisher: MqttPublisher

    def send(self, parcel: Parcel) -> None:
        """Publish a parcel under the topic of its target, at least once."""
        self.publisher.publish(parcel.target, parcel.body, qos=1, retain=parcel.retain)

    def close(self) -> None:
        """Disconnect."""
        self.publisher.close()

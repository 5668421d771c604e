"""From the configuration to connectors and sinks; their secrets come from the environment."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from citytwin.config import LoadedConfig
from citytwin.engine.web_hooks import secret_of, web_hook
from citytwin.formats.climatology import Climatology
from citytwin.live.decoding import decoder_of
from citytwin.live.delivery import Sink
from citytwin.live.intake import Way
from citytwin.live.rain_area import rain_area
from citytwin.live.sinks import FolderSink, MqttSink, WebhookSink
from citytwin.live.warned_area import city_grid
from citytwin.live_config import (
    FeedConfig,
    FolderConfig,
    MqttConfig,
    PollConfig,
    SinkConfig,
    SubscriptionConfig,
)
from citytwin.transports.addresses import Allowed
from citytwin.transports.connector import Connector
from citytwin.transports.https import HttpsClient, Limits
from citytwin.transports.mqtt_broker import Broker, Protocol
from citytwin.transports.mqtt_publisher import MqttPublisher
from citytwin.transports.mqtt_subscription import MqttSubscription, Subscription
from citytwin.transports.polling import HttpsPolling, Poll
from citytwin.transports.watching import FolderWatching, Watch

_VERSIONS = {"3.1.1": Protocol.V311, "5": Protocol.V5}


def ways_in(loaded: LoadedConfig, feeds: Iterable[FeedConfig], stop: threading.Event) -> list[Way]:
    """Return the ways in of all feeds; nothing is connected that cannot be.

    Parameters
    ----------
    loaded
        The configuration.
    feeds
        Of it.
    stop
        Set to end their waits.

    Raises
    ------
    ConfigError
        If a format, parameter or variable is missing or wrong.
    SourceError, UnreachableError
        If a broker may not be asked, or has no address.
    """
    grid = city_grid(loaded.city_dir)
    area = None if grid is None else rain_area(grid)
    # All mistakes before the first connection.
    climatology = _climatology(loaded)
    decoders = [decoder_of(feed, area, climatology) for feed in feeds]
    return [Way(_connector(loaded, decoder.feed, stop), decoder) for decoder in decoders]


def _climatology(loaded: LoadedConfig) -> Climatology | None:
    live = loaded.config.live
    if live is None or not live.climatology:
        return None
    return Climatology(live.climatology, ZoneInfo(loaded.config.time_zone))


def _connector(loaded: LoadedConfig, feed: FeedConfig, stop: threading.Event) -> Connector:
    if feed.mqtt is not None:
        return _subscription(loaded, feed.name, feed.mqtt, stop)
    if feed.https is not None:
        return _polling(loaded, feed.name, feed.https, stop)
    return _watching(loaded, feed.name, feed.folder or FolderConfig(path="."), stop)


def _subscription(
    loaded: LoadedConfig, name: str, config: SubscriptionConfig, stop: threading.Event
) -> Connector:
    broker = _broker(loaded, config, name)
    return MqttSubscription(Subscription(name, config.topics), broker, stop)


def _polling(
    loaded: LoadedConfig, name: str, config: PollConfig, stop: threading.Event
) -> Connector:
    host = (urlsplit(config.url).hostname or "").lower()
    hosts = frozenset({host, *(h.lower() for h in config.hosts)})
    client = HttpsClient(
        Allowed(hosts, private=config.private_network),
        Limits(bytes=round(config.most_megabytes * 1e6)),
        None if config.authorities is None else loaded.path(config.authorities),
    )
    secrets = {
        header: secret_of(variable, name) for header, variable in config.secret_headers.items()
    }
    poll = Poll(name, config.url, config.every_minutes * 60.0, config.headers, secrets)
    return HttpsPolling(poll, client, stop)


def _watching(
    loaded: LoadedConfig, name: str, config: FolderConfig, stop: threading.Event
) -> Connector:
    return FolderWatching(Watch(name, loaded.path(config.path), config.pattern), stop)


def sinks_of(loaded: LoadedConfig, sinks: Iterable[SinkConfig]) -> list[Sink]:
    """Return the receivers of alerts; each connects when it has something to deliver.

    Parameters
    ----------
    loaded
        The configuration.
    sinks
        Of it.

    Raises
    ------
    ConfigError
        If a variable with a secret is not set.
    """
    return [_sink(loaded, sink) for sink in sinks]


def _sink(loaded: LoadedConfig, sink: SinkConfig) -> Sink:
    if sink.webhook is not None:
        return WebhookSink(sink.name, web_hook(loaded, sink.name, sink.webhook))
    if sink.mqtt is not None:
        return MqttSink(sink.name, MqttPublisher(_broker(loaded, sink.mqtt, sink.name)))
    path = sink.folder.path if sink.folder is not None else "."
    return FolderSink(sink.name, loaded.path(path))


def _broker(loaded: LoadedConfig, config: MqttConfig, name: str) -> Broker:
    return Broker(
        host=config.host,
        port=config.port,
        allowed=Allowed(frozenset({config.host}), private=config.private_network),
        client_id=config.client_id or f"citytwin-{loaded.config.city.id}-{name}"[:64],
        protocol=_VERSIONS[config.version],
        username=config.username,
        password="" if config.password_env is None else secret_of(config.password_env, name),
        authorities=None if config.authorities is None else loaded.path(config.authorities),
    )

"""What of a section ``live`` may be kept on the disk, and shown: told before anything is fetched or computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.engine.bind import bind
from citytwin.engine.openness import classification_of_made, sources_of_made
from citytwin.engine.plan import Resource, plan
from citytwin.errors import ConfigError
from citytwin.live.nowcast_ground import GROUND
from citytwin.live_config import FeedConfig, LiveConfig, NowcastConfig, TrafficConfig
from citytwin.model import tables as t
from citytwin.model.layer import is_within
from citytwin.model.properties import RAINFALL_RATE, ObservedProperty
from citytwin.model.steps import Assessment, Format
from citytwin.security.lowering import lower
from citytwin.wording import nearest

_WILD = "*?["
_HINT = (
    "say `publication: served` and show the city with `citytwin serve`, watch things of public feeds only, "
    "or leave the layer out"
)


def live_of(loaded: LoadedConfig) -> LiveConfig:
    """Return the section ``live`` of a configuration.

    Parameters
    ----------
    loaded
        The configuration.

    Raises
    ------
    ConfigError
        If there is none, or what it would write may not reach the disk in clear.
    """
    live = loaded.config.live
    if live is None:
        msg = f"{loaded.file}: has no section `live`"
        raise ConfigError(msg, hint="name feeds there; README shows an example")
    closed = [feed.name for feed in live.feeds if not is_within(feed.classification, "internal")]
    if live.postgresql is not None and loaded.protected:
        msg = (
            f"{loaded.file}: a source or feed is restricted or secret, and a database would keep "
            "observations in clear"
        )
        hint = "leave `live.postgresql` out: what is restricted is sealed in files only"
        raise ConfigError(msg, hint=hint)
    folders = [sink.name for sink in live.sinks if sink.folder is not None]
    if closed and folders:
        msg = (
            f"{loaded.file}: feed {closed[0]} is restricted or secret, and receiver {folders[0]} writes "
            "messages to a folder in clear"
        )
        hint = "send them by a web hook or by MQTT, or leave the feed to a twin of its own"
        raise ConfigError(msg, hint=hint)
    return live


def require_open_layers(loaded: LoadedConfig) -> None:
    """Check that no layer that follows observations is closed where only public ones can be published.

    Parameters
    ----------
    loaded
        The configuration, with a section ``live``.

    Raises
    ------
    ConfigError
        If one may be; it names layer and feed.
    """
    live, config = live_of(loaded), loaded.config
    if config.publication == "served":
        return
    for layer, feeds in _feeds_by_layer(live):
        for feed in feeds:
            if lower(layer, feed.classification, config.lowerings).classification != "public":
                msg = (
                    f"{loaded.file.name}: layer {layer} would follow feed {feed.name}, which is "
                    f"{feed.classification}, and only public layers can be published for anyone"
                )
                raise ConfigError(msg, hint=_HINT)
    if live.nowcast is not None:
        _require_open_ground(loaded, live.nowcast.name, GROUND)


def _require_open_ground(loaded: LoadedConfig, layer: str, made: Sequence[Resource]) -> None:
    wanted = plan(bind(loaded))
    names = sources_of_made(wanted, made)
    if names and classification_of_made(wanted, made) != "public":
        msg = (
            f"{loaded.file.name}: layer {layer} would be computed over a ground that is made from "
            f"{', '.join(sorted(names))}, and not all of these sources are public"
        )
        raise ConfigError(msg, hint=_HINT)


def _feeds_by_layer(live: LiveConfig) -> Iterable[tuple[str, Sequence[FeedConfig]]]:
    """Feeds of which something may go into each layer."""
    if live.nowcast is not None:
        yield live.nowcast.name, _of_nowcast(live, live.nowcast)
    for layer, sensor in (("wind_speed_now", live.wind), ("irradiance_now", live.sunlight)):
        if sensor is not None:
            yield layer, [feed for feed in live.feeds if feed.name == sensor.feed]
    for layer, traffic in (("traffic", live.traffic), ("road_speeds", live.road_speeds)):
        if traffic is not None:
            yield layer, _of_traffic(live, layer, traffic)


def _of_nowcast(live: LiveConfig, config: NowcastConfig) -> list[FeedConfig]:
    """Gauges that are watched, all images of rain, and the gauges of levels."""
    named = {stage.thing.split(":")[2] for stage in config.stages}
    return [
        feed
        for feed in live.feeds
        if feed.name in named
        or t.RAIN_FRAMES in _format(feed).produces
        or may_tell(feed, config.when.things, [RAINFALL_RATE])
    ]


def _of_traffic(live: LiveConfig, layer: str, config: TrafficConfig) -> list[FeedConfig]:
    step: Assessment[Any] = registry.named(Assessment, layer)
    return [feed for feed in live.feeds if may_tell(feed, config.things, step.observes)]


def _format(feed: FeedConfig) -> Format[Any]:
    formats: dict[str, Format[Any]] = {one.name: one for one in registry.all_of(Format)}
    if feed.use not in formats:
        near = nearest(feed.use, sorted(formats))
        raise ConfigError(f"live: feed {feed.name}: {feed.use!r} is no format{near}")
    return formats[feed.use]


def may_tell(feed: FeedConfig, things: str, wanted: Sequence[ObservedProperty]) -> bool:
    """Whether a feed may observe one of some properties, at things of a pattern.

    Parameters
    ----------
    feed
        Its configuration.
    things
        Pattern of the names of things, with ``*`` and ``?``.
    wanted
        The properties.
    """
    observes = _format(feed).observes
    if observes is not None and not set(observes).intersection(wanted):
        return False
    begin = f"urn:citytwin:{feed.name}:"
    sure = things[: min((things.index(c) for c in _WILD if c in things), default=len(things))]
    return begin.startswith(sure) or sure.startswith(begin)

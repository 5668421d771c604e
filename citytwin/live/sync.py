"""The running twin: feeds in, state kept, rules evaluated, nowcasts run, the page kept current."""

from __future__ import annotations

import functools
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from citytwin.config import LoadedConfig
from citytwin.engine.locking import holding, holding_folder
from citytwin.engine.protecting import protect, temporary_in_memory
from citytwin.engine.request import work_dir
from citytwin.engine.sealing_city import require_sealed_observations
from citytwin.errors import BusyError, CityTwinError
from citytwin.live.alerting import AlertDesk
from citytwin.live.corrections import take_corrections
from citytwin.live.database_place import database_place
from citytwin.live.delivery import Couriers
from citytwin.live.following import Follower
from citytwin.live.health import (
    FeedHealth,
    Health,
    LayerHealth,
    SinkHealth,
    metrics_text,
    write_health,
)
from citytwin.live.intake import Intake, Way
from citytwin.live.metrics_server import serving_metrics
from citytwin.live.nowcast import Nowcasts
from citytwin.live.openness import live_of, require_open_layers
from citytwin.live.page import Page, write_page
from citytwin.live.rain_refill import refill_images
from citytwin.live.recent import Recent
from citytwin.live.stage_outlook import REACH
from citytwin.live.sunlight_trigger import sunlight_trigger
from citytwin.live.told_health import told_health
from citytwin.live.traffic_trigger import POINTS, ROADS, traffic_trigger
from citytwin.live.ways import sinks_of, ways_in
from citytwin.live.wind_trigger import wind_trigger
from citytwin.live_config import LiveConfig
from citytwin.store.atomic import remove_stale
from citytwin.store.observations import (
    ALERTS,
    RAW,
    ObservationWriter,
    folder_of,
    open_lookup,
    writing,
)
from citytwin.store.outbox import Outbox
from citytwin.store.private_folder import private_folder
from citytwin.store.publish import announce_live
from citytwin.store.raw_archive import RawArchive

_LOG = logging.getLogger(__name__)
_TICK_S = 1.0
_DRAIN_S = 20.0
_TIDY_EVERY_S = 600.0
_FORGET_AFTER = timedelta(days=30)
OUTBOX, RUNNING = ALERTS, "running"
"""Within the folder of a city's observations."""


def observations_dir(loaded: LoadedConfig) -> Path:
    """Return the folder of a city's observations: sealed, once one source or feed is restricted.

    Parameters
    ----------
    loaded
        The configuration.
    """
    return folder_of(loaded.city_dir, sealed=loaded.protected)


def running_folder(loaded: LoadedConfig) -> Path:
    """Return the folder in which a running twin says how it fares.

    Parameters
    ----------
    loaded
        The configuration.
    """
    return observations_dir(loaded) / RUNNING


def sync(
    loaded: LoadedConfig, stop: threading.Event, tell: Callable[[str], None] = lambda _said: None
) -> None:
    """Run the twin until it is stopped; then keep what is on its way, and end.

    Parameters
    ----------
    loaded
        The configuration, with a section ``live``.
    stop
        Set to end.
    tell
        Gets what is worth a line: begin, new maps, the end.

    Raises
    ------
    ConfigError
        If the configuration cannot be run.
    BusyError
        If another process keeps the observations of this city.
    StoreError
        If the stores cannot be used.
    SealError
        If what is restricted cannot be sealed.
    """
    live = live_of(loaded)
    require_open_layers(loaded)
    place, sinks = database_place(loaded), sinks_of(loaded, live.sinks)
    folder = observations_dir(loaded)
    if loaded.private:  # values of internal feeds lie there
        private_folder(folder)
    with ExitStack() as stack:
        if loaded.protected:
            _protect(loaded, tell)
            stack.enter_context(temporary_in_memory())
        store = stack.enter_context(writing(folder, place))
        remove_stale(running_folder(loaded))  # what a killed twin left behind
        archive = stack.enter_context(RawArchive(folder / RAW))
        outbox = stack.enter_context(Outbox(folder / OUTBOX))
        couriers = stack.enter_context(Couriers(folder / OUTBOX, sinks))
        recent = Recent(_reach(live))
        reader = open_lookup(folder)
        stack.callback(reader.close)
        recent.refill(reader, datetime.now(UTC), functools.cache(archive.name_of))
        ways = ways_in(loaded, live.feeds, stop)
        refill_images(recent, ways, reader, archive, datetime.now(UTC))
        twin = _Twin(loaded, ways, store, outbox, couriers, recent, archive, stop)

        def metrics() -> bytes:
            return metrics_text(told_health(twin.health(running=True), live))

        stack.enter_context(serving_metrics(live.metrics_port, metrics))
        tell(f"{len(ways)} feeds, {len(live.alerts)} alert rules, {len(sinks)} receivers")
        twin.run(tell)


def _protect(loaded: LoadedConfig, tell: Callable[[str], None]) -> None:
    require_sealed_observations(loaded)
    with holding(loaded):
        for said in protect(loaded):
            tell(said)


def _reach(live: LiveConfig) -> timedelta:
    """How much of the past the rules look at."""
    windows = [rule.watch.window_minutes for rule in live.alerts]
    windows += [rule.watch.max_age_minutes for rule in live.alerts]
    if live.nowcast is not None:
        windows += [live.nowcast.past_minutes + 10.0, live.nowcast.when.window_minutes]
        windows += [REACH.total_seconds() / 60.0] if live.nowcast.stages else []
    windows += [
        sensor.max_age_minutes + sensor.window_minutes
        for sensor in (live.wind, live.sunlight)
        if sensor is not None
    ]
    traffic = (live.traffic, live.road_speeds)
    windows += [one.window_minutes for one in traffic if one is not None]
    return timedelta(minutes=max([60.0, *windows]))


def _followers(loaded: LoadedConfig, recent: Recent) -> list[Follower]:
    """One for each layer that follows observations."""
    live, found = live_of(loaded), []
    if live.nowcast is not None:
        found.append(Follower(Nowcasts(loaded, live.nowcast, recent)))
    if live.wind is not None:
        found.append(Follower(wind_trigger(loaded, live.wind, recent)))
    if live.sunlight is not None:
        found.append(Follower(sunlight_trigger(loaded, live.sunlight, recent)))
    for layer, traffic in ((POINTS, live.traffic), (ROADS, live.road_speeds)):
        if traffic is not None:
            found.append(Follower(traffic_trigger(loaded, traffic, recent, layer)))
    return found


class _Twin:
    """What runs between begin and end."""

    def __init__(
        self,
        loaded: LoadedConfig,
        ways: list[Way],
        store: ObservationWriter,
        outbox: Outbox,
        couriers: Couriers,
        recent: Recent,
        archive: RawArchive,
        stop: threading.Event,
    ) -> None:
        self._loaded, self._ways, self._outbox, self._couriers = loaded, ways, outbox, couriers
        self._recent, self._stop, self._store = recent, stop, store
        self._archive = archive
        self._taken: set[Path] = set()
        """Files of corrections that are in the store."""
        self._intake = Intake(ways, store, archive, recent, stop)
        self._desk = AlertDesk(loaded.config, loaded.city_dir, outbox, recent)
        self._followers = _followers(loaded, recent)
        self._started_s = time.time()
        self._tidy_s = 0.0
        self._announced = False
        self._sinks: dict[str, SinkHealth] = {}

    def run(self, tell: Callable[[str], None]) -> None:
        """Go on until stopped; a tick a second, more often while much comes in."""
        self._intake.start()
        # Before the first rows, for which kernels may have to be compiled: it is alive already.
        self._tick(tell)
        next_s = time.monotonic() + _TICK_S
        while not self._stop.is_set():
            self._intake.step(max(0.0, min(_TICK_S, next_s - time.monotonic())))
            if time.monotonic() >= next_s:
                next_s = time.monotonic() + _TICK_S
                self._tick(tell)
        tell("stopping: what is on its way is kept first")
        whole = self._intake.drain(_DRAIN_S)
        for follower in self._followers:
            follower.stop()
        self._tick(tell, running=False)
        delivered = self._couriers.stop(_DRAIN_S / 2)
        if not (whole and delivered):
            _LOG.warning("not all is done: the next start goes on with it")

    def _tick(self, tell: Callable[[str], None], *, running: bool = True) -> None:
        """Nothing that goes wrong here may end the intake."""
        now = datetime.now(UTC)
        try:
            if self._desk.evaluate(now):
                self._couriers.wake()
            for follower in self._followers if running else ():
                if follower.step(now):
                    tell(
                        f"new {follower.trigger.layer} {follower.last_run}, "
                        f"computed in {follower.last_seconds:.1f} s"
                    )
            self._recent.forget(now)
            take_corrections(
                observations_dir(self._loaded), self._store, self._archive, self._taken
            )
            if time.monotonic() >= self._tidy_s:
                self._tidy_s = time.monotonic() + _TIDY_EVERY_S
                self._outbox.forget((now - _FORGET_AFTER).timestamp())
                self._store.tidy()
            self._sinks = {
                name: SinkHealth(waiting=q.waiting, given_up=q.given_up, oldest_s=q.oldest_s)
                for name, q in self._outbox.lengths().items()
            }
            self._show(now, running=running)
        except CityTwinError as error:
            _LOG.error("%s", error)

    def _show(self, now: datetime, *, running: bool) -> None:
        if self._loaded.city_dir.is_dir():
            page = Page(
                now=now,
                recent=self._recent,
                rules=self._desk.shown(now),
                feeds={way.connector.name: way.connector.standing() for way in self._ways},
                public={
                    f.name for f in live_of(self._loaded).feeds if f.classification == "public"
                },
                running=running,
            )
            write_page(self._loaded.city_dir, running_folder(self._loaded), page)
            self._announced = self._announced or self._announce()
        write_health(running_folder(self._loaded), self.health(running=running))

    def _announce(self) -> bool:
        """Let the map know of its live values, unless a run holds it: that is not waited for."""
        try:
            with holding_folder(work_dir(self._loaded), self._loaded.city_dir):
                announce_live(self._loaded.city_dir)
        except BusyError:
            return False
        return True

    def health(self, *, running: bool) -> Health:
        """How it fares."""
        return Health(
            pid=os.getpid(),
            started_s=self._started_s,
            written_s=time.time(),
            running=running,
            feeds={way.connector.name: self._feed(way) for way in self._ways},
            sinks=self._sinks,
            rows=dict(self._intake.totals),
            alerts={name: state.phase.value for name, state in self._desk.states.items()},
            layers={
                follower.trigger.layer: LayerHealth(
                    published=follower.published,
                    failed=follower.failed,
                    seconds=follower.last_seconds,
                    last_fault=follower.last_fault,
                )
                for follower in self._followers
            },
            not_kept=self._intake.fault,
        )

    def _feed(self, way: Way) -> FeedHealth:
        standing = way.connector.standing()
        return FeedHealth(
            connected=standing.connected,
            failures=standing.failures,
            last_error=standing.last_error,
            last_success_s=standing.last_success_s,
            payloads=self._intake.payloads[way.connector.name],
        )

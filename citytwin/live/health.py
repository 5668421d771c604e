"""How the running twin fares: a file that ``citytwin health`` reads, and metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    disable_created_metrics,
    generate_latest,
)
from pydantic import BaseModel, ConfigDict, ValidationError

from citytwin.errors import SealError, StoreError
from citytwin.store.at_rest import read_bytes
from citytwin.store.atomic import write_bytes, write_text

HEALTH = "health.json"
METRICS = "metrics.prom"
OLD_AFTER_S = 30.0
"""A file that was not written for so long is that of a twin that hangs, or is dead."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FeedHealth(_Document):
    """How a feed fares."""

    connected: bool
    failures: int
    last_error: str
    last_success_s: float | None
    payloads: int
    """Since the start."""


class SinkHealth(_Document):
    """How a receiver fares."""

    waiting: int
    given_up: int
    oldest_s: float | None
    """When the oldest that waits was put in [s since 1970]."""


class LayerHealth(_Document):
    """How a layer that follows observations fares."""

    published: int
    """Since the start."""
    failed: int
    seconds: float
    """That the last one took."""
    last_fault: str
    """Why the last one failed; empty when it did not."""


class Health(_Document):
    """Everything that is worth knowing of a running twin."""

    pid: int
    started_s: float
    written_s: float
    running: bool
    feeds: dict[str, FeedHealth]
    sinks: dict[str, SinkHealth]
    rows: dict[str, int]
    """Rows by what became of them, since the start."""
    alerts: dict[str, str]
    """Phase of each rule."""
    layers: dict[str, LayerHealth]
    """Those that follow observations, by id."""
    not_kept: str = ""
    """Why observations cannot be kept; empty while they can."""

    def faults(self, now_s: float) -> list[str]:
        """Return what is wrong, in words; nothing where all is well.

        Parameters
        ----------
        now_s
            Now [s since 1970].
        """
        found = []
        if not self.running:
            found.append("it was stopped")
        elif now_s - self.written_s > OLD_AFTER_S:
            found.append(f"nothing was heard of it for {now_s - self.written_s:.0f} s")
        if self.not_kept:
            found.append(f"observations cannot be kept: {self.not_kept}")
        for name, feed in self.feeds.items():
            if not feed.connected:
                found.append(f"feed {name}: {feed.last_error or 'not connected yet'}")
        for name, sink in self.sinks.items():
            if sink.given_up:
                found.append(f"sink {name}: {sink.given_up} messages were given up")
            if sink.oldest_s is not None and now_s - sink.oldest_s > 300.0:
                found.append(f"sink {name}: messages wait for {now_s - sink.oldest_s:.0f} s")
        found += [
            f"layer {n}: {one.last_fault}" for n, one in self.layers.items() if one.last_fault
        ]
        found += [
            f"alert rule {rule}: no data"
            for rule, phase in self.alerts.items()
            if phase == "no-data"
        ]
        return found


def write_health(folder: Path, health: Health) -> None:
    """Write the file for ``citytwin health`` and the metrics, each in one step.

    Parameters
    ----------
    folder
        Of the running twin.
    health
        How it fares.
    """
    write_text(folder / HEALTH, health.model_dump_json(indent=1) + "\n")
    write_bytes(folder / METRICS, metrics_text(health))


def read_health(folder: Path) -> Health:
    """Read what was written last.

    Parameters
    ----------
    folder
        Of the running twin.

    Raises
    ------
    StoreError
        If there is nothing, or it cannot be read.
    SealError
        If it is sealed, and damaged or its key is not there.
    """
    try:
        return Health.model_validate_json(read_bytes(folder / HEALTH))
    except SealError:  # the key, or the file, by its own words
        raise
    except OSError as error:
        msg = f"{folder / HEALTH} cannot be read: {error.strerror}"
        raise StoreError(msg, hint="start the twin: citytwin sync CONFIG") from error
    except ValidationError as error:
        msg = f"{folder / HEALTH} is damaged: {error.errors()[0]['msg']}"
        raise StoreError(msg, hint="start the twin again: citytwin sync CONFIG") from error


def metrics_text(health: Health) -> bytes:
    """Return the metrics in the text format of Prometheus.

    Parameters
    ----------
    health
        How the twin fares.
    """
    registry = CollectorRegistry()
    disable_created_metrics()  # type: ignore[no-untyped-call]  # they say when this text was made
    _gauges(registry, health)
    rows = Counter("citytwin_rows", "Rows by what became of them.", ["outcome"], registry=registry)
    for outcome, count in health.rows.items():
        rows.labels(outcome).inc(count)
    said = "Layers that followed observations."
    runs = Counter("citytwin_live_layers", said, ["layer", "outcome"], registry=registry)
    for name, layer in health.layers.items():
        runs.labels(name, "published").inc(layer.published)
        runs.labels(name, "failed").inc(layer.failed)
    text: bytes = generate_latest(registry)
    return text


def _gauges(registry: CollectorRegistry, health: Health) -> None:
    def by_name(name: str, said: str, label: str, values: Mapping[str, float]) -> None:
        gauge = Gauge(name, said, [label], registry=registry)
        for key, value in values.items():
            gauge.labels(key).set(value)

    feeds, sinks = health.feeds, health.sinks
    up = Gauge("citytwin_up", "Whether the twin runs.", registry=registry)
    up.set(1.0 if health.running else 0.0)
    by_name(
        "citytwin_feed_connected",
        "Whether a feed answers.",
        "feed",
        {name: float(feed.connected) for name, feed in feeds.items()},
    )
    by_name(
        "citytwin_feed_last_success_timestamp_seconds",
        "When a feed answered last.",
        "feed",
        {n: f.last_success_s for n, f in feeds.items() if f.last_success_s is not None},
    )
    by_name(
        "citytwin_feed_payloads",
        "Payloads since the start.",
        "feed",
        {name: float(feed.payloads) for name, feed in feeds.items()},
    )
    by_name(
        "citytwin_sink_waiting",
        "Messages that wait for a receiver.",
        "sink",
        {name: float(sink.waiting) for name, sink in sinks.items()},
    )
    by_name(
        "citytwin_sink_given_up",
        "Messages that were given up.",
        "sink",
        {name: float(sink.given_up) for name, sink in sinks.items()},
    )
    by_name(
        "citytwin_alert_firing",
        "Whether the alarm of a rule is on.",
        "rule",
        {rule: float(phase in ("firing", "clearing")) for rule, phase in health.alerts.items()},
    )
    by_name(
        "citytwin_alert_no_data",
        "Whether a rule sees nothing.",
        "rule",
        {rule: float(phase == "no-data") for rule, phase in health.alerts.items()},
    )

"""Figures of the latest run in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from citytwin.model.layer import Latest
from citytwin.nights.record import RunRecord


def metrics_text(
    record: RunRecord, latest: Latest | None, names: Mapping[str, str] | None = None
) -> str:
    """Return figures for the textfile collector of Prometheus' node exporter.

    Parameters
    ----------
    record
        Of the run that has ended.
    latest
        What stands published; None where nothing does.
    names
        What is said for the name of a source; itself where nothing is.
    """
    registry = CollectorRegistry()

    def gauge(name: str, says: str, value: float) -> None:
        figure = Gauge(f"citytwin_{name}", says, ["city"], registry=registry)
        figure.labels(record.city).set(value)

    gauge("run_begun_timestamp_seconds", "When the run began.", record.begun.timestamp())
    gauge("run_seconds", "How long the run took.", record.seconds or 0.0)
    gauge("run_exit_code", "0 done, 1 failed, 3 losses, 75 busy.", float(record.exit_code or 0))
    gauge("run_losses", "Things lost, as told on the layers.", len(record.losses))
    gauge("run_parts_made", "Parts computed.", record.made_parts)
    gauge("run_parts_standing", "Parts that an earlier run had made.", record.standing_parts)
    gauge("run_layers_changed", "Layers whose content changed.", len(record.published))
    if latest is not None:
        gauge("layers", "Layers published.", len(latest.layers))
        published = datetime.fromisoformat(latest.published).timestamp()
        gauge("published_timestamp_seconds", "When the map last changed.", published)
    if record.feeds:
        newest = Gauge(
            "citytwin_feed_newest_timestamp_seconds",
            "Newest observation that the run has read.",
            ["city", "source"],
            registry=registry,
        )
        for feed in record.feeds:
            source = (names or {}).get(feed.source, feed.source)
            newest.labels(record.city, source).set(feed.newest.timestamp())
    return generate_latest(registry).decode()

"""The map of traffic from what was measured in the last minutes, published in its place."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import pandas as pd

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.formats.observation_tables import assemble
from citytwin.live.feed_credits import credits_of_feeds
from citytwin.live.following import Done
from citytwin.live.measured_layer import Origin, Shown, content_of_measured, synthetic_notes
from citytwin.live.measured_traffic import MeasuredTraffic
from citytwin.live.publishing import Standing, publish_beside
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Note
from citytwin.model.steps import (
    Assessed,
    Assessment,
    CityState,
    Dataset,
    Decoded,
    NoParams,
)
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.store.layer_writer import LayerContent
from citytwin.store.tables import conform

LAYER = "traffic"
_WGS_84 = "EPSG:4326"


@dataclass(frozen=True)
class TrafficJob:
    """One map of traffic that is wanted; small enough to be sent to another process."""

    loaded: LoadedConfig
    traffic: MeasuredTraffic
    grid: GridSpec
    """Of the city."""


def run_traffic(job: TrafficJob) -> Done:
    """Compute and publish the map of traffic, by the assessment `traffic`.

    Parameters
    ----------
    job
        What is wanted.

    Raises
    ------
    BusyError
        If another command changes the city.
    StoreError
        If nothing is published, or the layer cannot be.
    """
    begun_s = time.monotonic()
    step: Assessment[Any] = registry.named(Assessment, LAYER)
    decoded = [_decoded(job, feed) for feed in job.traffic.batches]
    observations = pd.concat([one.tables[OBSERVATIONS] for one in decoded], ignore_index=True)
    things = gpd.GeoDataFrame(pd.concat([one.tables[THINGS] for one in decoded], ignore_index=True))
    tables = {OBSERVATIONS: observations, THINGS: things}
    zone = job.loaded.config.time_zone
    assessed = step.run(CityState(job.grid, {}, tables, zone), NoParams())
    frame = gpd.GeoDataFrame(conform(step.output, assessed.frame, job.grid.crs))
    seconds = time.monotonic() - begun_s
    make = partial(_content_of, job, assessed, frame)
    return Done(publish_beside(job.loaded, LAYER, make), seconds)


def _decoded(job: TrafficJob, feed: str) -> Decoded:
    """Tables of one feed, as they come from a file of it."""
    config = job.loaded.config
    dataset = Dataset(feed, job.loaded.file.parent, (), job.grid.crs, config.time_zone)
    return assemble(dataset, [job.traffic.batches[feed]], source_crs=_WGS_84)


def _content_of(
    job: TrafficJob, assessed: Assessed, frame: gpd.GeoDataFrame, standing: Standing
) -> LayerContent:
    del standing  # it descends from no other layer
    live, traffic = job.loaded.config.live, job.traffic
    feeds = live.feeds if live else ()
    credit = credits_of_feeds(feeds, traffic.payloads, synthetic=traffic.synthetic)
    means = [[*key, value] for key, value in traffic.means.items()]
    said = json.dumps([means, traffic.at.isoformat(), traffic.payloads])
    clock = traffic.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    made = Note(
        severity="info",
        ja=f"ライブの観測（{clock} まで）による",
        en=f"Made live from measurements until {clock}",
    )
    notes = (*assessed.notes, made, *synthetic_notes(credit, "交通", "traffic"))
    shown = Shown(frame, notes, assessed.facts)
    return content_of_measured(job.loaded, LAYER, job.grid, shown, Origin(credit, traffic.at, said))

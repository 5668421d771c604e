"""A map of traffic from what was measured in the last minutes, published in its place."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.engine.bare import bound_params
from citytwin.engine.city_store import CityStore
from citytwin.engine.request import work_dir
from citytwin.engine.run import DEFAULT_TILE_CELLS
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import Batch, source_of
from citytwin.live.feed_credits import credits_of_feeds
from citytwin.live.following import Done
from citytwin.live.ground_credits import Ground, GroundCredits, ground_of
from citytwin.live.measured_layer import (
    Origin,
    Shown,
    clock_of,
    content_of_measured,
    synthetic_notes,
)
from citytwin.live.measured_traffic import MeasuredTraffic, with_estimates
from citytwin.live.publishing import Standing, publish_beside
from citytwin.live.usual_traffic import usual_traffic
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Note
from citytwin.model.steps import Assessed, Assessment, CityState, Dataset, Decoded
from citytwin.model.tables import OBSERVATIONS, ROAD_SPEEDS, THINGS, Table
from citytwin.store.layer_writer import LayerContent
from citytwin.store.observations import folder_of, open_lookup
from citytwin.store.tables import conform

_WGS_84 = "EPSG:4326"
_MEASURED = (OBSERVATIONS, THINGS)


@dataclass(frozen=True)
class TrafficJob:
    """One map of traffic that is wanted; small enough to be sent to another process."""

    loaded: LoadedConfig
    layer: str
    """Its id, and the name of the assessment that makes it."""
    traffic: MeasuredTraffic
    grid: GridSpec
    """Of the city."""


@dataclass(frozen=True, eq=False)
class _Map:
    """What the assessment made of the traffic, over which ground."""

    assessed: Assessed
    frame: gpd.GeoDataFrame
    usual: Mapping[tuple[str, str], float]
    """Estimates in place of what is missing, by thing and property."""
    ground: Ground | None
    """Of the tables of the last run that went in; None where it needs none."""
    said: str
    """Of its parameters."""


def run_traffic(job: TrafficJob) -> Done:
    """Compute and publish a map of traffic.

    Parameters
    ----------
    job
        What is wanted.

    Raises
    ------
    BusyError
        If another command changes the city.
    StoreError
        If nothing is published, a table of the last run is missing, or the layer cannot be.
    """
    begun_s = time.monotonic()
    made = _computed(job)
    seconds = time.monotonic() - begun_s
    return Done(publish_beside(job.loaded, job.layer, partial(_content_of, job, made)), seconds)


def _computed(job: TrafficJob) -> _Map:
    step: Assessment[Any] = registry.named(Assessment, job.layer)
    config, crs = job.loaded.config, job.grid.crs
    given = [one.params for one in config.assessments if one.use == job.layer]
    params = bound_params(step, (given or [{}])[0])
    of_the_run = [one for one in step.inputs if isinstance(one, Table) and one not in _MEASURED]
    hint = f"list {job.layer} or another layer that needs them under `layers`; `citytwin run`"
    ground = ground_of(job.loaded, of_the_run, hint) if of_the_run else None
    store = CityStore(work_dir(job.loaded), crs, config.time_zone, DEFAULT_TILE_CELLS, job.grid)
    tables: dict[Table, pd.DataFrame] = {one: store.read_table(one) for one in of_the_run}
    usual = _usual(job, step)
    batches = with_estimates(job.traffic, usual)
    decoded = [_decoded(job, feed, batch) for feed, batch in batches.items()]
    for table in _MEASURED:
        rows = pd.concat([one.tables[table] for one in decoded], ignore_index=True)
        tables[table] = gpd.GeoDataFrame(rows) if table.geometry != "none" else rows
    assessed = step.run(CityState(job.grid, {}, tables, config.time_zone), params)
    frame = gpd.GeoDataFrame(conform(step.output, assessed.frame, crs))
    return _Map(assessed, frame, usual, ground, params.model_dump_json())


def _usual(job: TrafficJob, step: Assessment[Any]) -> Mapping[tuple[str, str], float]:
    """What silent detectors measure at this time of the day, where the map shows that."""
    silent = [(name, observed.name) for name, observed in job.traffic.silent]
    if not silent or step.output != ROAD_SPEEDS:
        return {}
    loaded = job.loaded
    with open_lookup(folder_of(loaded.city_dir, sealed=loaded.protected)) as lookup:
        zone = ZoneInfo(loaded.config.time_zone)
        return usual_traffic(lookup, silent, job.traffic.at, zone)


def _decoded(job: TrafficJob, feed: str, batch: Batch) -> Decoded:
    """Tables of one feed, as they come from a file of it."""
    config = job.loaded.config
    dataset = Dataset(feed, job.loaded.file.parent, (), job.grid.crs, config.time_zone)
    return assemble(dataset, [batch], source_crs=_WGS_84)


def _content_of(job: TrafficJob, made: _Map, standing: Standing) -> LayerContent:
    live, traffic = job.loaded.config.live, job.traffic
    feeds = live.feeds if live else ()
    estimated = {source_of(name) for name, _ in made.usual}
    used = {
        feed: refs for feed, refs in traffic.payloads.items() if refs or feed in estimated
    }  # of others nothing went in
    credit = credits_of_feeds(feeds, used, synthetic=traffic.synthetic)
    told = made.ground.credits(standing) if made.ground else GroundCredits((), (), ())
    means, usual = (
        [[*key, value] for key, value in values.items()] for values in (traffic.means, made.usual)
    )
    said = json.dumps(
        [means, usual, traffic.at.isoformat(), traffic.payloads, made.said, told.fingerprints]
    )
    clock = clock_of(traffic.at, job.loaded.config.time_zone)
    live_note = Note(
        severity="info",
        ja=f"ライブの観測（現地時刻 {clock} まで）による",
        en=f"Made live from measurements until {clock} local time",
    )
    synthetic = synthetic_notes(credit, "交通", "traffic")
    notes = (*told.notes, *made.assessed.notes, live_note, *synthetic)
    shown = Shown(made.frame, notes, made.assessed.facts)
    classes = (made.ground.classification,) if made.ground else ()
    origin = Origin(credit, traffic.at, said, told.sources, classes)
    return content_of_measured(job.loaded, job.layer, job.grid, shown, origin)

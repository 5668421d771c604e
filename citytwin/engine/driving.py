"""Picks the records that drive the simulations: which source, then which sensor of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd

from citytwin.config import Config
from citytwin.engine import plan
from citytwin.engine.city_store import CityStore
from citytwin.engine.lineage import of_source
from citytwin.engine.plan import Job
from citytwin.engine.reading import Reading
from citytwin.engine.records import RecordError, Window, record_of, wind_records
from citytwin.engine.standing import Standing
from citytwin.errors import ConfigError
from citytwin.model import tables as t
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED, ObservedProperty
from citytwin.model.record import Record
from citytwin.model.steps import Simulation


def pick_records(
    config: Config, jobs: Sequence[Job], reading: Reading, store: CityStore, standing: Standing
) -> None:
    """Put the record of every observed property that a step needs into `standing`.

    Parameters
    ----------
    config
        The configuration; `records` decides between several sources.
    jobs
        The plan.
    reading
        What was read.
    store, standing
        Where the observations are; `standing` gets the records.

    Raises
    ------
    ConfigError
        If several sources observed the property and none is named.
    CityTwinError
        If a required property was not observed.
    """
    wanted = _wanted(jobs)
    if not wanted:
        return
    observations = store.read_table(t.OBSERVATIONS)
    things = store.read_table(t.THINGS)
    sources = {source.name: source for source in config.sources}
    driving: dict[ObservedProperty, str] = {}
    for observed, required in wanted.items():
        good = (observations["property"] == observed.name) & (observations["flag"] == t.Flag.GOOD)
        name = _driving_source(config, observed, sorted(set(observations.loc[good, "source"])))
        if name is not None or required:
            driving[observed] = name or ""
    for group in _measured_together(driving):
        name = driving[group[0]]
        said, by = observations[observations["source"] == name], things[things["source"] == name]
        try:
            records = _records(group, said, by, store.spec.centre, _window(group, jobs))
        except RecordError:
            if any(wanted[observed] for observed in group):
                raise
            continue
        for record in records:
            standing.records[record.observed.name] = record
            standing.lineage[record.observed] = of_source(
                sources[record.source], reading.decoded[record.source], _end_of(record)
            )


def _end_of(record: Record) -> datetime:
    """Instant up to which a record was observed; not the day of the city model."""
    return datetime.fromtimestamp(float(record.end_s.max()), UTC)


def _wanted(jobs: Sequence[Job]) -> dict[ObservedProperty, bool]:
    """Observed properties that the jobs use, and whether one cannot do without."""
    wanted: dict[ObservedProperty, bool] = {}
    for job in jobs:
        for need in job.needs:
            if isinstance(need, ObservedProperty):
                needed = need in plan.required(job.step, job.params)
                wanted[need] = wanted.get(need, False) or needed
    return wanted


def _measured_together(
    driving: Mapping[ObservedProperty, str],
) -> list[tuple[ObservedProperty, ...]]:
    """Properties one by one; speed and direction of the wind together where one source has both."""
    wind = (WIND_SPEED, WIND_DIRECTION)
    if not all(w in driving for w in wind) or driving[wind[0]] != driving[wind[1]]:
        return [(observed,) for observed in driving]
    return [wind, *((observed,) for observed in driving if observed not in wind)]


def _records(
    group: tuple[ObservedProperty, ...],
    said: pd.DataFrame,
    things: gpd.GeoDataFrame,
    near: tuple[float, float],
    window: Window | None,
) -> tuple[Record, ...]:
    if len(group) > 1:
        return wind_records(said, things, near, window)
    return (record_of(group[0], said, things, near, window),)


def _window(group: Sequence[ObservedProperty], jobs: Sequence[Job]) -> Window | None:
    """Time that all simulations of some properties look at; None where one looks at all of it."""
    windows = [
        job.step.window(job.params) if isinstance(job.step, Simulation) else None
        for job in jobs
        if any(observed in job.needs for observed in group)
    ]
    known = [window for window in windows if window is not None]
    if len(known) < len(windows) or not known:
        return None
    return min(w[0] for w in known).timestamp(), max(w[1] for w in known).timestamp()


def _driving_source(
    config: Config, observed: ObservedProperty, offering: Sequence[str]
) -> str | None:
    if observed.name in config.records:
        return config.records[observed.name]
    if len(offering) > 1:
        msg = f"{observed.name} was observed by several sources: {', '.join(offering)}"
        raise ConfigError(msg, hint=f"say `records: {{{observed.name}: {offering[0]}}}`")
    return offering[0] if offering else None

"""Joins the tables of all sources, finds the grid, and picks the records that drive the runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.config import Config
from citytwin.engine import plan
from citytwin.engine.city_store import MERGED, CityStore
from citytwin.engine.lineage import Lineage, joined, of_lost_source, of_source
from citytwin.engine.plan import Job
from citytwin.engine.reading import Reading
from citytwin.engine.records import record_of
from citytwin.engine.standing import Standing, TableEntry
from citytwin.errors import CityTwinError, ConfigError
from citytwin.model import properties
from citytwin.model import tables as t
from citytwin.model.grid import Bounds, GridSpec
from citytwin.model.properties import ObservedProperty
from citytwin.model.raster import RasterRole
from citytwin.model.record import Record
from citytwin.model.tables import Table

RASTER_ROLES: tuple[RasterRole, ...] = ("terrain_raster", "surface_raster")


def data_time(config: Config) -> datetime:
    """Begin, in the city, of the day that the city model describes.

    Parameters
    ----------
    config
        The configuration.
    """
    local = datetime.combine(config.data_date, time(), tzinfo=ZoneInfo(config.time_zone))
    return local.astimezone(UTC)


def join_sources(
    config: Config, reading: Reading, lost: dict[str, tuple[Table | RasterRole, ...]],
    store: CityStore,
) -> Standing:  # fmt: skip
    """Join the tables of all sources in the order of the configuration.

    Parameters
    ----------
    config
        The configuration.
    reading
        What was read.
    lost
        What each lost source would have given.
    store
        The city's working store.
    """
    standing = Standing()
    sources = {source.name: source for source in config.sources}
    when = data_time(config)
    for table in t.ALL:
        owners = [n for n in sources if n in reading.decoded and table.name in _rows(reading, n)]
        if not owners:
            continue
        frames = [store.read_table(table, owner) for owner in owners]
        frame = _concatenated(table, frames, store.crs)
        entry = TableEntry.of(MERGED, table, frame)
        store.write_merged(table, frame, entry.index)
        standing.tables[table] = entry
        family = [of_source(sources[owner], reading.decoded[owner], when) for owner in owners]
        family += [of_lost_source(sources[name]) for name, made in lost.items() if table in made]
        standing.lineage[table] = joined(family, Lineage())
    for role in RASTER_ROLES:
        owners = [n for n in sources if n in reading.decoded and role in _rows(reading, n)]
        standing.rasters += [(o, role, reading.decoded[o].digests[role]) for o in owners]
        if owners:
            family = [of_source(sources[o], reading.decoded[o], when) for o in owners]
            standing.lineage[role] = joined(family, Lineage())
    return standing


def _rows(reading: Reading, name: str) -> dict[str, int]:
    return reading.decoded[name].rows


def _concatenated(table: Table, frames: Sequence[pd.DataFrame], crs: str) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)] or [frames[0]]
    frame = pd.concat(filled, ignore_index=True)
    return frame if table.geometry == "none" else gpd.GeoDataFrame(frame, crs=crs)


def find_grid(config: Config, store: CityStore, standing: Standing) -> GridSpec:
    """Lay the grid over the bounds given, else over the buildings, else over the terrain.

    Parameters
    ----------
    config
        The configuration.
    store, standing
        What was read.

    Raises
    ------
    ConfigError
        If nothing tells where the city is.
    """
    grid = config.grid
    if grid.bounds is not None:
        return GridSpec.covering(Bounds(*grid.bounds), grid.cell_m, config.crs)
    for table in (t.BUILDINGS, t.RELIEF, t.ROADS):
        entry = standing.tables.get(table)
        if entry is not None and entry.rows:
            low = np.min(entry.boxes[:, :2], axis=0)
            high = np.max(entry.boxes[:, 2:], axis=0)
            box = Bounds(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
            return GridSpec.covering(box.grown(grid.margin_m), grid.cell_m, config.crs)
    for owner, role, _ in standing.rasters:
        raster = store.read_raster(owner, role)
        ny, nx = raster.values.shape
        box = Bounds(
            raster.x_min,
            raster.y_max - ny * raster.cell_y_m,
            raster.x_min + nx * raster.cell_x_m,
            raster.y_max,
        )
        return GridSpec.covering(box, grid.cell_m, config.crs)
    msg = "nothing says where the city is: no buildings, terrain or roads were read"
    raise ConfigError(msg, hint="give `grid.bounds`")


def observed_properties(
    config: Config, reading: Reading, store: CityStore
) -> tuple[ObservedProperty, ...]:
    """Properties of which the sources have a good observation.

    Parameters
    ----------
    config
        The configuration; a property for which it names a source counts from that source only.
    reading
        What was read.
    store
        The city's working store.
    """
    found: set[str] = set()
    for owner in reading.decoded:
        if reading.decoded[owner].rows.get(t.OBSERVATIONS.name):
            rows = store.read_table(t.OBSERVATIONS, owner)
            good = set(rows.loc[rows["flag"] == t.Flag.GOOD, "property"])
            found.update(name for name in good if config.records.get(name, owner) == owner)
    return tuple(observed for observed in properties.ALL if observed.name in found)


def pick_records(
    config: Config, jobs: Iterable[Job], reading: Reading, store: CityStore, standing: Standing
) -> None:
    """Put the record of every observed property that a simulation needs into `standing`.

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
    wanted: dict[ObservedProperty, bool] = {}
    for job in jobs:
        for need in job.needs:
            if isinstance(need, ObservedProperty):
                needed = need in plan.required(job.step, job.params)
                wanted[need] = wanted.get(need, False) or needed
    if not wanted:
        return
    observations = store.read_table(t.OBSERVATIONS)
    things = store.read_table(t.THINGS)
    sources = {source.name: source for source in config.sources}
    for observed, required in wanted.items():
        good = (observations["property"] == observed.name) & (observations["flag"] == t.Flag.GOOD)
        name = _driving_source(config, observed, sorted(set(observations.loc[good, "source"])))
        if name is None and not required:
            continue
        chosen = observations[observations["source"] == (name or "")]
        near = store.spec.centre
        try:
            record = record_of(observed, chosen, things[things["source"] == (name or "")], near)
        except CityTwinError:
            if required:
                raise
            continue
        standing.records[observed.name] = record
        standing.lineage[observed] = of_source(
            sources[record.source], reading.decoded[record.source], _end_of(record)
        )


def _end_of(record: Record) -> datetime:
    """Instant up to which a record was observed; not the day of the city model."""
    return datetime.fromtimestamp(float(record.end_s.max()), UTC)


def _driving_source(
    config: Config, observed: ObservedProperty, offering: Sequence[str]
) -> str | None:
    if observed.name in config.records:
        return config.records[observed.name]
    if len(offering) > 1:
        msg = f"{observed.name} was observed by several sources: {', '.join(offering)}"
        raise ConfigError(msg, hint=f"say `records: {{{observed.name}: {offering[0]}}}`")
    return offering[0] if offering else None

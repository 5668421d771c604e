"""Joins the tables of all sources, and finds the properties that were observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd

from citytwin.config import Config
from citytwin.engine.city_store import MERGED, CityStore
from citytwin.engine.lineage import Lineage, joined, of_source
from citytwin.engine.plan import Resource
from citytwin.engine.reading import Reading
from citytwin.engine.standing import Standing, TableEntry
from citytwin.engine.unique_ids import (
    Clash,
    clashes,
    note_of,
    settled_buildings,
    settled_surfaces,
)
from citytwin.model import properties
from citytwin.model import tables as t
from citytwin.model.properties import ObservedProperty
from citytwin.model.raster import RasterRole
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
    config: Config, reading: Reading, lost: dict[Resource, Lineage], store: CityStore
) -> Standing:
    """Join the tables of all sources in the order of the configuration.

    Parameters
    ----------
    config
        The configuration.
    reading
        What was read.
    lost
        Remarks of lost sources, by what is poorer without them.
    store
        The city's working store.
    """
    standing = Standing(lost=lost)
    sources = {source.name: source for source in config.sources}
    when = data_time(config)
    clash: dict[str, Clash] = {}
    for table in t.ALL:
        owners = [n for n in sources if n in reading.decoded and table.name in _rows(reading, n)]
        if not owners:
            continue
        frames = {owner: store.read_table(table, owner) for owner in owners}
        if table is t.BUILDINGS and len(owners) > 1:
            clash = clashes(frames)
        frame = _concatenated(table, _settled(table, frames, clash), store.crs)
        entry = TableEntry.of(MERGED, table, frame)
        store.write_merged(table, frame, entry.index)
        standing.tables[table] = entry
        shares = {name: of_source(sources[name], reading.decoded[name], when) for name in owners}
        standing.shares[table] = shares
        family = [*shares.values(), lost.get(table, Lineage())]
        said = [note for owner in owners for note in note_of(owner, clash.get(owner, Clash()))]
        concerned = table in (t.BUILDINGS, t.SURFACES)
        standing.lineage[table] = joined(family, Lineage(notes=tuple(said) if concerned else ()))
        if table is t.BUILDINGS:
            standing.losses += [note.en for note in said if note.severity == "loss"]
    for role in RASTER_ROLES:
        owners = [n for n in sources if n in reading.decoded and role in _rows(reading, n)]
        standing.rasters += [(o, role, reading.decoded[o].digests[role]) for o in owners]
        if owners:
            family = [of_source(sources[o], reading.decoded[o], when) for o in owners]
            standing.lineage[role] = joined(family, Lineage())
    return standing


def _rows(reading: Reading, name: str) -> dict[str, int]:
    return reading.decoded[name].rows


def _settled(
    table: Table, frames: Mapping[str, pd.DataFrame], clash: Mapping[str, Clash]
) -> list[pd.DataFrame]:
    """Rows of each source, under ids that no other source has."""
    if table is t.BUILDINGS:
        return [settled_buildings(f, clash.get(owner, Clash())) for owner, f in frames.items()]
    if table is t.SURFACES:
        return [
            settled_surfaces(f, clash.get(owner, Clash()), owner) for owner, f in frames.items()
        ]
    return [*frames.values()]


def _concatenated(table: Table, frames: Sequence[pd.DataFrame], crs: str) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)] or [frames[0]]
    frame = pd.concat(filled, ignore_index=True)
    return frame if table.geometry == "none" else gpd.GeoDataFrame(frame, crs=crs)


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


def unusable(config: Config, reading: Reading, store: CityStore) -> list[str]:
    """Say of which observed properties sources were read of which no value is good.

    Parameters
    ----------
    config
        The configuration.
    reading
        What was read.
    store
        The city's working store.

    Returns
    -------
    list of str
        One line per source and property, with the number of values and the first of them.
    """
    said = []
    for owner in (source.name for source in config.sources if source.name in reading.decoded):
        if not reading.decoded[owner].rows.get(t.OBSERVATIONS.name):
            continue
        rows = store.read_table(t.OBSERVATIONS, owner)
        for name, of_property in rows.groupby("property", sort=True):
            if not (of_property["flag"] == t.Flag.GOOD).any():
                first = of_property.sort_values("phenomenon_end", kind="stable").iloc[0]
                said.append(
                    f"source {owner}: none of its {len(of_property)} values of {name} is good; "
                    f"the first, at {first['phenomenon_end']:%Y-%m-%dT%H:%M:%SZ}, "
                    f"{_fault(int(first['flag']), float(first['result']), str(first['unit']))}"
                )
    return said


def _fault(flag: int, result: float, unit: str) -> str:
    if flag == t.Flag.MISSING:
        return "is missing"
    if flag == t.Flag.BAD:
        return f"is {result:g} {unit}, out of range"
    return f"is {result:g} {unit}, doubted by its producer"

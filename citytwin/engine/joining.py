"""Joins the tables of all sources, and finds the properties that were observed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

from citytwin.config import Config
from citytwin.engine.city_store import MERGED, CityStore
from citytwin.engine.corrected import Corrections
from citytwin.engine.lineage import Lineage, joined, of_source
from citytwin.engine.part_rows import StoredRows
from citytwin.engine.plan import Resource
from citytwin.engine.reading import Reading
from citytwin.engine.settled_rows import is_touched, settled
from citytwin.engine.standing import Standing
from citytwin.engine.table_entry import TableEntry
from citytwin.engine.unique_ids import (
    Clash,
    between_sources,
    clashes,
    note_of,
)
from citytwin.model import properties
from citytwin.model import tables as t
from citytwin.model.notes import Note
from citytwin.model.properties import ObservedProperty
from citytwin.model.raster import RasterRole
from citytwin.model.tables import Table
from citytwin.store.placed import TableFile, read_rows

Files = Mapping[Table, TableFile]
"""What one part of a source gave, by table."""
RASTER_ROLES: tuple[RasterRole, ...] = get_args(RasterRole)


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
    config: Config,
    reading: Reading,
    lost: dict[Resource, Lineage],
    store: CityStore,
    corrections: Corrections,
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
    corrections
        What people say of buildings.
    """
    standing = Standing(lost=lost)
    sources = {source.name: source for source in config.sources}
    when = data_time(config)
    read = [name for name in sources if name in reading.decoded]
    tables, said_of = join_tables(read, reading, store, corrections)
    for table, files in tables.items():
        owners = [name for name in read if table.name in reading.decoded[name].rows]
        standing.tables[table] = TableEntry.stored(MERGED, store.root, files)
        shares = {name: of_source(sources[name], reading.decoded[name], when) for name in owners}
        standing.shares[table] = shares
        family = [*shares.values(), lost.get(table, Lineage())]
        said = [note for owner in owners for note in said_of.get(owner, ())]
        concerned = table in (t.BUILDINGS, t.SURFACES)
        own = said if concerned else []
        if table is t.BUILDINGS:
            own = [*said, *corrections.notes()]
        standing.lineage[table] = joined(family, Lineage(notes=tuple(own)))
        if table is t.BUILDINGS:
            standing.losses += [note.en for note in said if note.severity == "loss"]
            if corrections.gone:
                some = ", ".join(corrections.gone[:5])
                many = f"{len(corrections.gone)} buildings that were corrected"
                standing.losses.append(f"{many} are not in the city model: {some}")
    for role in RASTER_ROLES:
        owners = [name for name in read if role in reading.decoded[name].rows]
        standing.rasters += [(o, role, reading.decoded[o].digests[role]) for o in owners]
        if owners:
            family = [of_source(sources[o], reading.decoded[o], when) for o in owners]
            standing.lineage[role] = joined(family, Lineage())
    return standing


def join_tables(
    names: Sequence[str], reading: Reading, store: CityStore, corrections: Corrections
) -> tuple[dict[Table, tuple[TableFile, ...]], dict[str, tuple[Note, ...]]]:
    """Join the tables of sources, so that no two buildings have one id.

    Parameters
    ----------
    names
        Sources that were read, in the order in which they count.
    reading
        What was read.
    store
        The city's working store.
    corrections
        What people say of buildings.

    Returns
    -------
    tuple
        Files of each table, and what must be said of the ids of each source.
    """
    given = {name: reading.decoded[name].rows for name in names}
    parts = {name: _parts(store, name, rows) for name, rows in given.items()}
    clash = _between_sources(store, parts)
    tables = {
        table: store.list_files(MERGED, table, _corrected(table, files, corrections, store))
        for table in t.ALL
        if any(table.name in rows for rows in given.values())
        for files in (_joined(table, parts, clash, store),)
    }
    store.keep_joined(tables)
    return tables, {name: note_of(name, found) for name, found in clash.items()}


def _parts(store: CityStore, owner: str, given: Collection[str]) -> list[Files]:
    """Files of a source, those that came from one part together."""
    parts: dict[str, dict[Table, TableFile]] = {}
    for table in t.ALL:
        for file in store.files_of(owner, table) if table.name in given else ():
            parts.setdefault(Path(file.path).name, {})[table] = file
    return list(parts.values())


def _between_sources(
    store: CityStore, parts: Mapping[str, Sequence[Files]]
) -> dict[str, list[dict[Table, Clash]]]:
    """Ids of buildings, and of their defects, that a source before theirs has used."""
    if sum(any(t.BUILDINGS in part for part in own) for own in parts.values()) < 2:
        return {}
    pieces = [(owner, part) for owner, own in parts.items() for part in own]
    naming = between_sources([owner for owner, _ in pieces])
    rows = [StoredRows(store.root, part) for _, part in pieces]
    clash: dict[str, list[dict[Table, Clash]]] = {}
    found = clashes(rows, (t.BUILDINGS, t.DEFECTS), naming)
    for (owner, _), own in zip(pieces, found, strict=True):
        clash.setdefault(owner, []).append(own)
    return clash


def _joined(
    table: Table,
    parts: Mapping[str, Sequence[Files]],
    clash: Mapping[str, Sequence[Mapping[Table, Clash]]],
    store: CityStore,
) -> Iterator[TableFile]:
    """Files of all sources as they are; those with ids that other sources have, written anew."""
    for owner, own in parts.items():
        found = clash.get(owner, [{}] * len(own))
        for part, met in zip(own, _for_rows(table, found), strict=True):
            if table not in part:
                continue
            if is_touched(table, met):
                frame = read_rows(store.root, [part[table]], table)
                name = f"{owner} {Path(part[table].path).name}"
                yield store.write_part(MERGED, table, name, settled(table, frame, met, owner))
            else:
                yield part[table]


def _corrected(
    table: Table, files: Iterator[TableFile], corrections: Corrections, store: CityStore
) -> Iterator[TableFile]:
    """Files as they are; those with a building that stands corrected, written anew."""
    if table is not t.BUILDINGS or not corrections.standing:
        yield from files
        return
    for number, file in enumerate(files):
        frame = read_rows(store.root, [file], table)
        if corrections.concern(frame):
            frame = corrections.applied(frame)
            yield store.write_part(MERGED, table, f"corrected {number}", frame)
        else:
            yield file


def _for_rows(
    table: Table, found: Sequence[Mapping[Table, Clash]]
) -> Sequence[Mapping[Table, Clash]]:
    """Clashes that rows of a table follow; a defect may lie in another part than its building."""
    if table is not t.DEFECTS:
        return found
    buildings = [own[t.BUILDINGS] for own in found if t.BUILDINGS in own]
    every = Clash(
        dropped=frozenset().union(*(own.dropped for own in buildings)),
        renamed={old: new for own in buildings for old, new in own.renamed.items()},
    )
    return [{**own, t.BUILDINGS: every} for own in found]


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


def newest_observations(reading: Reading, store: CityStore) -> dict[str, datetime]:
    """Return, by source, the end of the newest observation (aware, UTC); sources without are not in.

    Parameters
    ----------
    reading
        What was read.
    store
        The city's working store.
    """
    found = {}
    for owner in reading.decoded:
        if reading.decoded[owner].rows.get(t.OBSERVATIONS.name):
            newest = store.read_table(t.OBSERVATIONS, owner)["phenomenon_end"].max()
            found[owner] = newest.to_pydatetime(warn=False).astimezone(UTC)
    return found


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

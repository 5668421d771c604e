"""Any CSV, JSON or JSON Lines of sensors -> observations, by a mapping in the configuration.

The door for a city's own sensors: the mapping says columns, units, time zone, interval, and what stands
for a missing value; nothing is guessed.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from pathlib import PurePath

from citytwin.errors import SourceError
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.feed_json import LARGEST, is_clean
from citytwin.formats.feed_times import TimeStampError, checked, seconds_of_local, utc_seconds
from citytwin.formats.given_places import places_given
from citytwin.formats.measures import Measure
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import (
    Batch,
    Place,
    Reading,
    on_earth,
    reject_of,
    says_synthetic,
    seconds_of,
    zone_named,
)
from citytwin.formats.quality import few
from citytwin.formats.sensor_table.mapping import Layout, SensorTableParams, ValueColumn
from citytwin.formats.sensor_table.rows import Row, rows_of
from citytwin.formats.units import UnitError
from citytwin.model.notes import Reject
from citytwin.model.steps import Dataset, Decoded, Format
from citytwin.model.tables import OBSERVATIONS, THINGS, Flag
from citytwin.model.text import text

_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})([eE][+-]?\d{1,3})?", re.ASCII)
_MIDNIGHT = re.compile(r"24(?=(:?00){1,2}$)", re.ASCII)


def decode_sensor_table(raw: bytes, file: str, params: SensorTableParams, time_zone: str) -> Batch:
    """Decode one table.

    Parameters
    ----------
    raw
        CSV, JSON, or JSON Lines.
    file
        Name of the file; it tells the layout where the mapping does not.
    params
        The mapping.
    time_zone
        IANA zone of times that name none, where the mapping gives no zone.

    Raises
    ------
    SourceError
        If it is no such table, or lacks columns.
    """
    table = _Table(params, time_zone)
    layout = params.layout or _layout(file)
    rows, rejects = rows_of(raw, file, params, layout, table.wanted)
    for row in rows:
        try:
            table.take(row)
        except SourceError as error:
            rejects.append(reject_of(error, "row"))
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(table.places.values()),
        readings=tuple(table.readings),
        rejects=few([*rejects, *table.rejects]),
        synthetic=says_synthetic([file, *table.places]),
    )


def _layout(file: str) -> Layout:
    suffix = PurePath(file).suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    return "json" if suffix in (".json", ".geojson") else "csv"


class _Table:
    """A table while it is read row by row."""

    def __init__(self, params: SensorTableParams, time_zone: str) -> None:
        self.params = params
        self.given = places_given(params.positions, params.kind)
        self.columns = [(column, column.measured()) for column in params.values]
        zone = params.time.zone or time_zone
        self.seconds = _clock(params.time.pattern, zone_named(zone) if zone else None)
        self.wanted = _wanted(params)
        self.places: dict[str, Place] = {}
        self.readings: list[Reading] = []
        self.rejects: list[Reject] = []

    def take(self, row: Row) -> None:
        """Take the values of a row."""
        wanted = [pair for pair in self.columns if _belongs(row, pair[0])]
        if not wanted:
            return
        time_s = self._time(row)
        place = self._place(row)
        flag = self._flag(row)
        for column, measure in wanted:
            span_s = round(column.interval_min * 60)
            forward = self.params.time.stands_for == "start"
            start_s, end_s = (time_s, time_s + span_s) if forward else (time_s - span_s, time_s)
            try:
                value = self._value(row, column, measure, span_s)
            except SourceError as error:
                self.rejects.append(reject_of(error, "value"))
                continue
            self.places[place.thing] = place
            said = Flag.MISSING if value is None else flag
            self.readings.append(
                Reading(place.thing, measure.observed, start_s, end_s, value, said)
            )

    def _time(self, row: Row) -> int:
        said = " ".join(row.text(column) for column in self.params.time.columns).strip()
        try:
            return self.seconds(said)
        except TimeStampError as error:
            raise row.error(f"{error.message}, got {ascii(said)[:60]}", hint=error.hint) from error

    def _place(self, row: Row) -> Place:
        params = self.params
        thing = row.text(params.thing) if params.thing else next(iter(self.given), "")
        if not thing or not is_clean(thing):
            raise row.error(f"{ascii(thing)[:60]} is no identifier of a sensor")
        if thing in self.given:
            return self.given[thing]
        if params.longitude is None or params.latitude is None:
            raise row.error(f"no position of {thing[:80]!r} is known", hint="add it to `positions`")
        longitude_deg, latitude_deg = (
            self._number(row.text(column)) for column in (params.longitude, params.latitude)
        )
        if not on_earth(longitude_deg, latitude_deg):
            shown = f"{row.text(params.longitude)}, {row.text(params.latitude)}"
            raise row.error(f"longitude, latitude {ascii(shown)[:60]} is no position")
        return Place(thing, None, params.kind, longitude_deg, latitude_deg)

    def _flag(self, row: Row) -> Flag | None:
        quality = self.params.quality
        if quality is None or row.text(quality.column) in quality.good:
            return None
        missing = row.text(quality.column) in quality.missing
        return Flag.MISSING if missing else Flag.SUSPECT

    def _value(self, row: Row, column: ValueColumn, measure: Measure, span_s: int) -> float | None:
        said = row.text(column.column)
        number = self._number(said)
        if not said or any(self._is(said, number, code) for code in column.missing):
            return None
        if math.isnan(number):
            hint = "say in `missing` what stands for no value"
            raise row.error(f"{column.column}: {ascii(said)[:60]} is no number", hint=hint)
        try:
            return measure.of(number, span_s)
        except UnitError as error:
            raise row.error(f"{column.column}: {error.message}", hint=error.hint) from error

    def _is(self, said: str, number: float, code: str) -> bool:
        """Whether a cell is a code for no value: -999 is -999.0 as well."""
        return said == code.strip() or number == self._number(code.strip())

    def _number(self, said: str) -> float:
        """Number of a cell; NaN for any other text."""
        plain = said.replace(",", ".") if self.params.decimal == "," else said
        value = float(plain) if _NUMBER.fullmatch(plain) else math.nan
        return value if abs(value) <= LARGEST else math.nan


def _wanted(params: SensorTableParams) -> frozenset[str]:
    named = [*params.time.columns, params.thing, params.longitude, params.latitude]
    named += [params.quality.column] if params.quality else []
    for column in params.values:
        named += [column.column, *column.only_where]
    return frozenset(name for name in named if name is not None)


def _belongs(row: Row, column: ValueColumn) -> bool:
    conditions: Mapping[str, str] = column.only_where
    return all(row.text(name) == said for name, said in conditions.items())


def _clock(pattern: str, zone: tzinfo | None) -> Callable[[str], int]:
    """Return what reads times of a pattern."""
    if pattern == "iso8601":
        return lambda said: utc_seconds(said, zone)
    if pattern in ("unix", "unix_ms"):
        return lambda said: _unix(said, 1000.0 if pattern == "unix_ms" else 1.0)
    return lambda said: _patterned(said, pattern, zone)


def _unix(said: str, per_second: float) -> int:
    if not _NUMBER.fullmatch(said):
        raise TimeStampError("no number of seconds")
    return checked(float(said) / per_second)


def _patterned(said: str, pattern: str, zone: tzinfo | None) -> int:
    """Read a local time; 24:00 is the midnight that ends the day."""
    plain = _MIDNIGHT.sub("00", said)
    try:
        moment = _parsed(said, pattern)
        if moment is None and plain != said:
            moment = _parsed(plain, pattern)
            moment = None if moment is None else moment + timedelta(days=1)
    except OverflowError:
        moment = None
    if moment is None:
        raise TimeStampError(f"no time of the pattern {pattern}")
    return checked(seconds_of(moment)) if moment.tzinfo else seconds_of_local(moment, zone)


def _parsed(said: str, pattern: str) -> datetime | None:
    try:
        # The zone is put on by whoever asked, who knows when the clocks are put back.
        return datetime.strptime(said, pattern)  # noqa: DTZ007
    except ValueError:
        return None


def read(dataset: Dataset, params: SensorTableParams) -> Decoded:
    """Read all files of a source.

    Parameters
    ----------
    dataset
        Tables of one shape.
    params
        Their mapping.
    """
    decode = functools.partial(decode_sensor_table, params=params, time_zone=dataset.time_zone)
    batches, rejects = decode_files(dataset, dataset.files, decode)
    return assemble(dataset, batches, source_crs="EPSG:4326", rejects=rejects)


def _decode(raw: bytes, file: str, _fetched_s: int, params: SensorTableParams) -> Batch:
    """A table as it is fetched; the mapping must give the zone of times that name none."""
    return decode_sensor_table(raw, file, params, time_zone="")


FORMAT = Format(
    name="sensor_table",
    title=text("センサーの CSV・JSON", "CSV or JSON of sensors"),
    patterns=("*.csv", "*.tsv", "*.json", "*.jsonl", "*.ndjson"),
    produces=(THINGS, OBSERVATIONS),
    params=SensorTableParams,
    read=read,
    decode=_decode,
)

"""The mapping of a table of sensors: which columns hold what, as the configuration says it."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from citytwin.formats.given_places import GivenPlace
from citytwin.formats.measures import GivenQuantity
from citytwin.formats.observations import zone_named
from citytwin.model.steps import Params

Name = str
Layout = Literal["csv", "json", "jsonl"]


class TimeColumns(BaseModel):
    """When the values of a row were observed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[Name, ...] = Field(min_length=1, max_length=4)
    """Columns of the time; several are read with a blank between, such as date and clock."""
    pattern: str = Field(default="iso8601", min_length=2, max_length=60)
    """``iso8601``, ``unix`` (seconds), ``unix_ms``, or a pattern such as ``%Y/%m/%d %H:%M``."""
    zone: str | None = None
    """IANA zone of times that name none; by default that of the configuration."""
    stands_for: Literal["start", "end"] = "end"
    """Whether it is the beginning or the end of the interval of a value."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone_named(zone) is None:
            msg = f"there is no time zone {zone!r}"
            raise ValueError(msg)
        return zone

    @field_validator("pattern")
    @classmethod
    def _tells_a_day(cls, pattern: str) -> str:
        if pattern not in ("iso8601", "unix", "unix_ms"):
            told = set(re.findall(r"%([a-zA-Z])", pattern))
            dated = told & set("Yy") and told & set("mbB") and "d" in told
            if not (dated or {"Y", "j"} <= told):
                msg = f"pattern {pattern!r} tells no year, month and day"
                raise ValueError(msg)
        return pattern


class ValueColumn(GivenQuantity):
    """A column of values of one property."""

    column: Name = Field(min_length=1, max_length=200)
    interval_min: float = Field(default=0.0, ge=0, le=44_640)
    """Interval that a value covers [min]; 0 for an instant."""
    missing: tuple[str, ...] = ()
    """What stands for no value, such as ``-999``; an empty cell always does."""
    only_where: dict[Name, str] = Field(default_factory=dict, max_length=4)
    """Texts that other columns must have, for tables with one row per value."""


class QualityColumn(BaseModel):
    """A column in which the producer judges the values of a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: Name = Field(min_length=1, max_length=200)
    good: tuple[str, ...] = Field(min_length=1)
    """Texts that mean good; others are doubted."""
    missing: tuple[str, ...] = ()
    """Texts that mean that there is no value, whatever the cell says."""


class SensorTableParams(Params):
    """Columns, units, times and places of a table of sensors."""

    time: TimeColumns
    values: tuple[ValueColumn, ...] = Field(min_length=1, max_length=100)
    thing: Name | None = None
    """Column of the sensor's identifier; without it the file is of the only one of `positions`."""
    longitude: Name | None = None
    latitude: Name | None = None
    """Columns of the position in degrees; without them `positions` gives it."""
    positions: tuple[GivenPlace, ...] = ()
    """Where sensors are that the table does not place."""
    kind: str = Field(default="sensor", min_length=1, max_length=40)
    """What the sensors are, such as ``weather_station``."""
    quality: QualityColumn | None = None
    layout: Layout | None = None
    """By default from the name of the file: .json, .jsonl and .ndjson, else csv."""
    encoding: Literal["utf-8", "cp932", "utf-16", "latin-1"] = "utf-8"
    """Of CSV; a byte order mark is understood. JSON is UTF-8 always."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    skip_lines: int = Field(default=0, ge=0, le=1000)
    """Lines before the names of the columns."""
    columns: tuple[Name, ...] = ()
    """Names of the columns of a CSV that has no line of names."""
    records: str = Field(default="", max_length=200)
    """Where the array of rows stands in JSON, such as ``data.items``; empty for the document."""

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if (self.longitude is None) != (self.latitude is None):
            msg = "longitude and latitude belong together"
            raise ValueError(msg)
        if self.longitude is None and not self.positions:
            msg = "say where the sensors are: longitude and latitude, or positions"
            raise ValueError(msg)
        if self.thing is None and len(self.positions) != 1:
            msg = "say which column is the thing, or give the one position of the only sensor"
            raise ValueError(msg)
        return self

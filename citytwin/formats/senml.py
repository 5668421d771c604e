"""Sensor Measurement Lists in JSON (SenML, RFC 8428), as sensors send them over MQTT -> observations.

A full name is that of a thing, a colon or a slash, and what is measured: an observed property of the
twin, or ``latitude``, ``longitude``, ``title`` and ``kind``, by which things describe themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from pydantic import Field

from citytwin.errors import SourceError
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.feed_json import Json, Node, is_clean, parse
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import (
    Batch,
    Place,
    on_earth,
    plausible_time,
    reject_of,
    says_synthetic,
)
from citytwin.formats.reading_columns import ReadingColumns
from citytwin.formats.units import Conversion, UnitError, conversion
from citytwin.model import properties
from citytwin.model.notes import Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.model.text import text
from citytwin.wording import nearest

_BY_NAME = {observed.name: observed for observed in properties.ALL}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]{0,250}")
_NEWEST_VERSION = 10
_RELATIVE_BELOW_S = 2**28
"""Smaller times count from now (RFC 8428, 4.5.3)."""
_UNITS = {"%RH": "%", "/": "1"}
"""Of SenML, where they are spelt otherwise elsewhere."""
_NUMBERS = (int, float)
_TOLD = frozenset({"latitude", "longitude", "title", "kind", "note"})
_MOST_REJECTS = 200
_BASES = frozenset({"bn", "bt", "bu", "bv", "bver"})
_USUAL = frozenset({"n", "u", "v", "t"})
"""All that records of sensors hold but for the first one of a pack."""


class SenmlParams(Params):
    """What packs leave open."""

    intervals_s: dict[str, int] = Field(default_factory=dict)
    """By observed property: length of the time before its stamp that a value is the mean of [s]."""


@dataclass(frozen=True)
class _Base:
    """What stands before names, times and values from a record on."""

    name: str = ""
    time_s: float = 0.0
    unit: str = ""
    value: float = 0.0


@dataclass(frozen=True)
class _Moment:
    """What times of records are completed by."""

    intervals_s: dict[str, int]
    fetched_s: int | None


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a name and a unit stand for."""

    thing: str
    observed: ObservedProperty
    change: Conversion


@dataclass
class _Found:
    moment: _Moment
    things: dict[str, int] = field(default_factory=dict)
    """Things by name, and the number of each."""
    observed: dict[str, int] = field(default_factory=dict)
    """The same of properties."""
    codes: list[tuple[int, int]] = field(default_factory=list)
    """Thing and property of each reading."""
    end_s: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    told: dict[str, dict[str, Node]] = field(default_factory=dict)
    """What things say of themselves."""

    def take(self, meant: _Meaning, end_s: int, value: float) -> None:
        thing = self.things.setdefault(meant.thing, len(self.things))
        observed = self.observed.setdefault(meant.observed.name, len(self.observed))
        self.codes.append((thing, observed))
        self.end_s.append(end_s)
        self.value.append(meant.change(value))

    def readings(self) -> ReadingColumns:
        n = len(self.value)
        codes = np.array(self.codes, dtype=np.int32).reshape(n, 2)
        end_s = np.array(self.end_s, dtype=np.int64)
        length_s = [self.moment.intervals_s.get(name, 0) for name in self.observed]
        return ReadingColumns(
            things=tuple(self.things),
            thing_codes=codes[:, 0],
            observed=tuple(_BY_NAME[name] for name in self.observed),
            observed_codes=codes[:, 1],
            start_s=end_s - np.array([*length_s, 0], dtype=np.int64)[codes[:, 1]],
            end_s=end_s,
            value=np.array(self.value, dtype=np.float64),
            said=np.zeros(n, dtype=np.int8),
            found=np.zeros(n, dtype=np.int32),
        )


def decode_senml(raw: bytes, file: str, params: SenmlParams, fetched_s: int | None = None) -> Batch:
    """Decode one pack.

    Parameters
    ----------
    raw
        JSON: an array of records.
    file
        Its name, for messages.
    params
        Lengths of intervals.
    fetched_s
        When it was fetched [s since 1970]: times that count from now count from there; None where
        that is not known.

    Returns
    -------
    Batch
        A record that cannot be used is a reject, and loses no other.

    Raises
    ------
    SourceError
        If it is no pack, or of a version that is not known.
    """
    found, base = _Found(_Moment(params.intervals_s, fetched_s)), _Base()
    pack = parse(raw, file)
    if not isinstance(pack.value, list):
        raise pack.error("expected an array")
    if not pack.value:
        raise SourceError("holds no record", source=file)
    for row, value in enumerate(pack.value):
        if _read_usual(value, base, found):
            continue
        record = pack.item(row)
        base = _base(record, base)
        try:
            _read(record, base, found)
        except SourceError as error:
            found.rejects.append(reject_of(error, "record"))
        except UnitError as error:
            reject = Reject(source=file, record=record.path, code="unit", message=str(error))
            found.rejects.append(reject)
    places = [place for thing, told in found.told.items() for place in _place(thing, told, found)]
    said = [n.text() for told in found.told.values() for k, n in told.items() if k == "note"]
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(places),
        readings=found.readings(),
        rejects=tuple(found.rejects[:_MOST_REJECTS]),
        synthetic=says_synthetic([*said, "\n".join(found.things)]),
    )


def _base(record: Node, base: _Base) -> _Base:
    """A base field holds until another one replaces it."""
    if isinstance(record.value, dict) and _BASES.isdisjoint(record.value):
        return base
    version = record.find("bver")
    if version is not None and version.whole() > _NEWEST_VERSION:
        raise version.error(f"expected version {_NEWEST_VERSION} or older")
    name, time, unit, value = (record.find(key) for key in ("bn", "bt", "bu", "bv"))
    return _Base(
        base.name if name is None else name.text(),
        base.time_s if time is None else time.number(),
        base.unit if unit is None else unit.text(),
        base.value if value is None else value.number(),
    )


def _read_usual(record: Json, base: _Base, found: _Found) -> bool:
    """Read a record of the usual fields alone; False leaves it to :func:`_read`, which says why."""
    if not isinstance(record, dict) or not record.keys() <= _USUAL:
        return False
    name, unit = record.get("n", ""), record.get("u", base.unit)
    value, time = record.get("v"), record.get("t", 0.0)
    if not isinstance(name, str) or not isinstance(unit, str):
        return False
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        return False
    if isinstance(time, bool) or not isinstance(time, _NUMBERS):
        return False
    seconds = base.time_s + time
    meant = _meaning(base.name + name, unit)
    if meant is None or not (seconds >= _RELATIVE_BELOW_S and plausible_time(seconds)):
        return False
    found.take(meant, int(seconds // 1), base.value + value)
    return True


@lru_cache(maxsize=32_768)
def _meaning(name: str, unit: str) -> _Meaning | None:
    """What a name and a unit stand for; None where something about them is unusual or wrong."""
    thing, parted, what = _parted(name)
    observed = _BY_NAME.get(what)
    if observed is None or not parted or not (_NAME.fullmatch(name) and is_clean(unit)):
        return None
    try:
        return _Meaning(thing, observed, conversion(_UNITS.get(unit, unit), observed.unit))
    except UnitError:
        return None


def _read(record: Node, base: _Base, found: _Found) -> None:
    own = record.find("n")
    name = base.name + ("" if own is None else own.text())
    thing, parted, what = _parted(name)
    if not _NAME.fullmatch(name) or not parted:
        raise record.error(f"{name[:80]!r} is no name of a thing and what it measures")
    if what in _TOLD:
        kept = found.told.setdefault(thing, {})
        for key in ("v", "vs"):
            if (value := record.find(key)) is not None:
                kept[what] = value
        return
    observed = _BY_NAME.get(what)
    if observed is None:
        raise record.error(f"{what!r} is no observed property{nearest(what, list(_BY_NAME))}")
    end_s = _time_s(record, base, found.moment.fetched_s)
    given = record.member("v")
    unit = base.unit if (stated := record.find("u")) is None else stated.text()
    change = conversion(_UNITS.get(unit, unit), observed.unit)
    found.take(_Meaning(thing, observed, change), end_s, base.value + given.number())


def _parted(name: str) -> tuple[str, str, str]:
    at = max(name.rfind(":"), name.rfind("/"))
    return name[: max(at, 0)], name[at : at + 1] if at > 0 else "", name[at + 1 :]


def _time_s(record: Node, base: _Base, fetched_s: int | None) -> int:
    own = record.find("t")
    seconds = base.time_s + (0.0 if own is None else own.number())
    if seconds <= -_RELATIVE_BELOW_S:
        raise record.error(f"its time lies {-seconds:g} s before now: no sensor is so late")
    if seconds < _RELATIVE_BELOW_S and fetched_s is not None:
        seconds += fetched_s
    elif seconds < _RELATIVE_BELOW_S:
        msg = f"its time is {seconds:g}, which counts from an unknown now"
        hint = "send seconds since 1970 in `t` or `bt`"
        raise SourceError(msg, source=record.source, record=record.path, hint=hint)
    if not plausible_time(seconds):
        raise record.error(f"{seconds:g} is no time between 1900 and 2200")
    return int(seconds // 1)


def _place(thing: str, told: dict[str, Node], found: _Found) -> Iterator[Place]:
    """What a thing says of itself, where it says all of where it is."""
    if not {"latitude", "longitude"} <= told.keys():
        return
    try:
        latitude, longitude = told["latitude"].number(), told["longitude"].number()
        if not on_earth(longitude, latitude):
            raise told["latitude"].error(f"{latitude}, {longitude} is no place on Earth")
        yield Place(
            thing=thing,
            name=told["title"].text() if "title" in told else None,
            kind=told["kind"].text() if "kind" in told else "sensor",
            longitude_deg=longitude,
            latitude_deg=latitude,
        )
    except SourceError as error:
        found.rejects.append(reject_of(error, "position"))


def read(dataset: Dataset, params: SenmlParams) -> Decoded:
    """Read all packs of a source; things must describe themselves in one of them.

    Parameters
    ----------
    dataset
        Files of one source.
    params
        Lengths of intervals.
    """
    batches, rejects = decode_files(
        dataset, dataset.files, lambda raw, file: decode_senml(raw, file, params)
    )
    return assemble(dataset, batches, source_crs="EPSG:4326", rejects=rejects)


def _decode(raw: bytes, file: str, fetched_s: int, params: SenmlParams) -> Batch:
    return decode_senml(raw, file, params, fetched_s)


FORMAT = Format(
    name="senml",
    title=text("SenML（センサー計測値、RFC 8428）", "SenML (RFC 8428)"),
    patterns=("*.senml",),
    produces=(THINGS, OBSERVATIONS),
    params=SenmlParams,
    read=read,
    decode=_decode,
)

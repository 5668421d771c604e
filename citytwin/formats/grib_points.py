"""Weather of models in GRIB 1 and 2 at chosen points -> observations at grid points.

A point has the value of the cell that it lies in. Wind is made of its parts; where the raster is no grid of
longitude and latitude the parts may be along its columns, which GDAL does not tell, so that only the speed is
taken. Sums and means of GRIB 2 cover the interval of their product definition.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from rasterio.windows import Window

from citytwin.errors import SourceError
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.given_places import GivenPlace
from citytwin.formats.grib.messages import GribFile, Message, opened
from citytwin.formats.measures import measure
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import Batch, Place, Reading, reject_of
from citytwin.formats.quality import few
from citytwin.formats.units import UnitError
from citytwin.model import properties as p
from citytwin.model.notes import Note, Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.record import GRID_POINT
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.model.text import text


class GribPointParams(Params):
    """Where the weather is wanted."""

    points: tuple[GivenPlace, ...] = Field(min_length=1, max_length=1000)
    """Points with names of their own; heights come from the messages."""


_FIELDS: dict[tuple[str, str], ObservedProperty] = {
    ("TMP", "2-HTGL"): p.AIR_TEMPERATURE,
    ("2T", "0-SFC"): p.AIR_TEMPERATURE,
    ("DPT", "2-HTGL"): p.DEW_POINT,
    ("2D", "0-SFC"): p.DEW_POINT,
    ("RH", "2-HTGL"): p.RELATIVE_HUMIDITY,
    ("PRMSL", "0-MSL"): p.SEA_LEVEL_PRESSURE,
    ("PRES", "0-SFC"): p.SURFACE_PRESSURE,
    ("GUST", "0-SFC"): p.WIND_GUST,
    ("TCDC", "0-SFC"): p.CLOUD_COVER,
    ("TCDC", "0-EATM"): p.CLOUD_COVER,
    ("DSWRF", "0-SFC"): p.GLOBAL_RADIATION,
    ("APCP", "0-SFC"): p.RAINFALL_RATE,
    ("PRATE", "0-SFC"): p.RAINFALL_RATE,
}
"""By element and level, as GDAL calls them."""
_HEIGHTS = {"2T": 2.0, "2D": 2.0}
_EAST = {("UGRD", "10-HTGL"): ("VGRD", "10-HTGL"), ("10U", "0-SFC"): ("10V", "0-SFC")}
"""Parts of the wind to the east, and those to the north."""
_CALM_M_S = 0.05
"""Below this a wind of a model has no direction."""
_MODEL_NOTE = Note(
    severity="info",
    ja="GRIB の値は気象モデルの格子点値で、実測ではありません",
    en="Values of GRIB are those of a weather model at a grid point, not measurements",
)
_TURNED_NOTE = Note(
    severity="loss",
    ja="GRIB の格子が緯経度でないため風向は使用しません",
    en="No wind direction is taken from GRIB on a projection, whose axes it may refer to",
)


@dataclass(frozen=True)
class _Spot:
    """A point and the cell of the raster that it lies in."""

    place: GivenPlace
    row: int
    col: int


def decode_grib_points(raw: bytes, file: str, params: GribPointParams) -> Batch:
    """Decode one file.

    Parameters
    ----------
    raw
        GRIB 1 or 2.
    file
        Name of the file, for messages.
    params
        Where the weather is wanted.

    Raises
    ------
    SourceError
        If it is damaged, holds nothing that the twin keeps, or none of the points.
    """
    places: dict[str, Place] = {}
    readings: list[Reading] = []
    rejects: list[Reject] = []
    with opened(raw, file) as found:
        spots = list(_spots(found, params, file, rejects))
        if not spots:
            raise SourceError(f"reaches none of the points: {rejects[0].message}", source=file)
        for message, observed, north in _wanted(found):
            try:
                for spot in spots:
                    for place, reading in _readings(found, spot, message, observed, north):
                        places[place.thing] = place
                        readings.append(reading)
            except SourceError as error:
                rejects.append(reject_of(error, "message"))
        turned = not found.crs.is_geographic
    if not readings:
        reason = f": {rejects[0].message}" if rejects else ""
        raise SourceError(f"holds no weather that the twin keeps{reason}", source=file)
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(places.values()),
        readings=tuple(readings),
        rejects=few(rejects),
        notes=(_MODEL_NOTE, _TURNED_NOTE) if turned else (_MODEL_NOTE,),
    )


def _spots(
    found: GribFile, params: GribPointParams, file: str, rejects: list[Reject]
) -> Iterator[_Spot]:
    try:
        transformer = Transformer.from_crs(CRS.from_epsg(4326), found.crs, always_xy=True)
    except ProjError as error:
        raise SourceError("its raster has no place on Earth", source=file) from error
    for place in params.points:
        x, y = transformer.transform(place.longitude_deg, place.latitude_deg)
        if found.crs.is_geographic and math.isfinite(x):
            x = found.west + (x - found.west) % 360.0
        col, row = (x - found.west) / found.dx, (found.north - y) / found.dy
        reader = found.reader
        if 0 <= col < reader.width and 0 <= row < reader.height:
            yield _Spot(place, int(row), int(col))
            continue
        message = f"{place.longitude_deg}, {place.latitude_deg} lies outside the raster"
        rejects.append(Reject(source=file, record=place.thing, code="position", message=message))


def _wanted(found: GribFile) -> Iterator[tuple[Message, ObservedProperty, Message | None]]:
    """Messages that the twin keeps; that of the wind to the east with that to the north."""
    others = {(m.element, m.level, m.tags.get("GRIB_VALID_TIME")): m for m in found.messages}
    for message in found.messages:
        key = message.element, message.level
        if key in _FIELDS:
            yield message, _FIELDS[key], None
        elif key in _EAST:
            north = others.get((*_EAST[key], message.tags.get("GRIB_VALID_TIME")))
            if north is not None:
                yield message, p.WIND_SPEED, north


def _readings(
    found: GribFile,
    spot: _Spot,
    message: Message,
    observed: ObservedProperty,
    north: Message | None,
) -> Iterator[tuple[Place, Reading]]:
    height_m = _height_m(message)
    thing = spot.place.thing + ("" if height_m is None else f":{height_m:04.0f}m")
    given = spot.place
    place = Place(thing, given.name, GRID_POINT, given.longitude_deg, given.latitude_deg, height_m)
    start_s, end_s = message.end_s - message.length_s, message.end_s
    if north is None:
        value = _value(found, spot, message, observed)
        yield place, Reading(thing, observed, start_s, end_s, value)
        return
    east, up = (_value(found, spot, part, p.WIND_SPEED) for part in (message, north))
    speed = None if east is None or up is None else math.hypot(east, up)
    yield place, Reading(thing, p.WIND_SPEED, start_s, end_s, speed)
    if not found.crs.is_geographic:
        return
    comes = None
    if east is not None and up is not None and speed is not None and speed >= _CALM_M_S:
        comes = math.degrees(math.atan2(-east, -up)) % 360.0
    yield place, Reading(thing, p.WIND_DIRECTION, start_s, end_s, comes)


def _height_m(message: Message) -> float | None:
    number, _, kind = message.level.partition("-")
    if kind == "HTGL" and number.isdigit() and len(number) < 5:
        return float(number)
    return 10.0 if message.element.startswith("10") else _HEIGHTS.get(message.element)


def _value(
    found: GribFile, spot: _Spot, message: Message, observed: ObservedProperty
) -> float | None:
    value = float(found.values(message, Window(spot.col, spot.row, 1, 1))[0, 0])
    if not np.isfinite(value):
        return None
    try:
        return measure(message.unit, observed).of(value, message.length_s)
    except UnitError as error:
        raise message.error(error.message, hint=error.hint) from error


def _decode(raw: bytes, file: str, fetched_s: int, params: GribPointParams) -> Batch:  # noqa: ARG001
    return decode_grib_points(raw, file, params)


def read(dataset: Dataset, params: GribPointParams) -> Decoded:
    """Read all files of a source.

    Parameters
    ----------
    dataset
        GRIB files.
    params
        Where the weather is wanted.
    """
    decode = functools.partial(decode_grib_points, params=params)
    batches, rejects = decode_files(dataset, dataset.files, decode)
    return assemble(dataset, batches, source_crs="EPSG:4326", rejects=rejects)


FORMAT = Format(
    name="grib_points",
    title=text("気象モデル（GRIB）の地点値", "Weather of models (GRIB) at points"),
    patterns=("*.grib", "*.grib2", "*.grb", "*.grb2"),
    produces=(THINGS, OBSERVATIONS),
    params=GribPointParams,
    read=read,
    observes=tuple(dict.fromkeys((*_FIELDS.values(), p.WIND_SPEED, p.WIND_DIRECTION))),
    decode=_decode,
)

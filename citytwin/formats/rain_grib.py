"""Rain in GRIB 1 and 2, through GDAL -> rain over time: radar composites and forecasts of models.

Negative codes for no value (MRMS: -3 no coverage, -1 missing) are unknown, not rain. Sums of GRIB 2 take
their interval from the product definition (4.8, 4.11); of sums that run on from the beginning of a forecast,
and so overlap, only the first is used.
"""

from __future__ import annotations

import functools

from pydantic import Field
from pyproj import CRS

from citytwin.errors import SourceError
from citytwin.formats.feed_file import raw_ref
from citytwin.formats.grib.messages import GribFile, Message, opened
from citytwin.formats.grib.run_length import PackedField, fields_of, is_run_length
from citytwin.formats.measures import measure
from citytwin.formats.observations import Batch
from citytwin.formats.rain.batches import image_batch
from citytwin.formats.rain.image import RainImage, rates
from citytwin.formats.rain.lattice import RainParams
from citytwin.formats.rain.tables import read_images
from citytwin.formats.units import UnitError
from citytwin.model import properties as p
from citytwin.model.steps import Dataset, Decoded, Format
from citytwin.model.tables import RAIN_FRAMES
from citytwin.model.text import text

_UNITS_OF_JMA = {(0, 1, 200): "mm", (0, 1, 201): "mm/h", (0, 1, 203): "mm/h", (0, 1, 8): "mm"}
"""By discipline, category and number; numbers from 192 on are JMA's own."""
_ELEMENTS = ("PrecipRate", "PRATE", "RPRATE", "RAINRATE", "TPRATE", "APCP")


class GribRainParams(RainParams):
    """Which messages of a file are read."""

    element: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_]{0,19}[A-Za-z_]$")
    """As GDAL calls it, without hours, such as ``APCP``; by default the first known one of rain that the
    file has."""


def decode_rain_grib(raw: bytes, file: str, params: GribRainParams) -> list[RainImage]:
    """Decode one file.

    Parameters
    ----------
    raw
        GRIB 1 or 2.
    file
        Name of the file, for messages.
    params
        Which messages are read.

    Raises
    ------
    SourceError
        If it is damaged, packed in a way that GDAL cannot read, or holds no rain.
    """
    if is_run_length(raw):
        return [_unpacked(field, file, raw_ref(raw), params) for field in fields_of(raw, file)]
    with opened(raw, file) as found:
        wanted = _wanted(found, file, params)
        return [_image(found, message, raw_ref(raw)) for message in wanted]


def _wanted(found: GribFile, file: str, params: GribRainParams) -> list[Message]:
    elements = {message.element for message in found.messages}
    element = params.element or next((name for name in _ELEMENTS if name in elements), "")
    wanted = [message for message in found.messages if element and message.element == element]
    if not wanted:
        shown = ", ".join(sorted(elements)[:12])
        raise SourceError("holds no rain", source=file, hint=f"say its `element` of {shown}")
    return wanted


def _image(found: GribFile, message: Message, ref: str) -> RainImage:
    try:
        change = measure(message.unit, p.RAINFALL_RATE)
        length_s = message.length_s if change.summed else 0
        if change.summed and length_s == 0:
            raise message.error("is a sum over no time (of an analysis, or without interval)")
        rate, wild = rates(found.values(message), change, length_s)
    except UnitError as error:
        raise message.error(error.message, hint=error.hint) from error
    return RainImage(
        rate=rate,
        crs=found.crs,
        west=found.west,
        north=found.north,
        dx=found.dx,
        dy=found.dy,
        start_s=message.end_s - length_s,
        end_s=message.end_s,
        issued_s=None if message.is_observed else message.reference_s,
        file=message.file,
        raw_ref=ref,
        wild=wild,
    )


def _unpacked(field: PackedField, file: str, ref: str, params: GribRainParams) -> RainImage:
    """An image of JMA: analysed rain of an interval, or the intensity of a nowcast."""
    if params.element is not None:
        hint = "leave `element` out: files of this packing hold rain alone"
        raise SourceError(f"has no element {params.element}", source=file, hint=hint)
    unit = _UNITS_OF_JMA.get(field.parameter)
    if unit is None:
        raise SourceError(f"parameter {field.parameter} is no rain that is known", source=file)
    try:
        change = measure(unit, p.RAINFALL_RATE)
        rate, wild = rates(field.values, change, field.end_s - field.start_s)
    except UnitError as error:
        raise SourceError(error.message, source=file, hint=error.hint) from error
    return RainImage(
        rate=rate,
        crs=CRS.from_epsg(4326),
        west=field.west_deg,
        north=field.north_deg,
        dx=field.dx_deg,
        dy=field.dy_deg,
        start_s=field.start_s,
        end_s=field.end_s,
        issued_s=field.reference_s if field.end_s > field.reference_s else None,
        file=file,
        raw_ref=ref,
        wild=wild,
    )


def _decode(raw: bytes, file: str, fetched_s: int, params: GribRainParams) -> Batch:  # noqa: ARG001
    return image_batch(decode_rain_grib(raw, file, params), raw, file, params)


def read(dataset: Dataset, params: GribRainParams) -> Decoded:
    """Read all images of a source.

    Parameters
    ----------
    dataset
        GRIB files.
    params
        What is read of them.
    """
    return read_images(dataset, params, functools.partial(decode_rain_grib, params=params))


FORMAT = Format(
    name="rain_grib",
    title=text("雨量（GRIB）", "Rain (GRIB)"),
    patterns=("*.grib", "*.grib2", "*.grb", "*.grb2", "*_grib2.bin"),
    produces=(RAIN_FRAMES,),
    params=GribRainParams,
    read=read,
    observes=(),
    decode=_decode,
)

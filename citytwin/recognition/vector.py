"""A first look at a vector file: footprints by their columns, else by the words of its name."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pyogrio

from citytwin.errors import SourceError
from citytwin.formats.footprints.batches import VectorFile, open_vector
from citytwin.formats.footprints.columns import columns_of
from citytwin.formats.vector.files import DAMAGED, for_gdal
from citytwin.recognition.look import LonLat, Look, Use, lonlat_of, reason
from citytwin.transports.files import content_name

_BUILDINGS = re.compile(r"building|bldg|footprint|pand|gebaeude|gebäude|bati|建物|建築")
_ROADS = re.compile(r"road|street|wegdeel|strasse|straße|道路")
_LAND = re.compile(r"(?<![a-z])sites?\b|parcel|zone|zoning|youto|敷地|地番|用途地域")


def look_at_vector(path: Path, given: str | None) -> Look:
    """Look at the columns and the name of a vector file.

    Parameters
    ----------
    path
        The file.
    given
        CRS that the user gave for files that name none.
    """
    try:
        file = open_vector(path, None, given)
        _, known = columns_of(file.names, {}, path.name, detect=True)
        kind, lonlat = _overview(file)
    except SourceError as error:
        return Look(fault=reason(error))
    if kind.endswith("Point"):
        return Look(fault="holds points, neither buildings nor roads", stray=True)
    name = content_name(path).lower()
    uses: tuple[Use, ...] = ()
    if known or _BUILDINGS.search(name):
        uses = (Use("footprints"),)
    elif _ROADS.search(name):
        uses = (Use("vector_roads"),)
    elif _LAND.search(name):
        fault = (
            "is no part of a city model: a configuration reads it as vector_sites or vector_zones"
        )
        return Look(fault=fault, stray=True)
    fault = "" if uses else "is neither named nor built like footprints of buildings or roads"
    fault += " (put `buildings` or `roads` into its name)" if fault else ""
    return Look(uses, fault, crs=file.crs, lonlat=lonlat)


def _overview(file: VectorFile) -> tuple[str, LonLat | None]:
    """Kind of its geometries and its middle, as far as the file says them at once."""
    if file.kind == "parquet":
        return _first(file)
    try:
        with warnings.catch_warnings(action="ignore"):
            info = pyogrio.read_info(for_gdal(file.path, file.kind), force_total_bounds=True)
    except DAMAGED:
        return "", None
    kind, box = str(info["geometry_type"]), info["total_bounds"]
    if box is None:
        return kind, None
    return kind, lonlat_of((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, file.crs, east_first=True)


def _first(file: VectorFile) -> tuple[str, LonLat | None]:
    """Kind and place of the first geometry: the metadata need not name the box of all."""
    for batch in file.batches((), None, file.crs):
        for shape in batch.geometry:
            if shape is not None and not shape.is_empty:
                x, y = shape.bounds[:2]
                return shape.geom_type, lonlat_of(x, y, file.crs, east_first=True)
    return "", None

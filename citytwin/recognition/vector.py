"""A first look at a vector file: footprints by their columns, else by the words of its name."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pyogrio

from citytwin.errors import SourceError
from citytwin.formats.footprints.batches import open_vector
from citytwin.formats.footprints.columns import columns_of
from citytwin.formats.vector.files import DAMAGED, for_gdal, kind_of
from citytwin.recognition.look import LonLat, Look, Use, lonlat_of
from citytwin.transports.files import content_name

_BUILDINGS = re.compile(r"building|bldg|footprint|pand|gebaeude|gebäude|bati|建物|建築")
_ROADS = re.compile(r"road|street|wegdeel|strasse|straße|道路")


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
        lonlat = _place(path, file.crs)
    except SourceError as error:
        return Look(fault=str(error))
    name = content_name(path).lower()
    uses: tuple[Use, ...] = ()
    if known or _BUILDINGS.search(name):
        uses = (Use("footprints"),)
    elif _ROADS.search(name):
        uses = (Use("vector_roads"),)
    fault = "" if uses else "is neither named nor built like footprints of buildings or roads"
    return Look(uses, fault, crs=file.crs, lonlat=lonlat)


def _place(path: Path, crs: str) -> LonLat | None:
    kind = kind_of(path)
    if kind == "parquet":
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            box = pyogrio.read_info(for_gdal(path, kind), force_total_bounds=True)["total_bounds"]
    except DAMAGED:
        return None
    if box is None:
        return None
    return lonlat_of((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, crs, east_first=True)

"""Declaration of the format ``cityjson``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from citytwin.formats.city.batch import read_files
from citytwin.formats.city.decks import lifted
from citytwin.formats.city.duplicates import without_duplicates
from citytwin.formats.city.frames import (
    building_frame,
    land_use_frame,
    road_frame,
    surface_frame,
)
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.site import FileSite
from citytwin.formats.city.summary import note_buildings
from citytwin.formats.cityjson.document import open_cityjson
from citytwin.formats.cityjson.reader import BatchReader, Found
from citytwin.formats.cityjson.templates import TemplateLibrary
from citytwin.model.crs import axis_order
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import BUILDINGS, LAND_USE, ROADS, SURFACES
from citytwin.model.text import text

Theme = Literal["buildings", "roads", "land_use"]


class CityJsonParams(Params):
    """What is taken from the files."""

    themes: tuple[Theme, ...] = ("buildings", "roads", "land_use")
    """Objects wanted; leave out those that come from a better source."""
    bridge_share: float = Field(default=0.8, gt=0, le=1)
    """A road lies on a bridge when bridges of the files cover this share of it."""


def _read_one(path: Path, dataset: Dataset, ledger: Ledger) -> Found:
    header, batches = open_cityjson(path, ledger)
    # CityJSON writes easting or longitude first, whatever the authority of the CRS says.
    site = FileSite(path.name, dataset.target_crs, dataset.source_crs, east_first=True)
    site.srs_name = header.srs_name
    degrees = axis_order(site.crs()).geographic
    templates = TemplateLibrary(header.templates, degrees)
    found = Found()
    for batch in batches:
        BatchReader(batch, site, ledger, templates).read(found)
    site.finish(ledger)
    return found


def read(dataset: Dataset, params: CityJsonParams) -> Decoded:
    """Read buildings, roads and land of CityJSON files.

    Parameters
    ----------
    dataset
        The files.
    params
        What is wanted.

    Raises
    ------
    SourceError
        If no file can be used.
    """
    ledger = Ledger()
    results = read_files(dataset, lambda path, own: _read_one(path, dataset, own), ledger)
    found = [result for _, result in results]
    buildings = [row for result in found for row in result.buildings]
    rows = without_duplicates(buildings if "buildings" in params.themes else [], ledger)
    note_buildings(rows, ledger)
    roads = [row for result in found for row in result.roads]
    decks = [deck for result in found for deck in result.decks]
    roads = lifted(roads, decks, params.bridge_share) if "roads" in params.themes else []
    parcels = [row for result in found for row in result.parcels]
    crs = dataset.target_crs
    return Decoded(
        tables={
            BUILDINGS: building_frame(rows, crs),
            SURFACES: surface_frame(rows),
            ROADS: road_frame(roads, crs),
            LAND_USE: land_use_frame(parcels if "land_use" in params.themes else [], crs),
        },
        rejects=ledger.all_rejects(),
        notes=tuple(ledger.notes),
    )


FORMAT = Format(
    name="cityjson",
    title=text("CityJSON（都市モデル）", "CityJSON city models"),
    patterns=("*.city.json", "*.city.jsonl", "*.cityjson"),
    produces=(BUILDINGS, SURFACES, ROADS, LAND_USE),
    params=CityJsonParams,
    read=read,
)

"""Declaration of the format ``cityjson``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import geopandas as gpd
from pydantic import Field

from citytwin.errors import SourceError
from citytwin.formats.city.batch import read_files
from citytwin.formats.city.block import block_of_rows
from citytwin.formats.city.decks import lifted
from citytwin.formats.city.defects import with_defects
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
from citytwin.formats.city.theme_rows import theme_frame
from citytwin.formats.cityjson.collector import paused_collector
from citytwin.formats.cityjson.document import open_cityjson
from citytwin.formats.cityjson.reader import BatchReader, Found
from citytwin.formats.cityjson.templates import TemplateLibrary
from citytwin.model.crs import axis_order
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import (
    BRIDGES,
    BUILDINGS,
    DEFECTS,
    LAND_USE,
    ROADS,
    SURFACES,
    VEGETATION,
    WATER_BODIES,
    Table,
)
from citytwin.model.text import text

Theme = Literal["buildings", "roads", "land_use", "water_bodies", "vegetation", "bridges"]
_OFTEN_ABSENT = ("water_bodies", "vegetation", "bridges")
"""Themes whose table is given only where the files hold some, so that no empty map is made."""
_TABLES: dict[Theme, Table] = {
    "buildings": BUILDINGS,
    "roads": ROADS,
    "land_use": LAND_USE,
    "water_bodies": WATER_BODIES,
    "vegetation": VEGETATION,
    "bridges": BRIDGES,
}


class CityJsonParams(Params):
    """What is taken from the files."""

    themes: tuple[Theme, ...] = tuple(_TABLES)
    """Objects wanted; leave out those that come from a better source."""
    must_find: tuple[Theme, ...] = ()
    """Themes of which the files must hold something; the source fails where they do not."""
    bridge_share: float = Field(default=0.8, gt=0, le=1)
    """A road lies on a bridge when bridges of the files cover this share of it."""


@paused_collector()
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
    if found.unread and found.is_empty():
        kinds = ", ".join(list(found.unread)[:8])
        ledger.note(
            "loss",
            f"{path.name} には {kinds} しかなく、読み込む形式はありません",
            f"{path.name} holds nothing but {kinds}, which are read by no format",
        )
    return found


def read(dataset: Dataset, params: CityJsonParams) -> Decoded:
    """Read buildings, roads, land, water, plants and bridges of CityJSON files.

    Parameters
    ----------
    dataset
        The files.
    params
        What is wanted.

    Raises
    ------
    SourceError
        If no file can be used, or a theme that must be found is not there.
    """
    ledger = Ledger()
    results = read_files(dataset, lambda path, own: _read_one(path, dataset, own), ledger)
    found = [result for _, result in results]
    wanted = {*params.themes, *params.must_find}
    buildings = [row for result in found for row in result.buildings]
    rows = without_duplicates(buildings if "buildings" in wanted else [], ledger)
    note_buildings(rows, ledger)
    crs = dataset.target_crs
    frames: dict[Theme, gpd.GeoDataFrame] = {
        "buildings": building_frame(rows, crs),
        **_areas(found, params, crs),
    }
    _check_found(dataset, params, frames)
    decoded = Decoded(
        tables={
            SURFACES: surface_frame(rows),
            **{
                table: frames[theme] if theme in wanted else frames[theme].iloc[:0]
                for theme, table in _TABLES.items()
                if theme not in _OFTEN_ABSENT or (theme in wanted and len(frames[theme]))
            },
        },
        rejects=ledger.all_rejects(),
        notes=tuple(ledger.notes),
    )
    return with_defects(decoded, crs, block_of_rows(rows))


def _areas(
    found: Sequence[Found], params: CityJsonParams, crs: str
) -> dict[Theme, gpd.GeoDataFrame]:
    bridges = [row for result in found for row in result.bridges]
    roads = [row for result in found for row in result.roads]
    lifts = lifted(roads, [row.geometry for row in bridges], params.bridge_share)
    return {
        "roads": road_frame(lifts, crs),
        "land_use": land_use_frame([row for result in found for row in result.parcels], crs),
        "water_bodies": theme_frame(WATER_BODIES, [r for one in found for r in one.waters], crs),
        "vegetation": theme_frame(VEGETATION, [r for one in found for r in one.plants], crs),
        "bridges": theme_frame(BRIDGES, bridges, crs),
    }


def _check_found(
    dataset: Dataset, params: CityJsonParams, frames: Mapping[Theme, gpd.GeoDataFrame]
) -> None:
    lacking = [theme for theme in params.must_find if not len(frames[theme])]
    if lacking:
        held = ", ".join(theme for theme, frame in frames.items() if len(frame)) or "nothing"
        raise SourceError(
            f"source {dataset.name!r} holds no {', '.join(lacking)} but {held}",
            source=", ".join(file.name for file in dataset.files[:3]),
            hint="check the path, or take the theme out of `must_find`",
        )


def _by_file(params: CityJsonParams) -> bool:
    """Bridges of one file lift the roads of all; what must be found may be in any file."""
    return "roads" not in params.themes and not params.must_find


FORMAT = Format(
    name="cityjson",
    title=text("CityJSON（都市モデル）", "CityJSON city models"),
    patterns=("*.city.json", "*.city.jsonl", "*.cityjson"),
    produces=(
        BUILDINGS,
        SURFACES,
        ROADS,
        LAND_USE,
        WATER_BODIES,
        VEGETATION,
        BRIDGES,
        DEFECTS,
    ),
    params=CityJsonParams,
    by_file=_by_file,
    read=read,
)

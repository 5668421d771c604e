"""The format ``citygml_roads``: road surfaces of CityGML transportation (PLATEAU ``tran``)."""

from __future__ import annotations

from dataclasses import dataclass, field

import shapely
from pydantic import Field

from citytwin.formats.city.decks import IN_TUNNEL, ON_BRIDGE, ON_GROUND, lifted
from citytwin.formats.city.frames import RoadRow, road_frame
from citytwin.formats.gml.areas import child_text, first_text
from citytwin.formats.gml.theme import Theme, ThemeFile, read_theme
from citytwin.formats.xml import Element, local_name
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import DEFECTS, ROADS
from citytwin.model.text import text

_THEME = Theme("道路", "roads")
_ROADS = ("Road", "Track", "Square", "TransportationComplex")
_WIDEST_M = 200.0


class RoadParams(Params):
    """How roads on bridges are told from roads on the ground."""

    bridge_share: float = Field(default=0.8, gt=0, le=1)
    """A road lies on a bridge when bridges among the files cover this share of it."""


@dataclass(eq=False)
class _Found:
    roads: list[RoadRow] = field(default_factory=list)
    decks: list[shapely.MultiPolygon] = field(default_factory=list)


def _features(of: ThemeFile) -> _Found:
    found = _Found()
    for feature in of.file.features((*_ROADS, "Bridge")):
        name = of.file.feature_id(feature)
        area = of.area(feature, name)
        if area is None:
            continue
        if local_name(feature) == "Bridge":
            found.decks.append(area)
        else:
            found.roads.append(_road(feature, name, area, of))
    return found


def _road(feature: Element, name: str, area: shapely.MultiPolygon, of: ThemeFile) -> RoadRow:
    return RoadRow(
        road_id=name,
        name=child_text(feature, "name")[0],
        function=of.child(feature, "function"),
        width_m=_width(first_text(feature, "width")[0]),
        level=_level(of.anywhere(feature, "sectionType") or ""),
        source=of.source,
        area=area,
    )


def _width(recorded: str | None) -> float | None:
    try:
        width = float(recorded or "")
    except ValueError:
        return None
    return width if 0.0 < width <= _WIDEST_M else None


def _level(section: str) -> int:
    if "橋" in section or "高架" in section:
        return ON_BRIDGE
    return IN_TUNNEL if "トンネル" in section else ON_GROUND


def read(dataset: Dataset, params: RoadParams) -> Decoded:
    """Read the roads of CityGML files; bridges among the files lift the roads on them.

    Heights are not used: LOD1 roads of PLATEAU lie at 0 or at heights of other origin.

    Parameters
    ----------
    dataset
        The files.
    params
        How bridges are recognised.

    Raises
    ------
    SourceError
        If no file can be used.
    """
    result = read_theme(dataset, _THEME, _features)
    roads = [road for _, found in result.files for road in found.roads]
    decks = [deck for _, found in result.files for deck in found.decks]
    frame = road_frame(lifted(roads, decks, params.bridge_share), dataset.target_crs)
    return result.decoded({ROADS: frame})


FORMAT = Format(
    name="citygml_roads",
    title=text("CityGML（道路）", "CityGML roads"),
    patterns=("*_tran_*.gml", "*_brid_*.gml"),
    produces=(ROADS, DEFECTS),
    params=RoadParams,
    code_lists=True,
    read=read,
)

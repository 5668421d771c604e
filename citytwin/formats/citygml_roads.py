"""The format ``citygml_roads``: road surfaces of CityGML transportation (PLATEAU ``tran``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import shapely
from pydantic import Field

from citytwin.formats.city.batch import read_files
from citytwin.formats.city.decks import IN_TUNNEL, ON_BRIDGE, ON_GROUND, lifted
from citytwin.formats.city.frames import RoadRow, road_frame
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.gml.areas import child_text, feature_area, first_text
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.formats.gml.document import GmlFile, read_gml
from citytwin.formats.xml import Element, local_name
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import ROADS
from citytwin.model.text import text

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


def _features(lists: CodeLists, file: GmlFile, ledger: Ledger) -> _Found:
    found = _Found()
    for feature in file.features((*_ROADS, "Bridge")):
        name = file.feature_id(feature)
        area = feature_area(feature, name, file, ledger)
        if area is None:
            continue
        if local_name(feature) == "Bridge":
            found.decks.append(area)
        else:
            found.roads.append(_road(feature, name, area, _Context(file, lists, ledger)))
    return found


@dataclass(frozen=True, eq=False)
class _Context:
    file: GmlFile
    lists: CodeLists
    ledger: Ledger

    def coded(self, code: str | None, element: Element | None) -> str | None:
        """Text of a code."""
        if code is None or element is None:
            return None
        return self.lists.text(code, element.get("codeSpace"), self.file.path, self.ledger)


def _road(feature: Element, name: str, area: shapely.MultiPolygon, context: _Context) -> RoadRow:
    section = context.coded(*first_text(feature, "sectionType"))
    return RoadRow(
        road_id=name,
        name=child_text(feature, "name")[0],
        function=context.coded(*child_text(feature, "function")),
        width_m=_width(first_text(feature, "width")[0]),
        level=_level(section or ""),
        source=context.file.path.name,
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
    lists = CodeLists(dataset.root)
    ledger = Ledger()

    def read_one(path: Path, own: Ledger) -> _Found:
        return read_gml(path, dataset, partial(_features, lists), own)

    found = [result for _, result in read_files(dataset, read_one, ledger)]
    roads = [road for result in found for road in result.roads]
    decks = [deck for result in found for deck in result.decks]
    frame = road_frame(lifted(roads, decks, params.bridge_share), dataset.target_crs)
    return Decoded({ROADS: frame}, rejects=ledger.all_rejects(), notes=tuple(ledger.notes))


FORMAT = Format(
    name="citygml_roads",
    title=text("CityGML（道路）", "CityGML roads"),
    patterns=("*_tran_*.gml", "*_brid_*.gml"),
    produces=(ROADS,),
    params=RoadParams,
    read=read,
)

"""The format ``citygml_zones``: zones of urban planning (PLATEAU ``urf``, i-UR of any version)."""

from __future__ import annotations

from citytwin.formats.city.recorded import recorded_measure, recorded_ratio
from citytwin.formats.city.theme_rows import ZoneRow
from citytwin.formats.gml.areas import child_text
from citytwin.formats.gml.document import is_urban_planning
from citytwin.formats.gml.theme import Theme, ThemeFile, theme_reader
from citytwin.formats.xml import Element, local_name
from citytwin.model.steps import Format, NoParams, always
from citytwin.model.tables import DEFECTS, ZONES
from citytwin.model.text import text

_THEME = Theme("都市計画の区域", "zones of urban planning")
_MOST_FLOOR_AREA = 20.0
_MOST_COVERAGE = 1.0
_TALLEST_M = 1000.0
_LARGEST_M2 = 1e7


def _rows(of: ThemeFile) -> list[ZoneRow]:
    rows: list[ZoneRow] = []
    for feature in of.file.members(is_urban_planning):
        name = of.file.feature_id(feature)
        area = of.area(feature, name)
        if area is None:
            continue
        code, element = _coded(feature)
        rows.append(
            ZoneRow(
                zone_id=name,
                kind=local_name(feature),
                name=of.child(feature, "name"),
                code=code,
                text=of.meaning(code, element),
                floor_area_ratio_max=_ratio(
                    feature, ("floorAreaRate", "maximumFloorAreaRate"), _MOST_FLOOR_AREA
                ),
                floor_area_ratio_min=_ratio(feature, ("minimumFloorAreaRate",), _MOST_FLOOR_AREA),
                building_coverage_ratio_max=_ratio(
                    feature, ("buildingCoverageRate", "maximumBuildingCoverageRate"), _MOST_COVERAGE
                ),
                building_height_max_m=_measure(feature, "maximumBuildingHeight", _TALLEST_M),
                building_height_min_m=_measure(feature, "minimumBuildingHeight", _TALLEST_M),
                building_area_min_m2=_measure(feature, "minimumBuildingArea", _LARGEST_M2),
                source=of.source,
                geometry=area,
            )
        )
    return rows


def _coded(feature: Element) -> tuple[str | None, Element | None]:
    """Function of a zone; versions before 2.0 say in the class what it is."""
    for name in ("function", "class", "usage"):
        code, element = child_text(feature, name)
        if code is not None:
            return code, element
    return None, None


def _ratio(feature: Element, names: tuple[str, ...], most: float) -> float | None:
    found = (recorded_ratio(child_text(feature, name)[0], most) for name in names)
    return next((value for value in found if value is not None), None)


def _measure(feature: Element, name: str, most: float) -> float | None:
    return recorded_measure(child_text(feature, name)[0], most)


FORMAT = Format(
    name="citygml_zones",
    title=text("CityGML（都市計画決定情報）", "CityGML urban planning zones"),
    patterns=("*_urf_*.gml",),
    produces=(ZONES, DEFECTS),
    params=NoParams,
    code_lists=True,
    by_file=always,
    read=theme_reader(_THEME, ZONES, _rows),
)

"""The format ``citygml_vegetation``: plant cover and single plants of CityGML (``veg``)."""

from __future__ import annotations

from citytwin.formats.city.recorded import recorded_measure
from citytwin.formats.city.theme_rows import (
    HIGHEST_PLANT_M,
    WIDEST_CROWN_M,
    PlantRow,
)
from citytwin.formats.gml.areas import child_text
from citytwin.formats.gml.points import feature_point
from citytwin.formats.gml.theme import Theme, ThemeFile, theme_reader
from citytwin.formats.xml import Element, local_name
from citytwin.model.steps import Format, NoParams, always
from citytwin.model.tables import DEFECTS, VEGETATION
from citytwin.model.text import text

_THEME = Theme("植生", "vegetation")


def _rows(of: ThemeFile) -> list[PlantRow]:
    found = of.file.features(("PlantCover", "SolitaryVegetationObject"))
    rows = (_row(feature, of.file.feature_id(feature), of) for feature in found)
    return [row for row in rows if row is not None]


def _row(feature: Element, name: str, of: ThemeFile) -> PlantRow | None:
    single = local_name(feature) == "SolitaryVegetationObject"
    if single:
        place = feature_point(feature, name, of.file, of.ledger)
    else:
        place = of.area(feature, name)
    if place is None:
        return None
    height, _ = child_text(feature, "height" if single else "averageHeight")
    return PlantRow(
        plant_id=name,
        kind="single" if single else "cover",
        plant_class=of.child(feature, "class"),
        species=of.child(feature, "species"),
        height_m=recorded_measure(height, HIGHEST_PLANT_M),
        crown_diameter_m=recorded_measure(child_text(feature, "crownDiameter")[0], WIDEST_CROWN_M),
        source=of.source,
        geometry=place,
    )


FORMAT = Format(
    name="citygml_vegetation",
    title=text("CityGML（植生）", "CityGML vegetation"),
    patterns=("*_veg_*.gml",),
    produces=(VEGETATION, DEFECTS),
    params=NoParams,
    code_lists=True,
    by_file=always,
    read=theme_reader(_THEME, VEGETATION, _rows),
)

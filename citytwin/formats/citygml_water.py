"""The format ``citygml_water``: bodies of water of CityGML (PLATEAU ``wtr``)."""

from __future__ import annotations

from citytwin.formats.city.theme_rows import WaterRow
from citytwin.formats.gml.inundation import inundation_kind
from citytwin.formats.gml.theme import Theme, ThemeFile, theme_reader
from citytwin.model.steps import Format, NoParams, always
from citytwin.model.tables import DEFECTS, WATER_BODIES
from citytwin.model.text import text

_THEME = Theme("水部", "bodies of water")


def _rows(of: ThemeFile) -> list[WaterRow]:
    rows: list[WaterRow] = []
    inundations = 0
    for feature in of.file.features(("WaterBody",)):
        if inundation_kind(feature, of.file.path) is not None:
            inundations += 1
            continue
        name = of.file.feature_id(feature)
        area = of.area(feature, name)
        if area is not None:
            rows.append(
                WaterRow(
                    water_id=name,
                    name=of.child(feature, "name"),
                    water_class=of.child(feature, "class"),
                    function=of.child(feature, "function"),
                    source=of.source,
                    geometry=area,
                )
            )
    if inundations:
        of.ledger.note(
            "loss",
            f"{of.source} の WaterBody {inundations} 件は浸水想定であり、水部として扱いません"
            "（形式 citygml_hazards で読み込めます）",
            f"{inundations} WaterBody of {of.source} are expected inundations, not water; "
            "the format citygml_hazards reads them",
        )
    return rows


FORMAT = Format(
    name="citygml_water",
    title=text("CityGML（水部）", "CityGML water bodies"),
    patterns=("*_wtr_*.gml",),
    produces=(WATER_BODIES, DEFECTS),
    params=NoParams,
    code_lists=True,
    by_file=always,
    read=theme_reader(_THEME, WATER_BODIES, _rows),
)

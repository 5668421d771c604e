"""The format ``citygml_bridges``: outlines and heights of the bridges of CityGML (``brid``).

Bridges are no ground and block no water: no grid is made from this table.
"""

from __future__ import annotations

from citytwin.formats.city.decks import ON_BRIDGE
from citytwin.formats.city.theme_rows import BridgeRow
from citytwin.formats.gml.theme import Theme, ThemeFile, theme_reader
from citytwin.model.steps import Format, NoParams, always
from citytwin.model.tables import BRIDGES, DEFECTS
from citytwin.model.text import text

_THEME = Theme("橋梁", "bridges")


def _rows(of: ThemeFile) -> list[BridgeRow]:
    rows: list[BridgeRow] = []
    for feature in of.file.features(("Bridge",)):
        name = of.file.feature_id(feature)
        outline = of.outline(feature, name)
        if outline is not None:
            rows.append(
                BridgeRow(
                    bridge_id=name,
                    name=of.child(feature, "name"),
                    bridge_class=of.child(feature, "class"),
                    function=of.child(feature, "function"),
                    level=ON_BRIDGE,
                    bottom_z_m=outline.bottom_m,
                    top_z_m=outline.top_m,
                    source=of.source,
                    geometry=outline.area,
                )
            )
    return rows


FORMAT = Format(
    name="citygml_bridges",
    title=text("CityGML（橋梁）", "CityGML bridges"),
    patterns=("*_brid_*.gml",),
    produces=(BRIDGES, DEFECTS),
    params=NoParams,
    code_lists=True,
    by_file=always,
    read=theme_reader(_THEME, BRIDGES, _rows),
)

"""Map of the walls whose windows reach the levels of a rule on sunlight."""

from __future__ import annotations

import geopandas as gpd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import LAJOLLA
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import WINDOW_SUN
from citytwin.model.text import text

_LEVELS = (
    (0, 1, text("どの水準にも達しない", "reaches no level")),
    (3, 2, text("第 1 水準に達する", "reaches the first level")),
    (5, 3, text("第 2 水準に達する", "reaches the second level")),
    (7, None, text("第 3 水準以上に達する", "reaches the third level or more")),
)
_COLUMNS = tuple(column for column in WINDOW_SUN.columns if column.kind != "floats")


def without_lists(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out the hours of single storeys, which a map cannot show.

    Parameters
    ----------
    rows
        Walls that were judged.
    """
    return rows[[column.name for column in _COLUMNS]]


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Dark where the lowest storey reaches no level."""
    return Style(
        kind="class",
        unit="",
        title=text("最下階が達する水準", "Level that the lowest storey reaches"),
        items=tuple(
            StyleItem(min=number, max=below, rgb=LAJOLLA[colour], label=label)
            for number, (colour, below, label) in enumerate(_LEVELS)
        ),
    )


LAYER = LayerRecipe(
    id="window_sun",
    order=83,
    group="sunlight",
    title=text("窓の日照（基準との比較）", "Sun at windows against a rule"),
    summary=text(
        "基準の日に、壁の各階の窓の位置へ直射日光が届く時間を、基準の水準と比べました（雲なし）。"
        "窓・部屋・住戸の位置は分からないため、適合の証明にはなりません。基準の名前と水準、"
        "未確認の点は注記と規則ファイルにあります。",
        "Hours of direct sun at the place of a window of each storey of each wall on the day of a"
        " rule, against its levels, under a clear sky. Real windows, rooms and dwellings are not"
        " known, so this proves no compliance. Notes name the rule and its levels.",
    ),
    view=VectorView(
        table=WINDOW_SUN,
        id_column="facade_id",
        style_column="levels_lowest",
        attributes=(
            Attribute(
                "levels_lowest",
                text("最下階が達する水準", "Levels reached, lowest storey"),
                1,
                values=tuple(
                    (str(n), text(f"{n} 段階", f"{n}") if n else text("なし", "none"))
                    for n in range(10)
                ),
            ),
            Attribute("hours_lowest", text("最下階の日照時間", "Hours, lowest storey"), 0.1),
            Attribute("hours_highest", text("最上階の日照時間", "Hours, highest storey"), 0.1),
            Attribute(
                "storeys_reaching",
                text("第 1 水準に達する階の数", "Storeys that reach the first level"),
                1,
            ),
            Attribute("storeys", text("評価した階の数", "Storeys judged"), 1),
            Attribute("azimuth_deg", text("壁の向き（真北から時計回り）", "Faces (from north)"), 1),
            Attribute("length_m", text("壁の長さ", "Length"), 0.1),
            Attribute("rule", text("基準", "Rule")),
            Attribute("building_id", text("建物", "Building")),
        ),
        derived=Derived(columns=_COLUMNS, make=without_lists),
    ),
    style=style,
    moment="day",
)

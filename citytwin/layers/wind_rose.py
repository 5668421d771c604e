"""Map of the wind rose of the record."""

from __future__ import annotations

from citytwin.model.layer import Attribute, Style, ValueRange, VectorView
from citytwin.model.palettes import LAJOLLA, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.tables import WIND_ROSE
from citytwin.model.text import text
from citytwin.model.wind_rose import SPEEDS_M_S

_CIRCLE = text("頻度の目盛（円）", "circle of equal frequency")


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Speed classes; circles have none, and are grey."""
    return Style(
        kind="class",
        unit="m/s",
        title=text("風速", "Wind speed"),
        items=bins(SPEEDS_M_S, spread(LAJOLLA[6:0:-1], len(SPEEDS_M_S)), "m/s"),
    )


LAYER = LayerRecipe(
    id="wind_rose",
    order=49.7,
    group="wind",
    title=text("風配図", "Wind rose"),
    summary=text(
        "風環境の計算に使う観測記録の風を、吹いてくる方角（真北基準）と風速で数えました。花びらの長さは全時刻に占める頻度、"
        "灰色の円はその目盛です。計算範囲の南西の隅に描き、位置に意味はありません。風速は観測所の風速計の高さの値です。",
        "Winds of the record that the wind maps stand on, by where they come from (true north) and how strong they are:"
        " the length of a petal is its share of all times, grey circles are the scale. Drawn in the south-western corner;"
        " its place means nothing. Speeds are those at the anemometer, not in the streets.",
    ),
    view=VectorView(
        table=WIND_ROSE,
        id_column="part_id",
        style_column="speed_from_m_s",
        attributes=(
            Attribute("frequency_percent", text("頻度", "Share of all times"), 0.1),
            Attribute("from_deg", text("吹いてくる方角", "Wind from"), 0.1),
            Attribute("speed_from_m_s", text("風速（以上）", "Speed from"), 0.1),
            Attribute("speed_to_m_s", text("風速（未満）", "Speed below"), 0.1),
            Attribute(
                "kind",
                text("種別", "Part"),
                values=(
                    ("petal", text("風向と風速の階級", "direction and class of speed")),
                    ("circle", _CIRCLE),
                ),
            ),
        ),
    ),
    style=style,
    simulation=False,
)

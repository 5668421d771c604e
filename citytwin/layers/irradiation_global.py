"""Map of the solar irradiation."""

from __future__ import annotations

from citytwin.model.fields import IRRADIATION_GLOBAL
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import LAJOLLA, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins, round_edges
from citytwin.model.text import text

_MOST_EDGES = 12
"""Even steps: on open ground irradiation varies by a few per cent only, which is no pattern."""


def style(values: ValueRange) -> Style:
    """Classes of round numbers that follow the data: a day and a year differ a hundredfold."""
    edges = round_edges(values, _MOST_EDGES)
    return Style(
        kind="class",
        unit="kWh/m2",
        title=text("日射量", "Solar irradiation"),
        items=bins(edges, spread(LAJOLLA, len(edges) + 1), "kWh/m2", open_below=True),
    )


LAYER = LayerRecipe(
    id="irradiation_global",
    order=32,
    group="sunlight",
    title=text("日射量", "Solar irradiation"),
    summary=text(
        "雲がないとした場合に、直達光と天空光として地面や屋根に届く日射の合計です。"
        "建物と地形の影を計算していますが、樹木、雲、反射光は含まないため、実際の発電量の見積りには"
        "地域の日照率などによる補正が必要です。",
        "Light of sun and sky that would reach ground and roofs under a clear sky. Shadows of"
        " buildings and terrain are computed; trees, clouds and reflected light are not, so real"
        " yields are lower by the share of cloudy hours.",
    ),
    view=RasterView(IRRADIATION_GLOBAL),
    style=style,
    moment="begin",
)

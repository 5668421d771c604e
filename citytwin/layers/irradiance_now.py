"""Map of the irradiance of the moment."""

from __future__ import annotations

from citytwin.model.fields import IRRADIANCE_NOW
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import LAJOLLA
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 50.0, 100.0, 200.0, 300.0, 450.0, 600.0, 800.0, 1000.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes at any hour
    """Nine classes of irradiance, narrow where clouds or shade leave little."""
    return Style(
        kind="class",
        unit="W/m2",
        title=text("現在の日射の強さ", "Irradiance now"),
        items=bins(_EDGES, LAJOLLA, "W/m2"),
    )


LAYER = LayerRecipe(
    id="irradiance_now",
    order=33.5,
    group="sunlight",
    title=text("現在の日射の強さ", "Irradiance now"),
    summary=text(
        "最新の観測（全天日射量、日照時間または雲量）による空の下で、直達光・天空光・地面の反射光として"
        "いま地面や屋根に届いている日射です。都市全体に一つの観測所の空を使い、建物・地形・樹木（データがある場合）の影を計算しています。"
        "壁の反射と雲の位置は含みません。",
        "Light of sun, sky and ground that reaches ground and roofs now, under the sky that one"
        " sensor observed last (radiation, sunshine or clouds). Shadows of buildings, terrain"
        " and trees (where known) are computed; light reflected by walls, and where clouds stand,"
        " are not.",
    ),
    view=RasterView(IRRADIANCE_NOW),
    style=style,
)

"""Map of the probable irradiation: what came through the clouds that were observed."""

from __future__ import annotations

from citytwin.model.fields import IRRADIATION_PROBABLE_GLOBAL
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import LAJOLLA
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import round_classes
from citytwin.model.text import text

TITLE = text("実際の日射量（観測された空）", "Probable irradiation (observed sky)")


def style(values: ValueRange) -> Style:
    """Even steps: on open ground irradiation varies by a few per cent only, which is no pattern."""
    return round_classes(values, LAJOLLA, "kWh/m2", TITLE)


LAYER = LayerRecipe(
    id="irradiation_probable_global",
    order=33,
    group="sunlight",
    title=TITLE,
    summary=text(
        "気象観測（全天日射量、日照時間または雲量）から求めた実際の空の下で、直達光・天空光・地面の反射光として"
        "地面や屋根に届いた日射の合計です。都市全体に一つの観測所の空を使い、建物・地形・樹木（データがある場合）の影を計算しています。"
        "壁の反射は含みません。",
        "Light of sun, sky and ground that reached ground and roofs under the sky that one sensor"
        " observed (radiation, sunshine or clouds). Shadows of buildings, terrain"
        " and trees (where known) are computed; light reflected by walls is not.",
    ),
    view=RasterView(IRRADIATION_PROBABLE_GLOBAL),
    style=style,
    moment="begin",
)

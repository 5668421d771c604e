"""Map of the possible irradiation: what a clear sky would send."""

from __future__ import annotations

from citytwin.model.fields import IRRADIATION_GLOBAL
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import LAJOLLA
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import round_classes
from citytwin.model.text import text

TITLE = text("可能日射量（快晴時）", "Possible irradiation (clear sky)")


def style(values: ValueRange) -> Style:
    """Even steps: on open ground irradiation varies by a few per cent only, which is no pattern."""
    return round_classes(values, LAJOLLA, "kWh/m2", TITLE)


LAYER = LayerRecipe(
    id="irradiation_global",
    order=32,
    group="sunlight",
    title=TITLE,
    summary=text(
        "期間を通して雲がないとした場合に、直達光・天空光・地面の反射光として地面や屋根に届く日射の合計で、"
        "晴天が続いたときの上限です。建物・地形・樹木（データがある場合）の影を計算し、壁の反射は含みません。"
        "実際の空の下での値は「実際の日射量」をご覧ください。",
        "Light of sun, sky and ground that would reach ground and roofs if no cloud came in all the"
        " span: an upper bound. Shadows of buildings, terrain and trees (where known) are"
        " computed; light reflected by walls is not. For the sky as it was see the probable irradiation.",
    ),
    view=RasterView(IRRADIATION_GLOBAL),
    style=style,
    moment="begin",
)

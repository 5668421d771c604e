"""Map of the mean wind speed ratio."""

from __future__ import annotations

from citytwin.model.fields import WIND_SPEED_RATIO
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import SPEED
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_RATIOS = (0.0, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9)
"""Narrow where the proxy lies between buildings; it ends at 1, so ground in the open, exactly 1,
shares its class with what is nearly open."""


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes from calm to the undisturbed speed."""
    return Style(
        kind="class",
        unit="1",
        title=text("風速比", "Mean wind speed ratio"),
        items=bins(_RATIOS, SPEED[:9], "1"),
    )


LAYER = LayerRecipe(
    id="wind_speed_ratio",
    order=50,
    group="wind",
    title=text("風速比", "Mean wind speed ratio"),
    summary=text(
        "歩行者の高さの風速を、開けた場所の同じ高さの風速で割った値です。"
        "観測された風向ごとの風程（頻度×平均風速、静穏を除く）で重み付けして平均しています"
        "（1 で開けた場所と同じ、小さいほど弱い）。"
        "建物の並びによる遮蔽の目安で、誤差は ±0.24 程度、1 を超える値は計算されません。"
        "ビル風（角や高層棟の足元の強風）は表せないため、風害の判定には使えません。",
        "Wind speed at pedestrian height divided by that in the open at the same height, averaged"
        " over the recorded directions by the run of wind from each (frequency times mean speed,"
        " without calms); 1 = as in the open, less = sheltered. "
        "It is an indicator of shelter between buildings, uncertain by about ±0.24, and cannot"
        " exceed 1: strong winds at corners and below towers are outside it, so it cannot clear a place of wind nuisance.",
    ),
    view=RasterView(WIND_SPEED_RATIO, blank=BUILDING),
    style=style,
)

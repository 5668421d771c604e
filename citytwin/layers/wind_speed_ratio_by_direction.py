"""Map of the wind speed ratio for each direction of the wind."""

from __future__ import annotations

from citytwin.model.fields import WIND_SPEED_RATIO_BY_DIRECTION
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import SPEED
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_RATIOS = (0.0, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes from calm to the undisturbed speed."""
    return Style(
        kind="class",
        unit="1",
        title=text("風速比", "Wind speed ratio"),
        items=bins(_RATIOS, SPEED[:9], "1"),
    )


LAYER = LayerRecipe(
    id="wind_speed_ratio_by_direction",
    order=49,
    group="wind",
    title=text("風向別の風速比", "Wind speed ratio by direction"),
    summary=text(
        "風向ごとに、歩行者の高さの風速を開けた場所の同じ高さの風速で割った値です。スライダーで風向を選びます。"
        "建物の並びによる遮蔽の目安で、誤差は ±0.24 程度、1 を超える値（ビル風）は計算されません。",
        "Wind speed at pedestrian height divided by that in the open at the same height, for winds"
        " from each side; the slider chooses the direction. "
        "It is an indicator of shelter between buildings, uncertain by about ±0.24, and cannot"
        " exceed 1: strong winds at corners and below towers are outside it.",
    ),
    view=RasterView(WIND_SPEED_RATIO_BY_DIRECTION, blank=BUILDING),
    style=style,
)

"""Map of the wind speed ratio for each direction, by a flow."""

from __future__ import annotations

from citytwin.model.fields import WIND_SPEED_RATIO_OF_FLOW
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import ratio_style


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes from calm to the strong winds beside towers."""
    return ratio_style()


LAYER = LayerRecipe(
    id="wind_speed_ratio_of_flow",
    order=49.5,
    group="wind",
    title=text("風の流れによる風速比", "Wind speed ratio by flow"),
    summary=text(
        "風向ごとに建物まわりの流れを計算し、歩行者の高さの風速（乱れを含む）を開けた場所の同じ高さの風速で割った値です。"
        "スライダーで風向を選びます。1 を超える所はビル風です。市街地の風洞実験との誤差は ±0.15 程度です。",
        "Wind speed with its turbulence where people walk, divided by that in the open at the same height,"
        " from a flow solved around the buildings for winds from each side; the slider chooses the direction."
        " Above 1 the buildings make the wind stronger. Off by about ±0.15 in a town measured in a wind tunnel.",
    ),
    view=RasterView(WIND_SPEED_RATIO_OF_FLOW, blank=BUILDING),
    style=style,
)

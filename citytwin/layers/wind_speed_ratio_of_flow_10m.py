"""Map of the wind speed ratio 10 m above ground for each direction, by a flow."""

from __future__ import annotations

from citytwin.model.fields import WIND_SPEED_RATIO_OF_FLOW_10M
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import ratio_style


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes from calm to the strong winds beside towers."""
    return ratio_style()


LAYER = LayerRecipe(
    id="wind_speed_ratio_of_flow_10m",
    order=49.54,
    group="wind",
    title=text("風の流れによる風速比（地上 10 m）", "Wind speed ratio by flow, 10 m above ground"),
    summary=text(
        "風向ごとに計算した建物まわりの流れによる、地上 10 m の風速（乱れを含む）を開けた場所の同じ高さの風速で割った値です。"
        "スライダーで風向を選びます。建物の上は示しません。",
        "Wind speed with its turbulence 10 m above ground, divided by that in the open at the same height,"
        " from a flow solved around the buildings for winds from each side; the slider chooses the direction."
        " Nothing is shown over buildings.",
    ),
    view=RasterView(WIND_SPEED_RATIO_OF_FLOW_10M, blank=BUILDING),
    style=style,
)

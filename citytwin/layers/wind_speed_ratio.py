"""Map of the mean wind speed ratio."""

from __future__ import annotations

from citytwin.model.fields import WIND_SPEED_RATIO
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import SPEED
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_RATIOS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Ten classes from calm to twice the undisturbed speed."""
    return Style(
        kind="class",
        unit="1",
        title=text("風速比", "Mean wind speed ratio"),
        items=bins(_RATIOS, SPEED, "1"),
    )


LAYER = LayerRecipe(
    id="wind_speed_ratio",
    order=50,
    group="wind",
    title=text("風速比", "Mean wind speed ratio"),
    summary=text(
        "地上付近の風速を、建物がない場合の風速で割った値の平均です（1 で同じ、小さいほど弱い）。"
        "建物の配置を比べるための計算で、突風や個々の場所の風速を保証するものではありません。",
        "Mean of the wind speed near the ground divided by the speed without the city"
        " (1 = the same, less = sheltered). "
        "It serves to compare places and designs; it promises no gust and no single reading.",
    ),
    view=RasterView(WIND_SPEED_RATIO),
    style=style,
)

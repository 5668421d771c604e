"""Map of gusts for each direction of the wind, by a flow."""

from __future__ import annotations

from citytwin.model.fields import WIND_GUST_RATIO_OF_FLOW
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import SPEED
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_RATIOS = (0.0, 0.5, 0.8, 1.1, 1.4, 1.7, 2.0, 2.3, 2.6)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes; gusts of open land lie in the sixth."""
    return Style(
        kind="class",
        unit="1",
        title=text("突風の比（平均風速に対する）", "Gust over the mean wind in the open"),
        items=bins(_RATIOS, SPEED[:9], "1"),
    )


LAYER = LayerRecipe(
    id="wind_gust_ratio_of_flow",
    order=49.55,
    group="wind",
    title=text("突風の比（風向別）", "Gusts by direction, by flow"),
    summary=text(
        "歩行者の高さの突風（2〜3 秒）を、開けた場所の同じ高さの平均風速で割った値です。スライダーで風向を選びます。"
        "流れの計算による平均風速に、乱れの標準偏差の 3.5 倍を加えています。郊外の開けた場所でも 1.9 程度になります。",
        "Gust of two or three seconds where people walk, divided by the mean wind in the open at the same height; the"
        " slider chooses the direction. It is the mean wind of the flow plus 3.5 standard deviations by its turbulence."
        " In open suburbs it is about 1.9 as well.",
    ),
    view=RasterView(WIND_GUST_RATIO_OF_FLOW, blank=BUILDING),
    style=style,
)

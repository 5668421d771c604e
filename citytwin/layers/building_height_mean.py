"""Map of the mean height of buildings."""

from __future__ import annotations

from citytwin.model.fields import BUILDING_HEIGHT_MEAN
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import ACTON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 5.0, 8.0, 12.0, 18.0, 30.0, 60.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes, from single houses to towers."""
    return Style(
        kind="class",
        unit="m",
        title=text("建物の平均高さ（面積加重）", "Mean height of buildings"),
        items=bins(_EDGES, ACTON, "m"),
    )


LAYER = LayerRecipe(
    id="building_height_mean",
    order=42,
    group="wind",
    title=text("建物の平均高さ（面積加重）", "Mean height of buildings"),
    summary=text(
        "まわり（標準 500 m 四方）の建物の高さを、建築面積で重み付けして平均した値です。"
        "ばらつきと最大値は別のレイヤにあり、粗度長の算定に使われます。",
        "Heights of the buildings around each place (500 m by 500 m by default), averaged by plan area. "
        "Their deviation and maximum are layers of their own; the roughness length follows from the three.",
    ),
    view=RasterView(BUILDING_HEIGHT_MEAN),
    style=style,
)

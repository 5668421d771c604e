"""Map of how uneven the heights of buildings are."""

from __future__ import annotations

from citytwin.model.fields import BUILDING_HEIGHT_DEVIATION
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import ACTON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes, from terraces of one height to towers among houses."""
    return Style(
        kind="class",
        unit="m",
        title=text(
            "建物の高さのばらつき（標準偏差）", "Standard deviation of the height of buildings"
        ),
        items=bins(_EDGES, ACTON, "m"),
    )


LAYER = LayerRecipe(
    id="building_height_deviation",
    order=42.3,
    group="wind",
    title=text("建物の高さのばらつき（標準偏差）", "Standard deviation of the height of buildings"),
    summary=text(
        "まわり（標準 500 m 四方）の建物の高さの標準偏差（建築面積で重み付け）です。大きいほど高さが不ぞろいで、風の乱れや上空への抵抗が増します。",
        "Standard deviation, weighted by plan area, of the heights of the buildings around each place (500 m by"
        " 500 m by default). The larger, the more uneven the roofs and the rougher the town for the wind.",
    ),
    view=RasterView(BUILDING_HEIGHT_DEVIATION),
    style=style,
)

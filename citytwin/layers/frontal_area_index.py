"""Map of the frontal area index.

It has no part in the wind speed ratio: fitted in one town it makes the ratio worse in another (RMSE
0.222 instead of 0.210 and 0.303 instead of 0.261, see `citytwin.kernels.wind_proxy`).
"""

from __future__ import annotations

from citytwin.model.fields import FRONTAL_AREA
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import ACTON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.7)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes, finer where the index is small: there the wind is most sensitive to it."""
    return Style(
        kind="class",
        unit="1",
        title=text("見付面積比", "Frontal area index"),
        items=bins(_EDGES, ACTON, "1"),
    )


LAYER = LayerRecipe(
    id="frontal_area_index",
    order=40,
    group="wind",
    title=text("見付面積比", "Frontal area index"),
    summary=text(
        "風を受ける建物の壁の面積を土地の面積で割った値を、大きなマス目ごとに示します。"
        "観測された風向ごとの風程（頻度×平均風速、静穏を除く）で重み付けして平均しており、大きいほど風通しが妨げられます。"
        "建物の形だけから求めた目安であり、風速そのものではありません。",
        "Area of walls that face the wind per area of ground, on coarse cells and averaged over"
        " the recorded directions by the run of wind from each (frequency times mean speed, without"
        " calms); the larger, the more the buildings hold the wind back. "
        "It follows from the shape of the city alone and is an indicator, not a wind speed.",
    ),
    view=RasterView(FRONTAL_AREA),
    style=style,
)

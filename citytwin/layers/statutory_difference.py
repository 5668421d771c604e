"""Map of how much deeper the computed flood is than the statutory inundation map."""

from __future__ import annotations

from citytwin.model.fields import STATUTORY_DIFFERENCE
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import DIFFERENCE
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES_M = (-3.0, -1.0, -0.3, 0.3, 1.0, 3.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes around zero: computed shallower in blue, deeper in red."""
    return Style(
        kind="class",
        unit="m",
        title=text("水深の差（計算 − 法定）", "Depth, computed less statutory"),
        items=bins(_EDGES_M, DIFFERENCE, "m", open_below=True),
    )


LAYER = LayerRecipe(
    id="statutory_difference",
    order=69.5,
    group="flood",
    title=text("計算と法定の浸水想定の水深の差", "Depth difference from the statutory map"),
    summary=text(
        "この計算の最大浸水深から、公表された浸水想定区域図の水深を引いた値です。"
        "どちらも浸水しない所と建物は示しません。",
        "Largest depth of the flood computed here less that of the published inundation map. "
        "Ground that is dry in both, and buildings, are left out.",
    ),
    view=RasterView(STATUTORY_DIFFERENCE),
    style=style,
    conditions=("flood_depth_max",),
)

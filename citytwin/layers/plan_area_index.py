"""Map of the plan area index."""

from __future__ import annotations

from citytwin.model.fields import PLAN_AREA
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import ACTON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes; the formulae for roughness hold from 0.05 to 0.5."""
    return Style(
        kind="class",
        unit="1",
        title=text("建物が占める面積の割合", "Plan area index"),
        items=bins(_EDGES, ACTON, "1"),
    )


LAYER = LayerRecipe(
    id="plan_area_index",
    order=41,
    group="wind",
    title=text("建物が占める面積の割合", "Plan area index"),
    summary=text(
        "まわり（標準 500 m 四方）の土地のうち建物に覆われる割合です。"
        "建物の形だけから求めた値で、風の計算の前提になります。",
        "Share of the ground around each place (500 m by 500 m by default) that lies under buildings. "
        "It follows from the shape of the city alone; methods for the wind start from it.",
    ),
    view=RasterView(PLAN_AREA),
    style=style,
)

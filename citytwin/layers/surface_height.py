"""Map of the surface with buildings."""

from __future__ import annotations

from citytwin.model.fields import SURFACE_HEIGHT
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import NUUK, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins, telling_edges
from citytwin.model.text import text

_MOST_EDGES = 8


def style(values: ValueRange) -> Style:
    """Ramp over the heights that the city has; high roofs are light.

    The palette begins where its blue ends: land must not look like water.
    """
    edges = telling_edges(values, _MOST_EDGES)
    colours = spread(NUUK[3:], len(edges) + 1)
    return Style(
        kind="ramp",
        unit="m",
        title=text("地表面の高さ（建物を含む）", "Height of the surface with buildings"),
        items=bins(edges, colours, "m", open_below=True),
    )


LAYER = LayerRecipe(
    id="surface_height",
    order=20,
    group="base",
    title=text("地表面の高さ（建物を含む）", "Height of the surface with buildings"),
    summary=text(
        "地面と建物の屋根の高さ（標高）で、日照と風の計算に使う形です。"
        "樹木は含まれず、塀・高架橋は元データにない限り含まれません。",
        "Height of ground and roofs above the vertical datum: the shape that sunlight and wind"
        " are computed on. "
        "Trees are no part of it, nor are fences and elevated roads unless the sources hold them.",
    ),
    view=RasterView(SURFACE_HEIGHT),
    style=style,
    simulation=False,
)

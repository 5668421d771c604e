"""Map of the ground level."""

from __future__ import annotations

from citytwin.model.fields import TERRAIN
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import BAMAKO, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins, telling_edges
from citytwin.model.text import text

_MOST_EDGES = 8


def style(values: ValueRange) -> Style:
    """Ramp over the heights that the city has; low ground is dark green.

    The palette begins where its blue ends: land must not look like water.
    """
    edges = telling_edges(values, _MOST_EDGES)
    colours = spread(BAMAKO[2:], len(edges) + 1)
    return Style(
        kind="ramp",
        unit="m",
        title=text("地盤高", "Ground level"),
        items=bins(edges, colours, "m", open_below=True),
    )


LAYER = LayerRecipe(
    id="terrain",
    order=10,
    group="base",
    title=text("地盤高", "Ground level"),
    summary=text(
        "建物を除いた地面の高さ（標高）です。"
        "測定値のない所は周囲から補間または推定しており、その割合は数値に、場所は「地盤高の出所」に示します。",
        "Height of the bare ground above the vertical datum, without buildings. "
        "Where it was not measured it is filled in or estimated: the figures say how much, the"
        " layer on the source of the ground level says where.",
    ),
    view=RasterView(TERRAIN),
    style=style,
    simulation=False,
)

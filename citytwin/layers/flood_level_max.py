"""Map of the highest water level."""

from __future__ import annotations

from citytwin.model.fields import FLOOD_LEVEL_MAX
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import OSLO, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins, telling_edges
from citytwin.model.text import text

_MOST_EDGES = 8


def style(values: ValueRange) -> Style:
    """Ramp over the levels that the flood has."""
    edges = telling_edges(values, _MOST_EDGES)
    return Style(
        kind="ramp",
        unit="m",
        title=text("最高水位", "Highest water level"),
        items=bins(edges, spread(OSLO, len(edges) + 1), "m", open_below=True),
    )


LAYER = LayerRecipe(
    id="flood_level_max",
    order=67,
    group="flood",
    title=text("最高水位", "Highest water level"),
    summary=text(
        "計算期間中の水面の最も高い標高です（最大水深 5 cm 未満の所は除きます）。"
        "建物の床の高さや止水板の高さと比べるときに使います。",
        "Highest level of the water surface above the vertical datum during the event, where 5 cm"
        " or more came to stand. "
        "It is what floor levels and flood gates are compared with.",
    ),
    view=RasterView(FLOOD_LEVEL_MAX, coarsening="max", blank=BUILDING),
    style=style,
    moment="begin",
)

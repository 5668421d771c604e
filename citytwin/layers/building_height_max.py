"""Map of the greatest height of buildings."""

from __future__ import annotations

from citytwin.model.fields import BUILDING_HEIGHT_MAX
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import ACTON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 8.0, 15.0, 30.0, 60.0, 100.0, 200.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes, from low houses to towers."""
    return Style(
        kind="class",
        unit="m",
        title=text("まわりで最も高い建物の高さ", "Greatest height of buildings around"),
        items=bins(_EDGES, ACTON, "m"),
    )


LAYER = LayerRecipe(
    id="building_height_max",
    order=42.6,
    group="wind",
    title=text("まわりで最も高い建物の高さ", "Greatest height of buildings around"),
    summary=text(
        "まわり（標準 500 m 四方）で最も高い建物の高さです。高い建物の足元では上空の強い風が地上に届くことがあります。",
        "Height of the tallest building around each place (500 m by 500 m by default). A tall one can bring the"
        " stronger wind of its height down to the street.",
    ),
    view=RasterView(BUILDING_HEIGHT_MAX),
    style=style,
)

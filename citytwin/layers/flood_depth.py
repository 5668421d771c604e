"""Map of the flood depth from moment to moment, in the colours of Japanese hazard maps."""

from __future__ import annotations

from citytwin.model.depth_ranks import depth_ranks
from citytwin.model.fields import FLOOD_DEPTH
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the ranks are a standard
    """Six ranks of the hazard map guidance; a film of rain is not drawn."""
    return depth_ranks(text("浸水深", "Flood depth"))


LAYER = LayerRecipe(
    id="flood_depth",
    order=59,
    group="flood",
    title=text("浸水深の変化", "Flood depth over time"),
    summary=text(
        "想定した雨や流入で、表示している時刻に溜まっている水の深さです。"
        "条件は注記のとおりで、下水道の詳細・地下・破堤位置の不確かさは含みません。"
        "避難の判断には自治体の公式ハザードマップを使ってください。",
        "Depth of water at the moment shown during the computed event of rain and inflow. "
        "The notes name the event; sewers in detail, basements and the chance of other events"
        " are not in it. For evacuation use the official hazard map.",
    ),
    view=RasterView(FLOOD_DEPTH, coarsening="max", class_outlines=True, blank=BUILDING),
    style=style,
)

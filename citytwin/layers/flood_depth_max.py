"""Map of the largest flood depth, in the colours of Japanese hazard maps."""

from __future__ import annotations

from citytwin.model.depth_ranks import depth_ranks
from citytwin.model.fields import FLOOD_DEPTH_MAX
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the ranks are a standard
    """Six ranks of the hazard map guidance; a film of rain is not drawn."""
    return depth_ranks(text("最大浸水深", "Maximum flood depth"))


LAYER = LayerRecipe(
    id="flood_depth_max",
    order=60,
    group="flood",
    title=text("最大浸水深", "Maximum flood depth"),
    summary=text(
        "想定した雨や流入で、計算期間中に最も深くなったときの水の深さです。"
        "条件は注記のとおりで、下水道の詳細・地下・破堤位置の不確かさは含みません。"
        "避難の判断には自治体の公式ハザードマップを使ってください。",
        "Greatest depth of water during the computed event of rain and inflow. "
        "The notes name the event; sewers in detail, basements and the chance of other events"
        " are not in it. For evacuation use the official hazard map.",
    ),
    view=RasterView(FLOOD_DEPTH_MAX, coarsening="max", class_outlines=True, blank=BUILDING),
    style=style,
    visible=True,
    moment="begin",
)

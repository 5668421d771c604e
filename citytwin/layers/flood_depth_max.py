"""Map of the largest flood depth, in the colours of Japanese hazard maps."""

from __future__ import annotations

from citytwin.model.fields import FLOOD_DEPTH_MAX
from citytwin.model.layer import BUILDING, RasterView, Style, StyleItem, ValueRange
from citytwin.model.palettes import FLOOD_RANKS, WHITE
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text

DRY_M = 0.05
"""Less water than this is not drawn [m]: rain runs off everywhere as a film of a few cm."""
_RANKS = (
    (DRY_M, 0.5, text("0.05 – 0.5 m（1階床下）", "0.05 – 0.5 m (below the ground floor)")),
    (0.5, 3.0, text("0.5 – 3 m（1階床上〜軒下）", "0.5 – 3 m (ground floor)")),
    (3.0, 5.0, text("3 – 5 m（2階床上〜軒下）", "3 – 5 m (upper floor)")),
    (5.0, 10.0, text("5 – 10 m（2階屋根以上）", "5 – 10 m (above two storeys)")),
    (10.0, 20.0, text("10 – 20 m", "10 – 20 m")),
    (20.0, None, text("20 m 以上", "20 m or more")),
)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the ranks are a standard
    """Six ranks of the hazard map guidance; a film of rain is not drawn."""
    dry = StyleItem(
        min=None, max=DRY_M, rgb=WHITE, label=text("0.05 m 未満", "under 0.05 m"), transparent=True
    )
    ranks = [
        StyleItem(min=low, max=high, rgb=rgb, label=label)
        for (low, high, label), rgb in zip(_RANKS, FLOOD_RANKS, strict=True)
    ]
    return Style(
        kind="class",
        unit="m",
        title=text("最大浸水深", "Maximum flood depth"),
        items=(dry, *ranks),
    )


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

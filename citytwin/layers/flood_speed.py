"""Map of the speed of the flood from moment to moment, in the classes of the highest speed."""

from __future__ import annotations

from citytwin.model.fields import FLOOD_SPEED
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.speed_classes import speed_classes
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes; water that hardly moves is not drawn."""
    return speed_classes(text("流速", "Flow speed"))


LAYER = LayerRecipe(
    id="flood_speed",
    order=59.5,
    group="flood",
    title=text("流速の変化", "Flow speed over time"),
    summary=text(
        "想定した雨や流入で、表示している時刻に水が流れている速さです（その時刻の水深が 5 cm 未満の所は流れなしとします）。"
        "膝程度の水深でも速い流れでは歩けません。メッシュ内の平均であり、側溝や建物の隅の局所的な速さは表しません。"
        "避難の判断には自治体の公式ハザードマップを使ってください。",
        "Speed of the water at the moment shown during the computed event, where it stands 5 cm or more"
        " at that moment; fast water is dangerous even when it is knee-deep. It is a mean over each"
        " cell: gutters and corners can be faster. For evacuation use the official hazard map.",
    ),
    view=RasterView(FLOOD_SPEED, coarsening="max", blank=BUILDING),
    style=style,
)

"""Map of the highest flow speed."""

from __future__ import annotations

from citytwin.model.fields import FLOOD_SPEED_MAX
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.speed_classes import speed_classes
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes; water that hardly moves is not drawn."""
    return speed_classes(text("最大流速", "Maximum flow speed"))


LAYER = LayerRecipe(
    id="flood_speed_max",
    order=61,
    group="flood",
    title=text("最大流速", "Maximum flow speed"),
    summary=text(
        "計算期間中の水の流れの最大の速さです（最大水深 5 cm 未満の所は流れなしとします）。膝程度の水深でも速い流れでは歩けません。"
        "メッシュ内の平均であり、側溝や建物の隅の局所的な速さは表しません。",
        "Highest speed of the water during the computed event, where it came to stand 5 cm or more; fast water is dangerous even"
        " when it is knee-deep. "
        "It is a mean over each cell: gutters and corners can be faster.",
    ),
    view=RasterView(FLOOD_SPEED_MAX, coarsening="max", blank=BUILDING),
    style=style,
    moment="begin",
)

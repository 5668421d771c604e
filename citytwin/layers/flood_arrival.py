"""Map of the time until flooding begins."""

from __future__ import annotations

from citytwin.model.fields import FLOOD_ARRIVAL
from citytwin.model.layer import BUILDING, RasterView, Style, StyleItem, ValueRange
from citytwin.model.palettes import BILBAO, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import Text, text

_CLASSES: tuple[tuple[float, float | None, Text], ...] = (
    (0.0, 10.0, text("10 分未満", "within 10 min")),
    (10.0, 30.0, text("10 – 30 分", "10 – 30 min")),
    (30.0, 60.0, text("30 – 60 分", "30 – 60 min")),
    (60.0, 120.0, text("1 – 2 時間", "1 – 2 h")),
    (120.0, 180.0, text("2 – 3 時間", "2 – 3 h")),
    (180.0, 360.0, text("3 – 6 時間", "3 – 6 h")),
    (360.0, None, text("6 時間以上", "6 h or more")),
)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes, darkest where there is least time; the palest step is lost on paper."""
    colours = spread(BILBAO[:-1], len(_CLASSES))
    return Style(
        kind="class",
        unit="min",
        title=text("浸水到達時間", "Time until flooding begins"),
        items=tuple(
            StyleItem(min=low, max=high, rgb=rgb, label=label)
            for (low, high, label), rgb in zip(_CLASSES, colours, strict=True)
        ),
    )


LAYER = LayerRecipe(
    id="flood_arrival",
    order=62,
    group="flood",
    title=text("浸水到達時間", "Time until flooding begins"),
    summary=text(
        "計算開始から浸水が始まるまでの時間で、色のない所は浸水しません。"
        "雨や破堤の始まりを起点とした値であり、警報や実際の時刻とは異なります。",
        "Time from the start of the computed event until water arrives; places without colour"
        " stay dry. "
        "It counts from the begin of the rain or breach, not from a warning.",
    ),
    view=RasterView(FLOOD_ARRIVAL, coarsening="min", blank=BUILDING),
    style=style,
    moment="begin",
)

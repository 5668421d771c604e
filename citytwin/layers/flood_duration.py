"""Map of how long deep water stands."""

from __future__ import annotations

from citytwin.model.fields import FLOOD_DURATION
from citytwin.model.layer import BUILDING, RasterView, Style, StyleItem, ValueRange
from citytwin.model.palettes import ACTON, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import undrawn
from citytwin.model.text import Text, text

_NEVER_H = 0.01
_CLASSES: tuple[tuple[float, float | None, Text], ...] = (
    (_NEVER_H, 1.0, text("1 時間未満", "under 1 h")),
    (1.0, 3.0, text("1 – 3 時間", "1 – 3 h")),
    (3.0, 12.0, text("3 – 12 時間", "3 – 12 h")),
    (12.0, 24.0, text("12 時間 – 1 日", "12 h – 1 day")),
    (24.0, 72.0, text("1 – 3 日", "1 – 3 days")),
    (72.0, 168.0, text("3 日 – 1 週間", "3 days – 1 week")),
    (168.0, None, text("1 週間以上", "1 week or more")),
)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes; from 12 h on with the limits of Japanese maps of the duration."""
    never = undrawn(_NEVER_H, text("その深さに達しない", "never that deep"))
    colours = spread(ACTON[1:], len(_CLASSES))
    return Style(
        kind="class",
        unit="h",
        title=text("浸水継続時間（0.5 m 以上）", "Time under deep water (0.5 m or more)"),
        items=(
            never,
            *(
                StyleItem(min=low, max=high, rgb=rgb, label=label)
                for (low, high, label), rgb in zip(_CLASSES, colours, strict=True)
            ),
        ),
    )


LAYER = LayerRecipe(
    id="flood_duration",
    order=66,
    group="flood",
    title=text("浸水継続時間", "Time under deep water"),
    summary=text(
        "水深が 0.5 m 以上である時間の合計です。"
        "計算の終わりにまだ引いていない所では、計算の終わりまでの時間であり、実際はさらに長くなります。",
        "For how long the water is 0.5 m deep or deeper, all times together. "
        "Where it has not gone by the end of the computed time it counts up to that end; in truth it"
        " lasts longer.",
    ),
    view=RasterView(FLOOD_DURATION, coarsening="max", blank=BUILDING),
    style=style,
    moment="begin",
)

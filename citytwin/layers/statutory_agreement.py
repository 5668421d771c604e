"""Map of where the computed flood and the statutory inundation map agree."""

from __future__ import annotations

from citytwin.model.fields import STATUTORY_AGREEMENT
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import EASY, HEAVY, SLOW
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import classes, undrawn
from citytwin.model.text import Text, text

_CLASSES: tuple[Text, ...] = (
    text("両方で浸水", "flooded in both"),
    text("法定の浸水想定のみ", "statutory map only"),
    text("この計算のみ", "computed flood only"),
)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Three classes that any colour vision tells apart; what is dry in both is not drawn."""
    return Style(
        kind="class",
        unit="1",
        title=text("計算と法定の浸水想定", "Computed flood and statutory map"),
        items=(
            undrawn(1.0, text("どちらも浸水なし", "dry in both")),
            *classes(_CLASSES, (EASY, SLOW, HEAVY), 1),
        ),
    )


LAYER = LayerRecipe(
    id="statutory_agreement",
    order=69,
    group="flood",
    title=text("計算と法定の浸水想定の一致", "Agreement with the statutory inundation map"),
    summary=text(
        "この計算の最大浸水深と、公表された浸水想定区域図の範囲を比べたものです。"
        "想定する雨・破堤点・規模が違えば、範囲が違っても誤りとは限りません。",
        "Extent of the flood computed here against that of the published inundation map. "
        "With other rain, breaches or scale a difference need not be an error.",
    ),
    view=RasterView(STATUTORY_AGREEMENT, coarsening="max", blank=BUILDING),
    style=style,
    conditions=("flood_depth_max",),
)

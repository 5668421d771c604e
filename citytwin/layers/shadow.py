"""Map of shadows: of one moment, or through a day."""

from __future__ import annotations

from citytwin.model.fields import SHADOW
from citytwin.model.layer import RasterView, Style, StyleItem, ValueRange
from citytwin.model.palettes import LAJOLLA
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Dark shadows on a transparent ground."""
    lit, shaded = text("日なた", "In the sun"), text("日影", "In shadow")
    return Style(
        kind="class",
        unit="1",
        title=text("日影", "Shadow"),
        items=(
            StyleItem(min=0.0, max=1.0, rgb=LAJOLLA[-1], label=lit, transparent=True),
            StyleItem(min=1.0, max=None, rgb=LAJOLLA[1], label=shaded),
        ),
    )


LAYER = LayerRecipe(
    id="shadow",
    order=29,
    group="sunlight",
    title=text("日影", "Shadow"),
    summary=text(
        "表示している時刻に、雲がないとした場合に直射日光の届かない地面や屋根です。"
        "建物と地形の影を計算していますが、樹木や元データにない建物の影は含みません。",
        "Ground and roofs that direct sun does not reach at the moment shown, under a clear sky."
        " Shadows of buildings and terrain are computed; trees, and buildings that the sources lack,"
        " cast none.",
    ),
    view=RasterView(SHADOW),
    style=style,
)

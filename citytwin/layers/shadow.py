"""Map of shadows: of one moment, or through a day."""

from __future__ import annotations

from citytwin.model.fields import SHADOW
from citytwin.model.layer import RasterView, Style, StyleItem, ValueRange
from citytwin.model.palettes import BAMAKO, LAJOLLA
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Dark shadows on a transparent ground, green ones of trees."""
    lit, shaded = text("日なた", "In the sun"), text("日影", "In shadow")
    trees = text("樹木のみの影", "In the shade of trees only")
    return Style(
        kind="class",
        unit="1",
        title=text("日影", "Shadow"),
        items=(
            StyleItem(min=0.0, max=1.0, rgb=LAJOLLA[-1], label=lit, transparent=True),
            StyleItem(min=1.0, max=2.0, rgb=LAJOLLA[1], label=shaded),
            StyleItem(min=2.0, max=None, rgb=BAMAKO[3], label=trees),
        ),
    )


LAYER = LayerRecipe(
    id="shadow",
    order=29,
    group="sunlight",
    title=text("日影", "Shadow"),
    summary=text(
        "表示している時刻に、雲がないとした場合に直射日光の届かない地面や屋根です。"
        "建物と地形、元データにある樹木の影を計算しています。元データにない建物や樹木の影は含みません。",
        "Ground and roofs that direct sun does not reach at the moment shown, under a clear sky."
        " Shadows of buildings and terrain are computed, and of the trees in the sources; buildings"
        " and trees that the sources lack cast none.",
    ),
    view=RasterView(SHADOW),
    style=style,
)

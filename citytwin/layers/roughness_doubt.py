"""Map of where, and why, the roughness length could not be computed."""

from __future__ import annotations

from citytwin.model.fields import ROUGHNESS_DOUBT
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import NUUK, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import classes
from citytwin.model.tables import RoughnessDoubt
from citytwin.model.text import Text, text

_LABELS: dict[RoughnessDoubt, Text] = {
    RoughnessDoubt.NONE: text("算定できる", "Computed"),
    RoughnessDoubt.SPARSE: text(
        "建物がまばら（密度 0.05 未満）", "Too few buildings (density under 0.05)"
    ),
    RoughnessDoubt.DENSE: text("建物が密（密度 0.5 超）", "Too dense (density above 0.5)"),
    RoughnessDoubt.WALLS: text(
        "一部の風向で見付面積比、または高さが式の範囲外",
        "Walls in some direction, or heights, outside the formula",
    ),
}


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """One class per reason."""
    colours = spread(NUUK[::-1], len(_LABELS))
    return Style(
        kind="class",
        unit="1",
        title=text("粗度長の算定の可否", "Whether the roughness length could be computed"),
        items=classes(tuple(_LABELS.values()), colours),
    )


LAYER = LayerRecipe(
    id="roughness_doubt",
    order=45,
    group="wind",
    title=text("粗度長の算定の可否", "Whether the roughness length could be computed"),
    summary=text(
        "粗度長を求める式の適用範囲に入るか、入らない場合はその理由を示します。"
        "範囲外では値を作らず、空欄にしています。",
        "Whether the formula for the roughness length holds at a place and, where not, why. "
        "Outside its range no value is made up.",
    ),
    view=RasterView(ROUGHNESS_DOUBT),
    style=style,
)

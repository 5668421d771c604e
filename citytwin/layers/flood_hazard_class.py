"""Map of the hazard classes H1 to H6 for people, vehicles and buildings."""

from __future__ import annotations

from citytwin.model.fields import FLOOD_HAZARD_CLASS
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import LAJOLLA, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import classes, undrawn
from citytwin.model.text import Text, text

_CLASSES: tuple[Text, ...] = (
    text("H1：おおむね安全", "H1: generally safe"),
    text("H2：小型車に危険", "H2: unsafe for small vehicles"),
    text("H3：車・子ども・高齢者に危険", "H3: unsafe for vehicles, children and the elderly"),
    text("H4：すべての人と車に危険", "H4: unsafe for people and vehicles"),
    text(
        "H5：建物にも被害、弱い建物は倒壊のおそれ",
        "H5: buildings may be damaged, weak ones may fail",
    ),
    text("H6：あらゆる建物が倒壊のおそれ", "H6: all types of buildings may fail"),
)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the classes are a standard
    """Six classes, darkest where nothing stands; no hazard is not drawn."""
    colours = spread(LAJOLLA[-2:1:-1], len(_CLASSES))
    none = undrawn(1.0, text("浸水なし", "no flood"))
    return Style(
        kind="class",
        unit="1",
        title=text("浸水の危険度（H1〜H6）", "Flood hazard (H1 to H6)"),
        items=(none, *classes(_CLASSES, colours, 1)),
    )


LAYER = LayerRecipe(
    id="flood_hazard_class",
    order=64,
    group="flood",
    title=text("浸水の危険度（H1〜H6）", "Flood hazard (H1 to H6)"),
    summary=text(
        "水深・流速・その積の最大値による、人・車・建物への危険度です（オーストラリアの基準 ARR 2019、AIDR 7-3）。"
        "日本の家屋倒壊等氾濫想定区域とは基準が異なります。",
        "Danger for people, vehicles and buildings by the largest depth, speed and product of both"
        " (Australian Rainfall and Runoff 2019, AIDR 7-3). "
        "It is not the Japanese zone in which houses may collapse, which has other limits.",
    ),
    view=RasterView(FLOOD_HAZARD_CLASS, coarsening="max", blank=BUILDING),
    style=style,
    moment="begin",
)

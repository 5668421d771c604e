"""Map of the level of detail that the heights of buildings come from."""

from __future__ import annotations

from citytwin.model.fields import LOD_USED
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import ACTON, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import classes, undrawn
from citytwin.model.tables import LodUsed
from citytwin.model.text import Text, text

_LEVELS: dict[LodUsed, Text] = {
    LodUsed.LOD0: text("LOD0：外形のみ（平らな屋根）", "LOD0: outline, flat on top"),
    LodUsed.LOD1: text("LOD1：箱形（平らな屋根）", "LOD1: block, flat on top"),
    LodUsed.LOD2: text("LOD2：屋根の形", "LOD2: shape of the roof"),
    LodUsed.LOD3: text("LOD3：屋根と外壁の詳細", "LOD3: roof and facades in detail"),
    LodUsed.LOD4: text("LOD4：屋内まで", "LOD4: with the inside"),
}


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """One class per level, pale where the height is that of a mere outline or block."""
    colours = spread(ACTON[1:], len(_LEVELS))  # the palest step is lost on paper
    none = undrawn(float(LodUsed.LOD0), text("建物なし", "no building"))
    return Style(
        kind="class",
        unit="1",
        title=text("モデルの詳細度（LOD）", "Level of detail of the model (LOD)"),
        items=(none, *classes(tuple(_LEVELS.values()), colours, int(LodUsed.LOD0))),
    )


LAYER = LayerRecipe(
    id="lod_used",
    order=21,
    group="base",
    title=text("モデルの詳細度（LOD）", "Level of detail of the model (LOD)"),
    summary=text(
        "建物の高さが、都市モデルのどの詳細度（LOD）から来ているかを示します。"
        "LOD0 と LOD1 では屋根が平らで、切妻などの実際の屋根とは数メートル異なることがあり、"
        "日影や風の結果もその分だけ概略です。",
        "Which level of detail (LOD) of the city model the height of each building comes from. "
        "On LOD0 and LOD1 roofs are flat, which may be some metres off a gable, and shadows and"
        " wind are approximate accordingly.",
    ),
    view=RasterView(LOD_USED),
    style=style,
    simulation=False,
)

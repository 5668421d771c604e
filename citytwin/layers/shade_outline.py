"""Map of the outlines of shadows at full hours (時刻日影図)."""

from __future__ import annotations

from citytwin.model.layer import (
    Attribute,
    Style,
    StyleItem,
    ValueRange,
    VectorView,
    rows_of_kind,
)
from citytwin.model.palettes import DIFFERENCE
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import SHADE_LINES
from citytwin.model.text import text


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Blue in the morning, brown in the afternoon."""
    return Style(
        kind="class",
        unit="h",
        title=text("真太陽時", "True solar time"),
        items=(
            StyleItem(min=None, max=10.0, rgb=DIFFERENCE[0], label=text("10 時前", "before 10:00")),
            StyleItem(
                min=10.0,
                max=12.0,
                rgb=DIFFERENCE[2],
                label=text("10 時から正午前", "10:00 to noon"),
            ),
            StyleItem(
                min=12.0,
                max=14.0,
                rgb=DIFFERENCE[4],
                label=text("正午から 14 時前", "noon to 14:00"),
            ),
            StyleItem(
                min=14.0, max=None, rgb=DIFFERENCE[6], label=text("14 時以降", "14:00 and later")
            ),
        ),
    )


LAYER = LayerRecipe(
    id="shade_outline",
    order=35,
    group="sunlight",
    title=text("時刻日影図", "Outlines of shadows by the hour"),
    summary=text(
        "冬至日の真太陽時の毎正時に、規制対象の建物が測定面に落とす影の輪郭です。"
        "図形として厳密に求めています（屋根の形は都市モデルの詳細度によります）。",
        "Outline of the shadow of each regulated building on the measuring plane at full hours of"
        " true solar time on the winter solstice. It is exact geometry; roofs are as detailed as"
        " the city model has them.",
    ),
    view=VectorView(
        table=SHADE_LINES,
        id_column="line_id",
        style_column="time_h",
        attributes=(
            Attribute("time_h", text("真太陽時", "True solar time"), 0.1),
            Attribute("plane_m", text("測定面の高さ", "Plane above mean ground"), 0.1),
            Attribute("site_id", text("敷地", "Site")),
        ),
        thin=True,
        derived=rows_of_kind(
            SHADE_LINES, "outline", ("line_id", "site_id", "time_h", "plane_m", "geometry")
        ),
    ),
    style=style,
)

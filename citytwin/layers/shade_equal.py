"""Map of the lines of equal duration of shade (等時間日影図)."""

from __future__ import annotations

from citytwin.model.layer import (
    Attribute,
    Style,
    ValueRange,
    VectorView,
    rows_of_kind,
)
from citytwin.model.palettes import ACTON, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.tables import SHADE_LINES
from citytwin.model.text import text

_FROM_H = (0.0, 2.0, 2.5, 3.0, 4.0, 5.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Darker for longer shade."""
    return Style(
        kind="class",
        unit="h",
        title=text("日影となる時間", "Duration of shade"),
        items=bins(_FROM_H, spread(ACTON[2:], len(_FROM_H)), "h"),
    )


LAYER = LayerRecipe(
    id="shade_equal",
    order=36,
    group="sunlight",
    title=text("等時間日影図", "Lines of equal shade"),
    summary=text(
        "冬至日の真太陽時で、規制対象の建物だけによる日影が同じ時間続く線です（測定面の高さの水平面）。"
        "線上の点は日影時間を時刻について厳密に求めています。他の建物や樹木の影は含みません。",
        "Lines on which the shade of a regulated building alone lasts equally long on the winter"
        " solstice, on the level measuring plane. Durations are exact in time. Other buildings and"
        " trees cast none.",
    ),
    view=VectorView(
        table=SHADE_LINES,
        id_column="line_id",
        style_column="duration_h",
        attributes=(
            Attribute("duration_h", text("日影時間", "Duration of shade"), 0.1),
            Attribute("plane_m", text("測定面の高さ", "Plane above mean ground"), 0.1),
            Attribute("site_id", text("敷地", "Site")),
        ),
        thin=True,
        derived=rows_of_kind(
            SHADE_LINES, "equal", ("line_id", "site_id", "duration_h", "plane_m", "geometry")
        ),
    ),
    style=style,
)
